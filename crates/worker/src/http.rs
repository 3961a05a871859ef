//! A run's connections: requests within the URL policy, and answers that are read with bounds.

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
const MOST_REDIRECTS: usize = 5;
/// Slower than this over a whole window of patience is stalled, in bytes a second.
const LOWEST_SPEED: u64 = 1024;
const DOCUMENT_LIMIT: usize = 4 << 20;
/// How much of an error's body is kept for its words.
const WORDS_LIMIT: usize = 16 << 10;

/// What a run's connections need.
#[derive(Debug, Clone)]
pub struct NetSettings {
    /// Trust anchors out of `SSL_CERT_FILE`, beside the compiled-in ones.
    pub extra_anchors: Vec<CertificateDer<'static>>,
    /// The URLs that may be fetched.
    pub url_policy: UrlPolicy,
}

/// Two clients over one TLS configuration.
#[derive(Debug, Clone)]
pub struct Http {
    fetching: Client,
    /// Follows no redirect: for what carries a secret or must arrive where it was sent.
    pub direct: Client,
    url_policy: UrlPolicy,
    patience: Duration,
}

/// Why something could not be fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// No connection, or it broke.
    #[error("{0}")]
    Transport(String),
    /// No byte, or hardly any, for a while.
    #[error("stalled: less than {LOWEST_SPEED} bytes a second over {} s", .0.as_secs())]
    Stalled(Duration),
    /// Not stalled, but not done in its share of the run's time.
    #[error("is too slow: not done within {:.1} s", .0.as_secs_f32())]
    TooSlow(Duration),
    /// Not a success.
    #[error("answered {status}{}", words.as_ref().map(|words| format!(": {words}")).unwrap_or_default())]
    Status {
        /// The HTTP status.
        status: StatusCode,
        /// The beginning of the body, as text.
        words: Option<String>,
    },
    /// An address that must not be fetched.
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    /// Larger than the cap.
    #[error("is larger than {0} bytes{1}")]
    TooLarge(usize, &'static str),
    /// Success without a body.
    #[error("answered with an empty body")]
    Empty,
    /// Not one of the picture types, whatever its label says.
    #[error(
        "is not a JPEG, PNG, GIF, WebP or AVIF picture (labelled {label}, begins with {begins:?})"
    )]
    NotAPicture {
        /// The answer's content type.
        label: String,
        /// Its first bytes.
        begins: String,
    },
    /// An API's answer that does not have the API's shape.
    #[error(
        "answered with something else than its documented JSON ({reason}; begins with {begins:?})"
    )]
    NotTheJson {
        /// The parser's error.
        reason: String,
        /// Its first bytes.
        begins: String,
    },
    /// The vendor has no picture for the day: a film, or nothing.
    #[error("{0}")]
    NoPicture(&'static str),
}

impl FetchError {
    /// Whether the vendor said that it does not have what was asked for.
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
    /// Configures both clients: ring, compiled-in trust anchors and the operator's, no proxies.
    /// Connecting (name look-up, TCP, TLS) may take three quarters of `patience`, so that a host
    /// that cannot be reached is not mistaken for one that does not answer.
    pub fn new(net: &NetSettings, patience: Duration) -> Result<Self, TlsError> {
        let tls = tls(&net.extra_anchors)?;
        let client = |policy| {
            client(tls.clone(), |builder| {
                builder
                    .user_agent(USER_AGENT)
                    .no_proxy()
                    .redirect(policy)
                    .connect_timeout(patience * 3 / 4)
                    // A connection that the server is about to close must not carry a mail.
                    .pool_idle_timeout(Duration::from_secs(10))
            })
        };
        Ok(Self {
            fetching: client(within(net.url_policy.clone()))?,
            direct: client(redirect::Policy::none())?,
            url_policy: net.url_policy.clone(),
            patience,
        })
    }

    /// GETs `url`, following redirects that the URL policy allows, up to the answer's head.
    pub async fn get(&self, url: Url, headers: HeaderMap) -> Result<Response, FetchError> {
        self.url_policy.check(&url)?;
        let request = self.fetching.get(url).headers(headers).send();
        let response = timeout(self.patience, request)
            .await
            .map_err(|_| FetchError::Stalled(self.patience))?
            .map_err(|error| transport(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(FetchError::Status {
            status,
            words: words(response, self.patience).await,
        })
    }

    /// GETs a document of at most 4 MiB.
    pub async fn get_document(&self, url: Url, headers: HeaderMap) -> Result<Vec<u8>, FetchError> {
        let mut body = Body::new(self.get(url, headers).await?, self.patience);
        let mut document = Vec::new();
        while let Some(chunk) = body.next().await? {
            document.extend_from_slice(&chunk);
            if document.len() > DOCUMENT_LIMIT {
                return Err(FetchError::TooLarge(DOCUMENT_LIMIT, ""));
            }
        }
        Ok(document)
    }

    /// The body of an answer, read with a low-speed limit.
    pub fn body(&self, response: Response) -> Body {
        Body::new(response, self.patience)
    }
}

/// Reads a body chunk by chunk and ends a transfer that has stalled.
#[derive(Debug)]
pub struct Body {
    response: Response,
    patience: Duration,
    window_end: Instant,
    in_window: u64,
}

impl Body {
    fn new(response: Response, patience: Duration) -> Self {
        Self {
            response,
            patience,
            window_end: Instant::now() + patience,
            in_window: 0,
        }
    }

    /// The next bytes; `None` at the body's proper end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        loop {
            let read = timeout_at(self.window_end, self.response.chunk()).await;
            if read.is_err() || Instant::now() >= self.window_end {
                if self.in_window < LOWEST_SPEED * self.patience.as_secs() {
                    return Err(FetchError::Stalled(self.patience));
                }
                self.window_end = Instant::now() + self.patience;
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

/// Reads an API's answer.
pub fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, FetchError> {
    serde_json::from_slice(json).map_err(|error| FetchError::NotTheJson {
        reason: error.to_string(),
        begins: beginning(json),
    })
}

fn within(url_policy: UrlPolicy) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > MOST_REDIRECTS {
            return attempt.error(format!("redirects more than {MOST_REDIRECTS} times"));
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

/// The text of an error answer, as one line of at most 300 characters.
pub async fn words(response: Response, patience: Duration) -> Option<String> {
    let body = beginning_of_body(response, patience).await;
    let text = shortened(&page_text(&String::from_utf8_lossy(&body)), 300);
    (!text.is_empty()).then_some(text)
}

/// At most the first 16 KiB of a body; what breaks off is kept as far as it came.
pub async fn beginning_of_body(response: Response, patience: Duration) -> Vec<u8> {
    let (mut body, mut read) = (Body::new(response, patience), Vec::new());
    while let Ok(Some(chunk)) = body.next().await {
        read.extend_from_slice(&chunk[..chunk.len().min(WORDS_LIMIT - read.len())]);
        if read.len() == WORDS_LIMIT {
            break;
        }
    }
    read
}

/// The first bytes of something unexpected, for a person to recognise it by.
pub fn beginning(bytes: &[u8]) -> String {
    plain(&String::from_utf8_lossy(&bytes[..bytes.len().min(24)]))
}

/// `base` with path segments appended; `base` may have a path of its own.
pub fn join(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}
