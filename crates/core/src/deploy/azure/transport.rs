//! The transport of `azure_identity`: our HTTP client, and `az`.

use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Output;
use std::time::Duration;

use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};
use azure_identity::Executor;
use http::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::excerpt::beginning;
use crate::config::SECRETS;
use crate::deploy::http::{Answer, Call, Http, HttpError, Redacted, Repeat};

type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The fields of a form that are secrets.
const SECRET_FIELDS: [&str; 2] = ["client_secret", "client_assertion"];

/// A shell's exit status if it does not find a command.
/// Source: <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02>.
const COMMAND_NOT_FOUND: i32 = 127;

/// Why there is no answer that Microsoft's crate can parse.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum TransportError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{0}")]
    Refused(String),
    #[error("{host} answered with status {}: {message}", status.as_u16())]
    Unavailable {
        host: String,
        status: StatusCode,
        message: String,
        retry_after: Option<Duration>,
    },
    #[error(
        "{host} answered with status {}, but with neither a token nor an Entra error: {message}",
        status.as_u16()
    )]
    Garbled {
        host: String,
        status: StatusCode,
        message: String,
    },
}

/// Sends token requests to the authority.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) http: Http,
    /// The actual authority. Microsoft's crate requires `https`, which a fake on loopback does not
    /// support.
    pub(super) authority: Url,
}

impl Transport {
    async fn send(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut url = self.authority.clone();
        url.set_path(request.url().path());
        url.set_query(request.url().query());
        let method = match request.method() {
            azure_core::http::Method::Post => Method::POST,
            _ => Method::GET,
        };
        let mut call = Call::new(method, url);
        call.redacted = Redacted::Both;
        // Repeating the request is harmless: at worst, Entra issues a token that is not used.
        call.repeat = Repeat::Safe;
        if let Body::Bytes(form) = request.body()
            && !form.is_empty()
        {
            for (name, value) in url::form_urlencoded::parse(form) {
                if SECRET_FIELDS.contains(&&*name) {
                    let secret = SecretString::from(value.into_owned());
                    self.http.redactor().learn(&secret);
                }
            }
            call.form = Some(String::from_utf8_lossy(form).into_owned().into());
        }
        let answer = self.http.send(call).await.map_err(failed)?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if !body["access_token"].is_string() {
            return Err(failed(self.no_token(&answer, &body)));
        }
        Ok(AsyncRawResponse::from_bytes(
            answer.status.as_u16().into(),
            Headers::new(),
            answer.body,
        ))
    }
}

impl Transport {
    /// Why an answer has no token. Entra rejects with a 4xx status and JSON with `error` and
    /// `error_description`; any other answer with such a status comes from a proxy.
    ///
    /// Source: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#error-response>.
    fn no_token(&self, answer: &Answer, body: &Value) -> TransportError {
        // Reads the description here, because Microsoft's crate cannot parse one with an escaped
        // character.
        let reason = body["error"]
            .as_str()
            .and(body["error_description"].as_str());
        let host = self.authority.host_str().unwrap_or_default().to_owned();
        let status = answer.status;
        let message = match reason {
            Some(message) => message.to_owned(),
            None if String::from_utf8_lossy(&answer.body).contains("access_token") => {
                "a truncated token".to_owned()
            }
            None => beginning(&answer.body, self.http.redactor()),
        };
        match status.as_u16() {
            409 | 429 | 500.. => TransportError::Unavailable {
                host,
                status,
                message,
                retry_after: answer.retry_after(),
            },
            400..=499 if reason.is_some() => TransportError::Refused(message),
            _ => TransportError::Garbled {
                host,
                status,
                message,
            },
        }
    }
}

fn failed(error: impl Into<TransportError>) -> Error {
    Error::new(ErrorKind::Other, error.into())
}

impl HttpClient for Transport {
    fn execute_request<'client, 'request, 'answer>(
        &'client self,
        request: &'request Request,
    ) -> Answering<'answer, azure_core::Result<AsyncRawResponse>>
    where
        'client: 'answer,
        'request: 'answer,
        Self: 'answer,
    {
        Box::pin(self.send(request))
    }
}

/// Runs `az`.
#[derive(Debug)]
pub(super) struct Az {
    /// The search path.
    pub(super) path: Option<String>,
}

/// Returns an error of kind `NotFound` if `az` is not installed; `azure_identity` keeps it as a source.
impl Executor for Az {
    fn run<'executor, 'program, 'arguments, 'argument, 'answer>(
        &'executor self,
        program: &'program OsStr,
        arguments: &'arguments [&'argument OsStr],
    ) -> Answering<'answer, io::Result<Output>>
    where
        'executor: 'answer,
        'program: 'answer,
        'arguments: 'answer,
        'argument: 'answer,
        Self: 'answer,
    {
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).kill_on_drop(true);
        // `az` needs none of Picletter's secrets.
        for name in SECRETS {
            command.env_remove(name);
        }
        match &self.path {
            Some(path) => command.env("PATH", path),
            None => command.env_remove("PATH"),
        };
        Box::pin(async move {
            let output = command.output().await?;
            if output.status.code() == Some(COMMAND_NOT_FOUND) {
                return Err(io::ErrorKind::NotFound.into());
            }
            Ok(output)
        })
    }
}
