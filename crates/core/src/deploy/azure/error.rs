//! Errors of Azure, down to the innermost reason.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::excerpt::{beginning, line};
use super::help;
use super::sign_in::SignInError;
use crate::deploy::http::{Answer, HttpError};
use crate::deploy::redact::Redactor;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::picletter;

/// Maximum depth of nested errors.
const DEEPEST: usize = 16;

/// An error of Azure.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The sign-in failed.
    SignIn(#[from] SignInError),
    /// There was no answer.
    Http {
        /// The requested operation, such as `read the runs of X`.
        doing: String,
        /// The error.
        error: HttpError,
    },
    /// The answer has a status other than success, from Azure or from a proxy.
    Refused(Box<Refusal>),
    /// The answer does not have Azure's form.
    Garbled {
        /// The requested operation, such as `read the runs of X`.
        doing: String,
        /// What is wrong with the answer.
        what: String,
        /// Azure's request id.
        request_id: Option<String>,
    },
    /// Azure accepted the request, but it had no effect.
    NoEffect {
        /// The requested operation, such as `read the runs of X`.
        doing: String,
        /// The state found instead.
        found: String,
    },
    /// The operation did not finish within the time limit.
    TooLong {
        /// The requested operation, such as `read the runs of X`.
        doing: String,
        /// The time limit.
        minutes: u64,
    },
    /// A concurrent deployment of the same name replaced this one.
    Replaced {
        /// The requested operation, such as `read the runs of X`.
        doing: String,
    },
    /// A run may have been started, but the history contains none.
    StartUnknown {
        /// The requested operation, such as `read the runs of X`.
        doing: String,
        /// Why there is no usable answer.
        reason: String,
    },
    /// The subscription cannot be determined.
    Subscription(Diagnostic),
}

impl Diagnose for Error {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::SignIn(error) => error.diagnostic(),
            Self::Http { doing, error } => error
                .diagnostic()
                .map_summary(|summary| format!("could not {doing}: {summary}")),
            Self::Refused(refusal) => refusal.diagnostic(),
            Self::Garbled {
                doing,
                what,
                request_id,
            } => Diagnostic::new(
                format!(
                    "could not {doing}: unexpected answer ({what}){}",
                    in_brackets(request_id.as_deref())
                ),
                "check AZURE_RESOURCE_MANAGER_URL and HTTPS_PROXY: the answer may come from a proxy",
            ),
            Self::NoEffect { doing, found } => Diagnostic::new(
                format!("could not {doing}: Azure accepted the request, but {found}"),
                "run the command again",
            ),
            Self::TooLong { doing, minutes } => Diagnostic::new(
                format!("could not {doing}: not finished after {minutes} minutes"),
                "Azure continues; run the command again to check the result",
            ),
            Self::Replaced { doing } => Diagnostic::new(
                format!("could not {doing}: another deployment with the same name replaced it"),
                format!("run {} to see the current state", picletter("plan")),
            ),
            Self::StartUnknown { doing, reason } => Diagnostic::new(
                format!("could not {doing}: {reason}, and the run history contains no new run"),
                format!("check {} before you start another run", picletter("status")),
            ),
            Self::Subscription(diagnostic) => diagnostic.clone(),
        }
    }
}

impl Diagnose for Refusal {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            summary: format!("could not {}: {}", self.doing, self.summary()),
            help: self.help(),
        }
    }
}

display_as_diagnostic!(Error, Refusal);

impl Error {
    /// The summary alone, for errors that have their own help.
    pub fn reason(&self) -> String {
        self.diagnostic().summary
    }

    /// Whether Azure reports that the resource does not exist: by a code such as
    /// `ResourceNotFound`, `ResourceGroupNotFound`, or `WorkflowRunNotFound`, because a 404 may
    /// come from a proxy. A missing subscription does not count, because it hides its resources.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == StatusCode::NOT_FOUND
            && refusal.codes().any(|code| code.ends_with("NotFound"))
            && !refusal.has("SubscriptionNotFound"))
    }

    /// The wait before the next request, from `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::SignIn(SignInError::Unavailable { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }

    /// Whether Azure refused to fire a trigger because the workflow is paused.
    pub fn is_paused(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.has("WorkflowTriggerIsNotEnabled"))
    }

    /// Azure's error code, such as `AuthorizationFailed`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.details.first().map(|detail| detail.code.as_str()),
            _ => None,
        }
    }
}

/// One reason of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Azure's error code.
    pub code: String,
    /// Azure's message, in one line.
    pub message: String,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", message) => f.write_str(message),
            (code, "") => f.write_str(code),
            (code, message) => write!(f, "{code}: {message}"),
        }
    }
}

