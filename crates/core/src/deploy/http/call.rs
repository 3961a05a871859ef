//! Requests and answers.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::upload::Upload;
use picletter_worker::retry_after::retry_after;

/// The bodies of a call that contain secrets and are never printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redacted {
    /// None.
    #[default]
    Neither,
    /// The request's.
    Request,
    /// The answer's.
    Answer,
    /// Both.
    Both,
}

/// Whether a request may be retried after the vendor may have processed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Retried after lost connections, lost answers, 429, and 5xx, because the request is idempotent.
    Safe,
    /// Retried only if the vendor certainly did not process it: without a connection, or after 429.
    Never,
}

/// One request.
#[derive(Clone)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: Url,
    /// Its headers, except those that this module sets; secret ones are marked sensitive.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Option<Value>,
    /// A URL-encoded form instead of a body, as sign-in requires; it is never printed.
    pub form: Option<SecretString>,
    /// A body that is streamed: read while it is sent. It replaces `body` and `form`; only its size is
    /// printed.
    pub upload: Option<Upload>,
    /// Whether it may be retried.
    pub repeat: Repeat,
    /// The bodies that are never printed.
    pub redacted: Redacted,
}

impl Call {
    /// A request without a body; `GET`, `HEAD`, `PUT`, and `DELETE` are safe to repeat.
    pub fn new(method: Method, url: Url) -> Self {
        let repeat = if method.is_idempotent() {
            Repeat::Safe
        } else {
            Repeat::Never
        };
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            form: None,
            upload: None,
            repeat,
            redacted: Redacted::Neither,
        }
    }

    /// With a streamed body.
    #[must_use]
    pub(crate) fn uploading(mut self, upload: Upload) -> Self {
        self.upload = Some(upload);
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Whether it changes nothing at the vendor: a read or a sign-in.
    pub(super) fn is_read_only(&self) -> bool {
        self.method.is_safe() || self.form.is_some()
    }
}

impl fmt::Debug for Call {
    /// Without the body, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("headers", &self.headers)
            .field("repeat", &self.repeat)
            .field("redacted", &self.redacted)
            .finish_non_exhaustive()
    }
}

/// An answer of any status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Whether the vendor may have processed an earlier attempt: one whose answer was lost, or was a
    /// 5xx. If so, that attempt may be the cause of a 409 to a `PUT`.
    pub repeated: bool,
}

impl Answer {
    /// The wait from `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers, SystemTime::now())
    }

    /// The vendor's request id, for its support.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

/// The vendor's request id.
pub(super) fn request_id(headers: &HeaderMap) -> Option<&str> {
    [
        "request-id",
        "x-ms-request-id",
        "x-ms-correlation-request-id",
    ]
    .iter()
    .find_map(|name| headers.get(*name)?.to_str().ok())
}
