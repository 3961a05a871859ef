//! How every request to a vendor is sent, told of and repeated.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Client, redirect};
use rustls::CertificateError;
use rustls::pki_types::CertificateDer;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::body_shape::body_shape;
use super::clock_offset::ClockOffset;
use super::redact::Redactor;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::printable::printable;
use picletter_worker::http::{TlsError, describe, tls};

const USER_AGENT: &str = concat!("Picletter/", env!("CARGO_PKG_VERSION"), " (operator)");

/// Larger answers than any of the vendors' gives.
const LARGEST_ANSWER: usize = 32 << 20;

/// How often a request is sent at most.
const ATTEMPTS: usize = 5;

/// The longest that connecting may take: name look-up, TCP, and TLS. For a host with one address it
/// covers two SYN segments that are lost, which are sent again after 1 and 3 s. hyper divides it
/// among the addresses of a host, which it tries in turn.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// Before a request is sent again, at first; it grows from there.
    pub backoff: Duration,
    /// Between two looks at something that goes on, where the vendor names no time.
    pub poll: Duration,
    /// For the answer to one request. A third of it, at most 10 s, is for connecting: a host that
    /// drops packets is then known to have received nothing.
    pub answer: Duration,
    /// The longest wait that a vendor may ask for.
    pub longest_retry_after: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            backoff: Duration::from_millis(500),
            poll: Duration::from_secs(2),
            answer: Duration::from_secs(30),
            longest_retry_after: Duration::from_mins(1),
        }
    }
}

/// How much is told of requests, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Nothing.
    #[default]
    Quiet,
    /// Each request and its answer's status, time and request id.
    Requests,
    /// Their bodies too, except those that hold secrets: of a success only the shape, since any text
    /// that is read from a live system may be a secret.
    Bodies,
}

/// Which bodies of a call hold secrets, and are never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hidden {
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

/// Whether a request may be sent again when it may have been acted upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Sent twice it does what it does once: repeated after lost connections, lost answers, 429,
    /// and 5xx.
    Safe,
    /// Repeated only where it certainly was not acted upon: no connection, or 429.
    Never,
}

/// One request.
#[derive(Clone)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Its headers but for what this module sets; secret ones are marked sensitive.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Option<Value>,
    /// A URL-encoded form in place of a body, as sign-in wants it; it is never shown.
    pub form: Option<SecretString>,
    /// Whether it may be sent again.
    pub repeat: Repeat,
    /// What of it is not shown.
    pub hidden: Hidden,
}

impl Call {
    /// A request without a body; `GET`, `HEAD`, `PUT` and `DELETE` are safe to repeat.
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
            repeat,
            hidden: Hidden::Neither,
        }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Whether it changes nothing at the vendor: it reads, or signs in.
    fn is_read_only(&self) -> bool {
        self.method.is_safe() || self.form.is_some()
    }
}

impl fmt::Debug for Call {
    /// Without the body, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("headers", &self.headers)
            .field("repeat", &self.repeat)
            .field("hidden", &self.hidden)
            .finish_non_exhaustive()
    }
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Whether the request may have been acted upon by an attempt before, whose answer was lost or
    /// a 5xx: a 409 to a `PUT` may be its own doing then.
    pub repeated: bool,
}

impl Answer {
    /// How long the vendor asks to wait. Source: RFC 9110, 10.2.3; the vendors send seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        let header = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        header.trim().parse().ok().map(Duration::from_secs)
    }

    /// The vendor's name for this exchange, for its support.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    [
        "request-id",
        "x-ms-request-id",
        "x-ms-correlation-request-id",
    ]
    .iter()
    .find_map(|name| headers.get(*name)?.to_str().ok())
}

/// Why there was no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HttpError {
    /// The request was not sent.
    Unreachable {
        /// Vendor and host.
        server: String,
        /// The system's words.
        reason: String,
    },
    /// The request was not sent, because the server's certificate failed the check.
    Untrusted {
        /// Vendor and host.
        server: String,
        /// The reason that rustls gives, without the certificate's names.
        reason: String,
    },
    /// The request was sent; whether it was acted upon is not known.
    Lost {
        /// Vendor and host.
        server: String,
        /// The system's words.
        reason: String,
        /// Whether the request changes nothing at the vendor.
        read_only: bool,
    },
}

impl HttpError {
    fn new(server: String, call: &Call, error: &reqwest::Error) -> Self {
        if let Some(error) = certificate_error(error) {
            let reason = without_names(error);
            return Self::Untrusted { server, reason };
        }
        let reason = describe(error);
        if error.is_connect() || error.is_builder() {
            Self::Unreachable { server, reason }
        } else {
            Self::Lost {
                server,
                reason,
                read_only: call.is_read_only(),
            }
        }
    }

