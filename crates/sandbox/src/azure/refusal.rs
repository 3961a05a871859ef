//! Error responses in the format of Azure Resource Manager, `{"error": {"code", "message"}}`, and
//! of `microsoft.insights`, `{"Code", "Message"}`.
//!
//! Codes and messages are the service's where known, and otherwise imitate its style.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// An error response.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// The `WWW-Authenticate` header, for requests without a valid token.
    pub(super) challenge: Option<String>,
    /// Whether the format is that of `microsoft.insights` instead of Azure Resource Manager.
    pub(super) by_insights: bool,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            challenge: None,
            by_insights: false,
        }
    }

    /// An error response of `microsoft.insights`.
    pub(super) fn by_insights(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            by_insights: true,
            ..Self::new(status, code, message)
        }
    }

    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub(super) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    pub(super) fn method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "HttpMethodNotSupported",
            "The HTTP method is not supported at the scope of this request.",
        )
    }

    pub(super) fn no_such_path(path: &str) -> Self {
        Self::not_found(
            "NotFound",
            format!("The resource at '{path}' could not be found."),
        )
    }

    /// The error as JSON: `{"code", "message"}`.
    pub(super) fn error(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }

    fn body(&self) -> Value {
        if self.by_insights {
            json!({ "Code": self.code, "Message": self.message })
        } else {
            json!({ "error": self.error() })
        }
    }

    /// The same response for callers without axum.
    pub(super) fn into_bytes(self) -> http::Response<Bytes> {
        let body = self.body().to_string();
        let mut response = http::Response::new(Bytes::from(body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        let challenge = self.challenge.map(HeaderValue::try_from);
        if let Some(Ok(challenge)) = challenge {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
