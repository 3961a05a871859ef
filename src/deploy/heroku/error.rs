//! What goes wrong with Heroku, in plain words.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::deploy::http::{Answer, HttpError};
use crate::deploy::redact::Redactor;
use crate::deploy::unexpected_answer::UnexpectedAnswer;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

const WORDS: usize = 400;

/// Heroku's id for a thing that does not exist.
/// Source: <https://devcenter.heroku.com/articles/platform-api-reference#error-responses>.
const NOT_FOUND: &str = "not_found";

/// How Heroku begins to say that sizes do not mix, for which it has no id of its own.
const DO_NOT_MIX: &str = "Cannot use the following dyno types in the same app";

/// Why something was not done, or not found out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There was no answer.
    Http(#[from] HttpError),
    /// Heroku said no.
    Refused(Box<Refusal>),
    /// Something between here and Heroku refused the request.
    NotHeroku {
        /// Whose address it is.
        host: String,
        /// The status.
        status: StatusCode,
        /// The title or the text of the page; may be empty.
        words: String,
        /// The name of the exchange.
        request_id: Option<String>,
    },
    /// The app exists, and belongs to somebody else.
    NameTaken {
        /// The name.
        app: String,
        /// Heroku's words.
        refusal: Box<Refusal>,
    },
    /// A success, and yet not what Heroku documents.
    Unexpected(#[from] UnexpectedAnswer),
    /// A success whose content shows that the request had no effect.
    NoEffect {
        /// Whose answer.
        host: String,
        /// Its status.
        status: StatusCode,
        /// What the answer shows, without values.
        what: String,
        /// Heroku's name for the exchange.
        request_id: Option<String>,
    },
    /// A log's address answers with no log.
    NoLog {
        /// Whose answer.
        host: String,
        /// Its status, or its type.
        reason: String,
    },
    /// A release that did not come into force.
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
                    refusal.said()
                ),
                "choose another `app` in [heroku], or ask its owner for access",
            ),
            Self::NotHeroku {
                host,
                status,
                words,
                request_id,
            } => Diagnostic::new(
                format!(
                    "{host} answered {} with something else than Heroku's documented JSON{}{}, so a proxy or firewall in between refused the request",
                    status.as_u16(),
                    quoted(words),
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
                "run the same command again; if that does not help, check HEROKU_API_URL, and whether a proxy stands in between",
            ),
            Self::NoLog { host, reason } => Diagnostic::new(
                format!("Heroku's log cannot be read ({host} answered {reason})"),
                "run the same command again",
            ),
            Self::ReleaseFailed {
                version,
                status,
                output,
            } => Diagnostic::new(
                format!("release v{version} ended as {status}{}", said(output)),
                format!("see `heroku releases:output v{version}`"),
            ),
        }
    }
}

impl Diagnose for Refusal {
    fn diagnostic(&self) -> Diagnostic {
        let more = self.url.as_ref();
        let more = more.map(|url| format!("Heroku says more at {url}"));
        let advice = self.advice().map(str::to_owned);
        let help: Vec<String> = advice.into_iter().chain(more).collect();
        Diagnostic {
            summary: self.said(),
            help: (!help.is_empty()).then(|| help.join("; ")),
        }
    }
}

display_as_diagnostic!(Error, Refusal);

fn in_request(id: Option<&str>) -> String {
    id.map(|id| format!(", request id {id}"))
        .unwrap_or_default()
}

fn quoted(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(" ({words:?})")
    }
}

fn said(output: &[String]) -> String {
    if output.is_empty() {
        String::new()
    } else {
        format!("; its output ends with: {}", output.join(" / "))
    }
}

