//! Errors of Heroku.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::deploy::http::{Answer, HttpError, outage_help, retry_help};
use crate::deploy::redact::Redactor;
use crate::deploy::unexpected_answer::UnexpectedAnswer;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

const WORDS: usize = 400;

/// Heroku's error id for a missing resource.
/// Source: <https://devcenter.heroku.com/articles/platform-api-reference#error-responses>.
const NOT_FOUND: &str = "not_found";

/// Prefix of Heroku's message for sizes that do not mix. Such an error has no id of its own.
const DO_NOT_MIX: &str = "Cannot use the following dyno types in the same app";

/// An error of a request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There was no answer.
    Http(#[from] HttpError),
    /// Heroku refused the request.
    Refused(Box<Refusal>),
    /// A proxy refused the request.
    NotHeroku {
        /// The host.
        host: String,
        /// The status.
        status: StatusCode,
        /// The title or the text of the page; may be empty.
        page: String,
        /// The request id.
        request_id: Option<String>,
    },
    /// The app belongs to somebody else.
    NameTaken {
        /// The name.
        app: String,
        /// Heroku's refusal.
        refusal: Box<Refusal>,
    },
    /// An answer with a success status, but an undocumented body.
    Unexpected(#[from] UnexpectedAnswer),
    /// An answer with a success status whose body shows that the request had no effect.
    NoEffect {
        /// The host that answered.
        host: String,
        /// The answer's status.
        status: StatusCode,
        /// What the answer contains, without values.
        what: String,
        /// Heroku's request id.
        request_id: Option<String>,
    },
    /// The log session's URL does not return a log.
    NoLog {
        /// The host that answered.
        host: String,
        /// The status or content type.
        reason: String,
    },
    /// A failed release.
    ReleaseFailed {
        /// Its number.
        version: u64,
        /// `failed` or `expired`.
        status: String,
        /// The last lines of its output.
        output: Vec<String>,
    },
}

impl Diagnose for Error {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Http(error) => error.diagnostic(),
            Self::Refused(refusal) => refusal.diagnostic(),
            Self::NameTaken { app, refusal } => Diagnostic::new(
                format!(
                    "the app name {app} is taken by another account ({})",
                    refusal.summary()
                ),
                "choose another `app` in [heroku], or ask its owner for access",
            ),
            Self::NotHeroku {
                host,
                status,
                page,
                request_id,
            } => Diagnostic::new(
                format!(
                    "{host} answered {} without Heroku's documented JSON{}{}, so a proxy or firewall probably blocked the request",
                    status.as_u16(),
                    quoted(page),
                    in_request(request_id.as_deref())
                ),
                format!(
                    "check HEROKU_API_URL and HTTPS_PROXY, or ask the network's administrator to allow {host}"
                ),
            ),
            Self::Unexpected(error) => error.diagnostic(),
            Self::NoEffect {
                host,
                status,
                what,
                request_id,
            } => Diagnostic::new(
                format!(
                    "{host} answered {status}, but {what}{}",
                    in_request(request_id.as_deref())
                ),
                "run the command again; if that fails, check HEROKU_API_URL and HTTPS_PROXY",
            ),
            Self::NoLog { host, reason } => Diagnostic::new(
                format!("cannot read Heroku's log ({host} answered {reason})"),
                "run the command again",
            ),
            Self::ReleaseFailed {
                version,
                status,
                output,
            } => Diagnostic::new(
                format!("release v{version} {status}{}", output_excerpt(output)),
                format!("run `heroku releases:output v{version}` to see its output"),
            ),
        }
    }
}

impl Diagnose for Refusal {
    fn diagnostic(&self) -> Diagnostic {
        let more = self.url.as_ref();
        let more = more.map(|url| format!("details: {url}"));
        let help: Vec<String> = self.help().into_iter().chain(more).collect();
        Diagnostic {
            summary: self.summary(),
            help: (!help.is_empty()).then(|| help.join("; ")),
        }
    }
}

display_as_diagnostic!(Error, Refusal);

fn in_request(id: Option<&str>) -> String {
    id.map(|id| format!(", request id {id}"))
        .unwrap_or_default()
}

fn quoted(page: &str) -> String {
    if page.is_empty() {
        String::new()
    } else {
        format!(" ({page:?})")
    }
}

fn output_excerpt(output: &[String]) -> String {
    if output.is_empty() {
        String::new()
    } else {
        format!("; its output ends with: {}", output.join(" / "))
    }
}

impl Error {
    /// Heroku's refusal, if the error contains one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::NameTaken { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// The wait before the next request, from `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal()?.retry_after
    }

    /// Whether Heroku reports that the resource does not exist: by its error id, because a 404 may
    /// come from a proxy.
    pub fn is_not_found(&self) -> bool {
        let of_heroku = |refusal: &Refusal| refusal.id.as_deref() == Some(NOT_FOUND);
        self.has_status(StatusCode::NOT_FOUND) && self.refusal().is_some_and(of_heroku)
    }

    /// Whether the token lacks the permission.
    pub fn is_forbidden(&self) -> bool {
        self.has_status(StatusCode::FORBIDDEN)
    }

    /// Whether another change of the app is in progress.
    pub fn is_conflict(&self) -> bool {
        self.has_status(StatusCode::CONFLICT)
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.refusal()
            .is_some_and(|refusal| refusal.status == status)
    }
}