    fn reason(&self) -> &str {
        match self {
            Self::Unreachable { reason, .. }
            | Self::Untrusted { reason, .. }
            | Self::Lost { reason, .. } => reason,
        }
    }
}

/// The failed check of a certificate that caused an error.
fn certificate_error(error: &reqwest::Error) -> Option<&CertificateError> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(reason)) = error.downcast_ref() {
            return Some(reason);
        }
        // The source of an `io::Error` is that of the error in it, not that error.
        cause = match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    None
}

/// A certificate may have hundreds of names, which its owner chooses.
fn without_names(error: &CertificateError) -> String {
    match error {
        CertificateError::NotValidForNameContext { expected, .. } => {
            format!("it is not valid for the name {:?}", expected.to_str())
        }
        error => error.to_string(),
    }
}

impl Diagnose for HttpError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Unreachable { server, reason } => Diagnostic::new(
                format!("{server} cannot be reached ({reason})"),
                "check the network, and the vendor's status page",
            ),
            Self::Untrusted { server, reason } => Diagnostic::new(
                format!("the certificate of {server} is not trusted: {reason}"),
                "if a proxy inspects TLS, put its certificate authority (PEM) into the file that SSL_CERT_FILE names; otherwise check the address and this machine's clock",
            ),
            Self::Lost {
                server,
                reason,
                read_only,
            } => Diagnostic::new(
                format!("{server} did not answer ({reason})"),
                if *read_only {
                    "check the network, and the vendor's status page, then run the same command again"
                } else {
                    "whether it did what was asked is not known; the same command finds out, and goes on from there"
                },
            ),
        }
    }
}

display_as_diagnostic!(HttpError);

/// Sends requests to one vendor. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    timings: Timings,
    verbosity: Verbosity,
    redactor: Redactor,
    clock: ClockOffset,
    vendor: &'static str,
}