impl Error {
    /// What Heroku answered, if it did.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::NameTaken { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// The wait that Heroku asks for before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal()?.retry_after
    }

    /// Whether Heroku reports that there is no such thing: by its id, since a 404 of something
    /// between here and Heroku means nothing.
    pub fn is_not_found(&self) -> bool {
        let of_heroku = |refusal: &Refusal| refusal.id.as_deref() == Some(NOT_FOUND);
        self.has_status(StatusCode::NOT_FOUND) && self.refusal().is_some_and(of_heroku)
    }

    /// Whether Heroku said that the token does not allow it.
    pub fn is_forbidden(&self) -> bool {
        self.has_status(StatusCode::FORBIDDEN)
    }

    /// Whether another change of the app is under way.
    pub fn is_conflict(&self) -> bool {
        self.has_status(StatusCode::CONFLICT)
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.refusal()
            .is_some_and(|refusal| refusal.status == status)
    }
}

/// Heroku's no.
/// Source: <https://devcenter.heroku.com/articles/platform-api-reference#error-responses>.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// Heroku's name for the error, such as `invalid_params`.
    pub id: Option<String>,
    /// Heroku's words, without secrets; may be empty.
    pub message: String,
    /// Where Heroku says more.
    pub url: Option<String>,
    /// Heroku's name for the exchange.
    pub request_id: Option<String>,
    /// The wait that the answer asks for before the next request.
    pub retry_after: Option<Duration>,
}

#[derive(Deserialize)]
struct Body {
    id: Option<String>,
    message: Option<String>,
    /// Where `missing_version` has its words; of other shapes in answers that are not Heroku's.
    error: Option<Value>,
    url: Option<String>,
}

/// The error that an answer of `host` without success is.
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
    // Heroku's errors have an id. Its router may answer that Heroku is out of order, or limit
    // requests, without one.
    let may_be_herokus = answer.status.is_server_error()
        || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&answer.status);
    if id.is_none() && !may_be_herokus {
        return Error::NotHeroku {
            host: host.to_owned(),
            status: answer.status,
            words: message,
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
    /// What Heroku said, without what to do about it.
    pub(crate) fn said(&self) -> String {
        let mut said = format!("Heroku answered {}", self.status.as_u16());
        if let Some(id) = &self.id {
            said = format!("{said} {id}");
        }
        if !self.message.is_empty() {
            said = format!("{said}, {:?}", self.message);
        }
        if let Some(id) = &self.request_id {
            said = format!("{said} (request id {id})");
        }
        said
    }

    /// What to do about it, where that is known.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        let by_id = match self.id.as_deref().unwrap_or_default() {
            "two_factor" => Some(
                "the account asks for a second factor, which a program does not have: log in with `heroku login`, and export what `heroku auth:token` prints as HEROKU_API_KEY",
            ),
            "verification_required" | "verification_needed" => Some(
                "the account has no payment method yet: add one at https://dashboard.heroku.com/account/billing",
            ),
            "delinquency" | "delinquent" => {
                Some("an invoice is not paid: see https://dashboard.heroku.com/account/billing")
            }
            "suspended" => Some("the account is suspended: ask https://help.heroku.com why"),
            "cannot_run_above_limit" => Some(
                "as many dynos run as the account may: wait for them to end, or stop one with `heroku ps:stop`",
            ),
            "invalid_params" if self.message.starts_with(DO_NOT_MIX) => Some(
                "an app that uses Eco or Basic dynos uses no others: set `dyno_size` to the size that `heroku ps` shows, or change all of the app's with `heroku ps:type`",
            ),
            "rate_limit" => {
                Some("the account's 4,500 requests of this hour are used up: wait some minutes")
            }
            _ => None,
        };
        by_id.or(match self.status.as_u16() {
            401 => Some(
                "the token is wrong, revoked or expired: export what `heroku auth:token` prints as HEROKU_API_KEY",
            ),
            402 => Some("see https://dashboard.heroku.com/account/billing"),
            403 => Some(
                "the token does not allow it: export what `heroku auth:token` prints as HEROKU_API_KEY, of an account that may",
            ),
            409 => Some("another change of the app is under way: run the same command again"),
            429 => Some("wait some minutes, then run the same command again"),
            500.. => Some("see https://status.heroku.com, then run the same command again"),
            _ => None,
        })
    }
}
