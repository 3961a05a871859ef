//! Error for an answer without the documented JSON.

use http::StatusCode;
use url::Url;

use super::http::Answer;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

/// An answer with a success status, but without the documented JSON. It may come from a proxy.
#[derive(Debug, Clone, thiserror::Error)]
pub struct UnexpectedAnswer {
    /// The host that answered.
    pub host: String,
    /// The status.
    pub status: StatusCode,
    /// What is wrong with the body, without secrets.
    pub reason: String,
    /// The vendor's request id.
    pub request_id: Option<String>,
    /// The environment variable that sets the host.
    pub variable: &'static str,
}

impl UnexpectedAnswer {
    /// The error for an answer of the API at `base`, which `variable` can set.
    pub(super) fn new(base: &Url, variable: &'static str, answer: &Answer, reason: String) -> Self {
        Self {
            host: base.host_str().unwrap_or_default().to_owned(),
            status: answer.status,
            reason,
            request_id: answer.request_id().map(str::to_owned),
            variable,
        }
    }
}

impl Diagnose for UnexpectedAnswer {
    fn diagnostic(&self) -> Diagnostic {
        let Self {
            host,
            status,
            reason,
            request_id,
            variable,
        } = self;
        let request_id = request_id.as_ref();
        let request_id = request_id.map(|id| format!(", request id {id}"));
        Diagnostic::new(
            format!(
                "{host} answered {status} without its documented JSON ({reason}{})",
                request_id.unwrap_or_default()
            ),
            format!("check {variable} and HTTPS_PROXY: the answer may come from a proxy"),
        )
    }
}

display_as_diagnostic!(UnexpectedAnswer);