impl Http {
    /// A client that trusts `extra_anchors` beside those compiled in. It follows no redirect.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(
        extra_anchors: &[CertificateDer<'static>],
        timings: Timings,
        verbosity: Verbosity,
        redactor: Redactor,
    ) -> Result<Self, TlsError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls(extra_anchors)?)
            .user_agent(USER_AGENT)
            .referer(false)
            .retry(reqwest::retry::never())
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_LIMIT.min(timings.answer / 3))
            .build()
            .map_err(|error| TlsError(describe(&error)))?;
        Ok(Self {
            client,
            timings,
            verbosity,
            redactor,
            clock: ClockOffset::default(),
            vendor: "the server",
        })
    }

    /// The same client, whose errors name this vendor.
    #[must_use]
    pub fn of_vendor(self, vendor: &'static str) -> Self {
        Self { vendor, ..self }
    }

    fn server(&self, call: &Call) -> String {
        format!(
            "{} ({})",
            self.vendor,
            call.url.host_str().unwrap_or_default()
        )
    }

    /// What the answers so far tell of this machine's clock.
    pub fn clock(&self) -> &ClockOffset {
        &self.clock
    }

    /// How long is waited for what.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// What keeps secrets out of what is printed.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Sends a request until it is answered with something that will not pass by itself.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn send(&self, call: Call) -> Result<Answer, HttpError> {
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(self.timings.backoff)
            .with_max_times(ATTEMPTS - 1)
            .with_jitter()
            .build();
        let mut repeated = false;
        loop {
            let attempt = self.attempt(&call).await;
            let (again, asked) = match &attempt {
                Ok(answer) => {
                    let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
                    let failed = answer.status.is_server_error() && call.repeat == Repeat::Safe;
                    (limited || failed, answer.retry_after())
                }
                Err(HttpError::Unreachable { .. }) => (true, None),
                Err(HttpError::Untrusted { .. }) => (false, None),
                Err(HttpError::Lost { .. }) => (call.repeat == Repeat::Safe, None),
            };
            let wait = match waits.next() {
                Some(wait) if again => asked.map_or(wait, |asked| asked.max(wait)),
                _ => return attempt.map(|answer| Answer { repeated, ..answer }),
            };
            if wait > self.timings.longest_retry_after {
                return attempt.map(|answer| Answer { repeated, ..answer });
            }
            repeated |= match &attempt {
                Ok(answer) => answer.status.is_server_error(),
                Err(error) => matches!(error, HttpError::Lost { .. }),
            };
            if self.verbosity >= Verbosity::Requests {
                self.tell(format_args!("  sent again in {:.1} s", wait.as_secs_f32()));
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, call: &Call) -> Result<Answer, HttpError> {
        let begun = Instant::now();
        let server = self.server(call);
        if self.verbosity >= Verbosity::Requests {
            self.tell(format_args!("> {} {}", call.method, call.url));
            let hidden = matches!(call.hidden, Hidden::Request | Hidden::Both);
            if let Some(body) = &call.body {
                self.tell_body('>', body.to_string().as_bytes(), hidden);
            }
        }
        let answered = tokio::time::timeout(self.timings.answer, self.exchange(call)).await;
        let answer = match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                let error = HttpError::new(server, call, &error);
                self.tell_failure(begun, error.reason());
                return Err(error);
            }
            Err(_) => {
                let reason = format!("not within {} s", self.timings.answer.as_secs_f32());
                self.tell_failure(begun, &reason);
                return Err(HttpError::Lost {
                    server,
                    reason,
                    read_only: call.is_read_only(),
                });
            }
        };
        if self.verbosity >= Verbosity::Requests {
            self.tell_answer(begun, answer.status, &answer.headers);
            let hidden = matches!(call.hidden, Hidden::Answer | Hidden::Both);
            if answer.status.is_success() && !hidden {
                self.tell_shape(&answer.body);
            } else {
                self.tell_body('<', &answer.body, hidden);
            }
        }
        Ok(answer)
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, reqwest::Error> {
        let mut response = self.request(call).send().await?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        self.clock.note(&headers);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            let room = LARGEST_ANSWER.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if body.len() >= LARGEST_ANSWER {
                break;
            }
        }
        Ok(Answer {
            status,
            headers,
            body: body.into(),
            repeated: false,
        })
    }

    /// Opens an answer that is read as it comes, such as a log; it is not repeated.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn stream(&self, call: &Call) -> Result<reqwest::Response, HttpError> {
        let begun = Instant::now();
        let server = self.server(call);
        if self.verbosity >= Verbosity::Requests {
            self.tell(format_args!("> {} {} (a stream)", call.method, call.url));
        }
        let sent = tokio::time::timeout(self.timings.answer, self.request(call).send()).await;
        let error = match sent {
            Ok(Ok(response)) => {
                if self.verbosity >= Verbosity::Requests {
                    self.tell_answer(begun, response.status(), response.headers());
                }
                return Ok(response);
            }
            Ok(Err(error)) => HttpError::new(server, call, &error),
            Err(_) => HttpError::Lost {
                server,
                reason: format!("not within {} s", self.timings.answer.as_secs_f32()),
                read_only: call.is_read_only(),
            },
        };
        self.tell_failure(begun, error.reason());
        Err(error)
    }

    fn request(&self, call: &Call) -> reqwest::RequestBuilder {
        let mut request = self
            .client
            .request(call.method.clone(), call.url.clone())
            .headers(call.headers.clone());
        if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.to_string());
        }
        if call.body.is_none() && call.form.is_none() && call.method == Method::POST {
            // Azure refuses a POST that names no length, with 411 and HTML.
            request = request.header(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        if let Some(form) = &call.form {
            let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            request = request
                .header(CONTENT_TYPE, media_type)
                .body(form.expose_secret().to_owned());
        }
        request
    }

    fn tell_body(&self, arrow: char, body: &[u8], hidden: bool) {
        if self.verbosity < Verbosity::Bodies || body.is_empty() {
            return;
        }
        if hidden {
            self.tell(format_args!(
                "{arrow}   ({} bytes that hold secrets)",
                body.len()
            ));
        } else {
            self.tell(format_args!("{arrow}   {}", String::from_utf8_lossy(body)));
        }
    }

    fn tell_shape(&self, body: &[u8]) {
        if self.verbosity < Verbosity::Bodies || body.is_empty() {
            return;
        }
        match body_shape(body) {
            Some(shape) => self.tell(format_args!("<   {shape}")),
            None => self.tell(format_args!("<   ({} bytes)", body.len())),
        }
    }

    fn tell_answer(&self, begun: Instant, status: StatusCode, headers: &HeaderMap) {
        let id = request_id(headers).map(|id| format!(", request id {id}"));
        self.tell(format_args!(
            "< {status} in {} ms{}",
            begun.elapsed().as_millis(),
            id.unwrap_or_default()
        ));
    }

    fn tell_failure(&self, begun: Instant, reason: &str) {
        if self.verbosity >= Verbosity::Requests {
            self.tell(format_args!(
                "< no answer in {} ms: {reason}",
                begun.elapsed().as_millis()
            ));
        }
    }

    fn tell(&self, line: fmt::Arguments<'_>) {
        let line = line.to_string();
        // Where nobody can read it, nobody misses it.
        let line = self.redactor.clean(&line);
        let _ = writeln!(std::io::stderr().lock(), "{}", printable(&line, false));
    }
}
