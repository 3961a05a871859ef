//! Error responses in the vendor's format.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference#errors>. Messages are the
//! vendor's where known, and otherwise imitate its style.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::faults::Fault;

const RATE_LIMITS: &str =
    "https://devcenter.heroku.com/articles/platform-api-reference#rate-limits";
const SCALING_LIMITS: &str =
    "https://devcenter.heroku.com/articles/dyno-size#default-scaling-limits";

/// An error response.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    id: &'static str,
    message: String,
    /// The kind of resource that was not found.
    resource: Option<&'static str>,
    retry_after: Option<u32>,
}

impl Refusal {
    fn new(status: StatusCode, id: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            id,
            message: message.into(),
            resource: None,
            retry_after: None,
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub(super) fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_params", message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// An invalid range of a list.
    pub(super) fn range() -> Self {
        Self::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "requested_range_not_satisfiable",
            "The requested range is not satisfiable.",
        )
    }

    pub(super) fn not_found(resource: &'static str) -> Self {
        let message = format!("Couldn't find that {resource}.");
        Self {
            resource: Some(resource),
            ..Self::new(StatusCode::NOT_FOUND, "not_found", message)
        }
    }

    pub(super) fn no_process_type(name: &str) -> Self {
        let message = format!("Couldn't find that process type ({name}).");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn no_endpoint() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "The requested API endpoint was not found. Are you using the right HTTP verb (i.e. \
             `GET` vs. `POST`), and did you specify your intended version with the `Accept` header?",
        )
    }

    /// The vendor documents 406 `not_acceptable`; this is the response that users received:
    /// <https://github.com/markbates/goth/pull/340>.
    pub(super) fn missing_version() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "missing_version",
            "Please specify a version along with Heroku's API MIME type. For example, \
             `Accept: application/vnd.heroku+json; version=3`.\n",
        )
    }

    /// Source: <https://github.com/flowhub/guv/issues/16>.
    pub(super) fn above_limit(limit: usize, size: &str) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "cannot_run_above_limit",
            format!("Cannot run more than {limit} {size} size dynos."),
        )
    }

    pub(super) fn rate_limit() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limit",
            "Your account reached the API rate limit\n\
             Please wait a few minutes before making new requests",
        )
    }

    pub(super) fn is_rate_limit(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS
    }

    /// The error response of Heroku with `status`. `retry_after` is in seconds.
    pub(super) fn failure(status: StatusCode, retry_after: Option<u32>) -> Self {
        let refusal = match status {
            StatusCode::UNAUTHORIZED => Self::unauthorized("Invalid credentials provided."),
            StatusCode::FORBIDDEN => Self::forbidden("You do not have access to this."),
            StatusCode::NOT_FOUND => Self::not_found("dyno"),
            StatusCode::CONFLICT => Self::new(
                status,
                "conflict",
                "The release isn't found yet. Please try again.",
            ),
            StatusCode::UNPROCESSABLE_ENTITY => {
                Self::invalid_params("Cannot run one-off process at this time.")
            }
            StatusCode::TOO_MANY_REQUESTS => Self::rate_limit(),
            StatusCode::SERVICE_UNAVAILABLE => Self::new(
                status,
                "unavailable",
                "The API is unavailable. Please try again later.",
            ),
            _ if status.is_server_error() => {
                Self::new(status, "internal_server_error", "Internal server error.")
            }
            _ => Self::new(status, "bad_request", "Request failed."),
        };
        Self {
            retry_after,
            ..refusal
        }
    }
}

/// A fault: Heroku's error response with this status. `Retry-After` is in seconds.
pub fn error_response(status: StatusCode, retry_after: Option<u32>) -> Fault {
    Fault::Answer(Refusal::failure(status, retry_after).into_bytes())
}

impl Refusal {
    fn into_bytes(self) -> axum::http::Response<Bytes> {
        let mut body = json!({ "id": self.id });
        if let Some(resource) = self.resource {
            body["resource"] = resource.into();
        }
        // Seen only in this response; a relic of the API's version 2.
        let key = match self.id {
            "missing_version" => "error",
            _ => "message",
        };
        body[key] = self.message.into();
        let url = match self.id {
            "rate_limit" => Some(RATE_LIMITS),
            "cannot_run_above_limit" => Some(SCALING_LIMITS),
            _ => None,
        };
        if let Some(url) = url {
            body["url"] = url.into();
        }
        let mut response = axum::http::Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.into_bytes().map(Body::from)
    }
}
