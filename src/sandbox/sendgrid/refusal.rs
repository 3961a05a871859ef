//! Errors in the vendor's shape.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An answer that says no, with every reason.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    problems: Problems,
}

impl Refusal {
    /// A refusal of the request as a whole.
    pub(super) fn new(status: StatusCode, message: &str) -> Self {
        let mut problems = Problems::default();
        problems.errors.push(Problem {
            message: message.to_owned(),
            field: None,
            help: None,
        });
        Self { status, problems }
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            problems,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.problems)).into_response()
    }
}

/// What is wrong with a payload: the vendor reports all of it at once.
#[derive(Debug, Default, Serialize)]
pub(super) struct Problems {
    errors: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Problem {
    message: String,
    field: Option<String>,
    help: Option<String>,
}

impl Problems {
    /// Notes a problem with the field at a path such as `personalizations.0.to.0.email`.
    pub(super) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        let field = field.into();
        let help = help(&field);
        self.errors.push(Problem {
            message: message.into(),
            field: Some(field),
            help: Some(help),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }
}

/// The place in the vendor's table of errors, which leaves out indices and `email`.
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
