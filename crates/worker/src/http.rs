//! The HTTP client of a run: enforces the URL policy and limits response sizes and stalls.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Client, Response, StatusCode, Url, redirect};
use rustls::pki_types::CertificateDer;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::time::{Instant, timeout, timeout_at};

use crate::client::{TlsError, client, describe, tls};
use crate::html_text::{page_text, plain, shortened};
use crate::url_policy::{Forbidden, UrlPolicy};

const USER_AGENT: &str = concat!(
    "Picletter/",
    env!("CARGO_PKG_VERSION"),
    " (picture of the day)"
);
const MAX_REDIRECTS: usize = 5;
/// A transfer below this rate over one stall timeout has stalled, in bytes per second.
const MIN_BYTES_PER_SECOND: u64 = 1024;
const DOCUMENT_LIMIT: usize = 4 << 20;
/// How much of an error response's body is read, in bytes.
const ERROR_BODY_LIMIT: usize = 16 << 10;

/// Settings of a run's HTTP clients.
#[derive(Debug, Clone)]
pub struct NetSettings {
    /// Trust anchors from `SSL_CERT_FILE`, in addition to the compiled-in ones.
    pub extra_anchors: Vec<CertificateDer<'static>>,
    /// The URLs that may be fetched.
    pub url_policy: UrlPolicy,
}

/// Two clients over one TLS configuration.
#[derive(Debug, Clone)]
pub struct Http {
    fetching: Client,
    /// Does not follow redirects. For requests that carry a secret or must not be redirected.
    pub direct: Client,
    url_policy: UrlPolicy,
    stall_timeout: Duration,
}

/// A failed fetch. Messages continue a sentence that starts with the source's name.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The connection failed or was interrupted.
    #[error("{0}")]
    Transport(String),
    /// The transfer made no or almost no progress for the stall timeout.
    #[error("stalled: less than {MIN_BYTES_PER_SECOND} bytes a second over {} s", .0.as_secs())]
    Stalled(Duration),
    /// Not stalled, but not complete within its share of the run's time.
    #[error("is too slow: not complete within {:.1} s", .0.as_secs_f32())]
    TooSlow(Duration),
    /// The status is not a success.
    #[error("answered {status}{}", message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
    Status {
        /// The HTTP status.
        status: StatusCode,
        /// The start of the body, as text.
        message: Option<String>,
    },
    /// The URL policy forbids the URL.
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    /// The body is larger than the limit in bytes. The second field is appended to the message.
    #[error("is larger than {0} bytes{1}")]
    TooLarge(usize, &'static str),
    /// A success without a body.
    #[error("answered with an empty body")]
    Empty,
    /// The first bytes match no supported picture type.
    #[error(
        "is not a JPEG, PNG, GIF, WebP, or AVIF picture (content type {label}, begins with {begins:?})"
    )]
    NotAPicture {
        /// The response's content type.
        label: String,
        /// The first bytes.
        begins: String,
    },
    /// An API's response does not match the documented schema.
    #[error("did not answer with its documented JSON ({reason}; begins with {begins:?})")]
    UnexpectedJson {
        /// The parser's error.
        reason: String,
        /// The first bytes.
        begins: String,
    },
    /// The vendor has no picture for the date, or a video instead.
    #[error("{0}")]
    NoPicture(&'static str),
}

impl FetchError {
    /// Whether the vendor responded with 404.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::Status {
                status: StatusCode::NOT_FOUND,
                ..
            }
        )
    }
}

impl Http {
    /// Configures both clients without proxies. Connecting (DNS, TCP, TLS) may take three quarters
    /// of `stall_timeout`, which distinguishes an unreachable host from one that does not respond.
    pub fn new(net: &NetSettings, stall_timeout: Duration) -> Result<Self, TlsError> {
        let tls = tls(&net.extra_anchors)?;
        let client = |policy| {
            client(tls.clone(), |builder| {
                builder
                    .user_agent(USER_AGENT)
                    .no_proxy()
                    .redirect(policy)
                    .connect_timeout(stall_timeout * 3 / 4)
                    // A mail must not be sent on a connection that the server is about to close.
                    .pool_idle_timeout(Duration::from_secs(10))
            })
        };
        Ok(Self {
            fetching: client(redirect_policy(net.url_policy.clone()))?,
            direct: client(redirect::Policy::none())?,
            url_policy: net.url_policy.clone(),
            stall_timeout,
        })
    }