/// An answer whose status is not a success, or a failed operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The requested operation, such as `read the runs of X`.
    pub doing: String,
    /// The HTTP status of the answer, or of the failed operation.
    pub status: StatusCode,
    /// The reasons: the innermost errors of Azure's nested errors.
    pub details: Vec<Detail>,
    /// Whether it comes from Azure: it has a request id or Azure's JSON. Other answers may come
    /// from a proxy.
    from_azure: bool,
    /// The codes of the errors that enclose `details`, inner ones first.
    outer: Vec<String>,
    /// The help if all codes are unknown. `None` for a failed operation, whose status is not
    /// specific: most are conflicts.
    by_status: Option<String>,
    /// Azure's request id, for its support.
    pub request_id: Option<String>,
    /// The wait before the next request, from `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// The refusal that an answer's body describes.
    pub(super) fn new(doing: &str, answer: &Answer, redactor: &Redactor) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let mut refusal = Self::from_error(doing, answer.status, &body, redactor);
        refusal.request_id = answer.request_id().map(str::to_owned);
        refusal.retry_after = answer.retry_after();
        // Some Azure services answer errors in plain text, but with Azure's request id.
        refusal.from_azure = answer.headers.contains_key("x-ms-request-id")
            || refusal.codes().any(|code| !code.is_empty());
        // Azure's gateways answer 5xx and 429 with neither a request id nor an error code.
        let may_be_azures = refusal.from_azure
            || answer.status.is_server_error()
            || answer.status == StatusCode::TOO_MANY_REQUESTS;
        refusal.by_status = if may_be_azures {
            help::for_status(answer.status, refusal.retry_after)
        } else {
            Some(help::NOT_AZURE.to_owned())
        };
        if refusal.details.is_empty() {
            let reason = answer.status.canonical_reason().unwrap_or("a failure");
            let words = body.as_str().map_or(&answer.body[..], str::as_bytes);
            refusal.details.push(Detail {
                code: reason.to_owned(),
                message: beginning(words, redactor),
            });
        }
        refusal
    }

    /// The refusal for `error`, or for the `error` within it.
    pub(super) fn from_error(
        doing: &str,
        status: StatusCode,
        error: &Value,
        redactor: &Redactor,
    ) -> Self {
        let mut refusal = Self {
            doing: doing.to_owned(),
            status,
            details: Vec::new(),
            from_azure: true,
            outer: Vec::new(),
            by_status: None,
            request_id: None,
            retry_after: None,
        };
        refusal.descend(error, redactor, DEEPEST);
        refusal
    }

    /// The reasons, and whether they come from Azure, without help.
    pub(crate) fn summary(&self) -> String {
        let details: Vec<String> = self.details.iter().map(Detail::to_string).collect();
        let request_id = self.request_id.as_deref();
        let request_id = request_id.map(|id| format!(", request id {id}"));
        let origin = if self.from_azure {
            "Azure answered"
        } else {
            "the answer is not in Azure's format:"
        };
        format!(
            "{origin} {} (status {}{})",
            details.join("; "),
            self.status.as_u16(),
            request_id.unwrap_or_default()
        )
    }

    /// Whether it contains that code at any depth.
    pub(super) fn has(&self, code: &str) -> bool {
        self.codes().any(|other| other == code)
    }

    /// Azure's codes, the innermost first.
    fn codes(&self) -> impl Iterator<Item = &str> {
        let details = self.details.iter().map(|detail| &detail.code);
        details.chain(&self.outer).map(String::as_str)
    }

    /// The help, if known.
    pub(crate) fn help(&self) -> Option<String> {
        let details = self.details.iter();
        let inner = details.map(|detail| (detail.code.as_str(), detail.message.as_str()));
        let outer = self.outer.iter().rev().map(|code| (code.as_str(), ""));
        let by_code = inner
            .chain(outer)
            .find_map(|(code, message)| help::for_arm_error(code, message, self.retry_after));
        by_code.or_else(|| self.by_status.clone())
    }

    /// Adds the innermost errors to `details`, and the codes around them to `outer`. Azure's errors
    /// nest in `details`, and a message may itself be an error in JSON.
    /// Source:
    /// <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/find-error-code>.
    fn descend(&mut self, error: &Value, redactor: &Redactor, deepest: usize) {
        let error = error.get("error").unwrap_or(error);
        let text = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| error.get(*name)?.as_str());
            found.unwrap_or_default()
        };
        let code = text(["code", "Code"]);
        let message = text(["message", "Message"]);
        let known = self.details.len();
        if deepest > 0 {
            if let Some(Value::Array(details)) = error.get("details") {
                for detail in details {
                    self.descend(detail, redactor, deepest - 1);
                }
            }
            if self.details.len() == known
                && message.trim_start().starts_with('{')
                && let Ok(inner) = serde_json::from_str::<Value>(message)
            {
                self.descend(&inner, redactor, deepest - 1);
            }
        }
        if self.details.len() > known {
            self.outer.push(code.to_owned());
        } else if !(code.is_empty() && message.is_empty()) {
            let detail = Detail {
                code: line(code, redactor),
                message: line(message, redactor),
            };
            if !self.details.contains(&detail) {
                self.details.push(detail);
            }
        }
    }
}

fn in_brackets(request_id: Option<&str>) -> String {
    request_id.map_or_else(String::new, |id| format!(" (request id {id})"))
}
