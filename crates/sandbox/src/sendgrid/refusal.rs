//! Error responses in the vendor's format.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error response.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A response of the API, with all problems found.
    Api(StatusCode, Problems),
    /// A response of the server in front of the API, which rejects requests that are too large.
    TooLarge,
}

/// The response of that server, as recorded in
/// <https://github.com/sendgrid/sendgrid-nodejs/issues/370>.
const TOO_LARGE: &str = "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n\
    <body bgcolor=\"white\">\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n\
    <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

impl Refusal {
    /// An error that concerns the whole request.
    pub(super) fn new(status: StatusCode, message: &str) -> Self {
        Self::with_help(status, message, None, Some(None))
    }

    /// The key lacks a permission. As recorded, without `help`:
    /// <https://github.com/sendgrid/sendgrid-ruby/issues/393>.
    pub(super) fn forbidden() -> Self {
        Self::with_help(StatusCode::FORBIDDEN, "access forbidden", None, None)
    }

    /// The sender's address is not verified.
    /// Source: <https://github.com/sendgrid/sendgrid-ruby/issues/489>.
    pub(super) fn unverified_sender() -> Self {
        let message = "The from address does not match a verified Sender Identity. Mail cannot be \
            sent until this error is resolved. Visit \
            https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the \
            Sender Identity requirements";
        Self::with_help(StatusCode::FORBIDDEN, message, Some("from"), Some(None))
    }

    #[expect(clippy::option_option, reason = "absent or null")]
    fn with_help(
        status: StatusCode,
        message: &str,
        field: Option<&str>,
        help: Option<Option<String>>,
    ) -> Self {
        let problem = Problem {
            message: message.to_owned(),
            field: field.map(str::to_owned),
            help,
        };
        let errors = vec![problem];
        Self::Api(status, Problems { errors })
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self::Api(StatusCode::BAD_REQUEST, problems)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Api(status, problems) => (status, Json(problems)).into_response(),
            Self::TooLarge => {
                let kind = [(header::CONTENT_TYPE, "text/html")];
                (StatusCode::PAYLOAD_TOO_LARGE, kind, TOO_LARGE).into_response()
            }
        }
    }
}

/// The problems of a payload, which the vendor reports in one response.
#[derive(Debug, Default, Serialize)]
pub(super) struct Problems {
    errors: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Problem {
    message: String,
    field: Option<String>,
    /// Absent in some responses, null in others.
    #[expect(clippy::option_option, reason = "absent or null")]
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Option<String>>,
}

impl Problems {
    /// Adds a problem with the field at a path such as `personalizations.0.to.0.email`.
    pub(super) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        let field = field.into();
        let help = help(&field);
        self.errors.push(Problem {
            message: message.into(),
            field: Some(field),
            help: Some(Some(help)),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }
}

/// The URL of a field in the vendor's table of errors. It omits indices and `email`.
fn help(field: &str) -> String {
    let names = field
        .split('.')
        .filter(|name| *name != "email" && name.parse::<usize>().is_err())
        .collect::<Vec<_>>();
    format!(
        "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message.{}",
        names.join(".")
    )
}