    /// Sends a GET request for `url` and returns after the response's headers. Follows the
    /// redirects that the URL policy allows.
    pub async fn get(&self, url: Url, headers: HeaderMap) -> Result<Response, FetchError> {
        self.url_policy.check(&url)?;
        let request = self.fetching.get(url).headers(headers).send();
        let response = timeout(self.stall_timeout, request)
            .await
            .map_err(|_| FetchError::Stalled(self.stall_timeout))?
            .map_err(|error| transport(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(FetchError::Status {
            status,
            message: error_text(response, self.stall_timeout).await,
        })
    }

    /// Fetches a document of at most 4 MiB.
    pub async fn get_document(&self, url: Url, headers: HeaderMap) -> Result<Vec<u8>, FetchError> {
        let mut body = Body::new(self.get(url, headers).await?, self.stall_timeout);
        let mut document = Vec::new();
        while let Some(chunk) = body.next().await? {
            document.extend_from_slice(&chunk);
            if document.len() > DOCUMENT_LIMIT {
                return Err(FetchError::TooLarge(DOCUMENT_LIMIT, ""));
            }
        }
        Ok(document)
    }

    /// The body of a response, with a minimum transfer rate.
    pub fn body(&self, response: Response) -> Body {
        Body::new(response, self.stall_timeout)
    }
}

/// Reads a body chunk by chunk and aborts a stalled transfer.
#[derive(Debug)]
pub struct Body {
    response: Response,
    stall_timeout: Duration,
    window_end: Instant,
    in_window: u64,
}

impl Body {
    fn new(response: Response, stall_timeout: Duration) -> Self {
        Self {
            response,
            stall_timeout,
            window_end: Instant::now() + stall_timeout,
            in_window: 0,
        }
    }

    /// The next chunk, or `None` at the end of the body.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        loop {
            let read = timeout_at(self.window_end, self.response.chunk()).await;
            if read.is_err() || Instant::now() >= self.window_end {
                if self.in_window < MIN_BYTES_PER_SECOND * self.stall_timeout.as_secs() {
                    return Err(FetchError::Stalled(self.stall_timeout));
                }
                self.window_end = Instant::now() + self.stall_timeout;
                self.in_window = 0;
            }
            if let Ok(chunk) = read {
                let chunk = chunk.map_err(|error| transport(&error))?;
                self.in_window += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
                return Ok(chunk);
            }
        }
    }
}

/// Parses an API's response.
pub fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, FetchError> {
    serde_json::from_slice(json).map_err(|error| FetchError::UnexpectedJson {
        reason: error.to_string(),
        begins: beginning(json),
    })
}

fn redirect_policy(url_policy: UrlPolicy) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > MAX_REDIRECTS {
            return attempt.error(format!("redirects more than {MAX_REDIRECTS} times"));
        }
        match url_policy.check(attempt.url()) {
            Ok(()) => attempt.follow(),
            Err(forbidden) => attempt.error(format!("redirect {forbidden}")),
        }
    })
}

fn transport(error: &reqwest::Error) -> FetchError {
    FetchError::Transport(describe(error))
}

/// The text of an error response, as one line of at most 300 characters.
pub async fn error_text(response: Response, stall_timeout: Duration) -> Option<String> {
    let body = body_prefix(response, stall_timeout).await;
    let text = shortened(&page_text(&String::from_utf8_lossy(&body)), 300);
    (!text.is_empty()).then_some(text)
}

/// Reads at most the first 16 KiB of a body. Returns what was read before an error.
pub async fn body_prefix(response: Response, stall_timeout: Duration) -> Vec<u8> {
    let (mut body, mut read) = (Body::new(response, stall_timeout), Vec::new());
    while let Ok(Some(chunk)) = body.next().await {
        read.extend_from_slice(&chunk[..chunk.len().min(ERROR_BODY_LIMIT - read.len())]);
        if read.len() == ERROR_BODY_LIMIT {
            break;
        }
    }
    read
}

/// The first 24 bytes of unexpected content as one line, for error messages.
pub fn beginning(bytes: &[u8]) -> String {
    plain(&String::from_utf8_lossy(&bytes[..bytes.len().min(24)]))
}

/// Appends path segments to `base`, which may already have a path.
pub fn join(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}