/// A refusal by Heroku.
/// Source: <https://devcenter.heroku.com/articles/platform-api-reference#error-responses>.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// Heroku's error id, such as `invalid_params`.
    pub id: Option<String>,
    /// Heroku's message, without secrets; may be empty.
    pub message: String,
    /// A URL with details.
    pub url: Option<String>,
    /// Heroku's request id.
    pub request_id: Option<String>,
    /// The wait before the next request, from `Retry-After`.
    pub retry_after: Option<Duration>,
}

#[derive(Deserialize)]
struct Body {
    id: Option<String>,
    message: Option<String>,
    /// The message of the error `missing_version`. Accepts any type, because a proxy may answer
    /// with JSON of another form.
    error: Option<Value>,
    url: Option<String>,
}

/// The error for an answer of `host` whose status is not a success.
pub(super) fn refused(host: &str, answer: &Answer, redactor: &Redactor) -> Error {
    let body = serde_json::from_slice(&answer.body).unwrap_or_else(|_| Body {
        id: None,
        message: Some(redactor.page(&answer.body)),
        error: None,
        url: None,
    });
    let clean = |text: String| redactor.line(&text, WORDS);
    let id = body.id.map(clean);
    let error = body.error.as_ref().and_then(Value::as_str);
    let message = body.message.or_else(|| error.map(str::to_owned));
    let message = message.map(clean).unwrap_or_default();
    let request_id = answer.request_id().map(str::to_owned);
    // Heroku's errors have an id, except for 5xx and rate limits from its router.
    let may_be_herokus = answer.status.is_server_error()
        || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&answer.status);
    if id.is_none() && !may_be_herokus {
        return Error::NotHeroku {
            host: host.to_owned(),
            status: answer.status,
            page: message,
            request_id,
        };
    }
    Error::Refused(Box::new(Refusal {
        status: answer.status,
        id,
        message,
        url: body.url.filter(|url| !url.is_empty()).map(clean),
        request_id,
        retry_after: answer.retry_after(),
    }))
}

impl Refusal {
    /// Heroku's message, without help.
    pub(crate) fn summary(&self) -> String {
        let mut summary = format!("Heroku answered {}", self.status.as_u16());
        if let Some(id) = &self.id {
            summary = format!("{summary} {id}");
        }
        if !self.message.is_empty() {
            summary = format!("{summary}, {:?}", self.message);
        }
        if let Some(id) = &self.request_id {
            summary = format!("{summary} (request id {id})");
        }
        summary
    }

    /// The help, if known.
    pub(crate) fn help(&self) -> Option<String> {
        let wait = || retry_help(self.retry_after, "a few minutes");
        match (self.id.as_deref(), self.status.as_u16()) {
            (Some("rate_limit"), _) => Some(format!(
                "the account's rate limit of 4,500 requests per hour is reached: {}",
                wait()
            )),
            (_, 429) => Some(wait()),
            (_, status) => {
                let outage = || outage_help("https://status.heroku.com", self.retry_after);
                let fixed = self.fixed_help().map(str::to_owned);
                fixed.or_else(|| (status >= 500).then(outage))
            }
        }
    }

    fn fixed_help(&self) -> Option<&'static str> {
        let by_id = match self.id.as_deref().unwrap_or_default() {
            "two_factor" => Some(
                "the account requires a second factor: log in with `heroku login`, and set HEROKU_API_KEY to the output of `heroku auth:token`",
            ),
            "verification_required" | "verification_needed" => Some(
                "the account has no payment method: add one at https://dashboard.heroku.com/account/billing",
            ),
            "delinquency" | "delinquent" => {
                Some("an invoice is overdue: see https://dashboard.heroku.com/account/billing")
            }
            "suspended" => Some("the account is suspended: contact https://help.heroku.com"),
            "cannot_run_above_limit" => Some(
                "the account's limit of concurrent dynos is reached: wait until one ends, or stop one with `heroku ps:stop`",
            ),
            "invalid_params" if self.message.starts_with(DO_NOT_MIX) => Some(
                "an app cannot mix Eco or Basic dynos with other sizes: set `dyno_size` to the size that `heroku ps` shows, or change the size of all process types with `heroku ps:type`",
            ),
            _ => None,
        };
        by_id.or(match self.status.as_u16() {
            401 => Some(
                "the token is wrong, revoked, or expired: set HEROKU_API_KEY to the output of `heroku auth:token`",
            ),
            402 => Some("see https://dashboard.heroku.com/account/billing"),
            403 => Some(
                "the token lacks the permission: set HEROKU_API_KEY to the output of `heroku auth:token`, for an account that has it",
            ),
            409 => Some("another change of the app is in progress: run the command again"),
            _ => None,
        })
    }
}
