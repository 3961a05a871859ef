//! HTTP client of the vendors' APIs: sending, tracing, and retries.

mod call;
mod error;
mod trace;
mod upload;
mod wait;

use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use reqwest::Client;
use rustls::pki_types::CertificateDer;
use secrecy::ExposeSecret as _;

use super::clock_offset::ClockOffset;
use super::redact::Redactor;
use picletter_worker::client::{TlsError, client, tls};

pub use call::{Answer, Call, Redacted, Repeat};
pub use error::HttpError;
use trace::Trace;
pub use trace::Verbosity;
pub use upload::Upload;
use wait::WaitListener;
pub use wait::{Wait, wait_words};
pub(crate) use wait::{outage_help, retry_help};

const USER_AGENT: &str = concat!("Picletter/", env!("CARGO_PKG_VERSION"), " (operator)");

/// Maximum size of an answer, in bytes. The rest of a larger one is not read.
const LARGEST_ANSWER: usize = 32 << 20;

/// Attempts for one request, the first included.
const ATTEMPTS: usize = 5;

/// Time limit of name resolution, TCP, and TLS. For a host with one address, it is long enough for two
/// lost SYN segments, which are resent after 1 and 3 s. For a host with several addresses, hyper tries
/// them in turn and divides the limit among them.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Waits and timeouts.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// The wait before the first retry; it grows exponentially.
    pub backoff: Duration,
    /// The poll interval, unless the vendor requires another.
    pub poll: Duration,
    /// The timeout of one attempt, except for an [`Upload`], which has its own. Connecting may take a
    /// third of it, at most 10 s: a host that drops packets is then known to have received nothing.
    pub answer: Duration,
    /// The longest wait of a retry. A longer `Retry-After` ends the retries.
    pub longest_retry_after: Duration,
    /// The longest wait before a poll. A longer `Retry-After` is shortened to it.
    pub longest_poll: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            backoff: Duration::from_millis(500),
            poll: Duration::from_secs(2),
            answer: Duration::from_secs(30),
            longest_retry_after: Duration::from_mins(1),
            longest_poll: Duration::from_mins(1),
        }
    }
}

/// Sends requests to one vendor. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    timings: Timings,
    trace: Trace,
    waits: WaitListener,
    clock: ClockOffset,
    vendor: &'static str,
}

impl Http {
    /// A client that trusts `extra_anchors` and the built-in ones. It does not follow redirects.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(
        extra_anchors: &[CertificateDer<'static>],
        timings: Timings,
        verbosity: Verbosity,
        redactor: Redactor,
    ) -> Result<Self, TlsError> {
        let client = client(tls(extra_anchors)?, |builder| {
            builder
                .user_agent(USER_AGENT)
                .connect_timeout(CONNECT_LIMIT.min(timings.answer / 3))
        })?;
        Ok(Self {
            client,
            timings,
            trace: Trace {
                verbosity,
                redactor,
            },
            waits: WaitListener::default(),
            clock: ClockOffset::default(),
            vendor: "the server",
        })
    }

    /// The same client, with this vendor's name in errors.
    #[must_use]
    pub(crate) fn for_vendor(self, vendor: &'static str) -> Self {
        Self { vendor, ..self }
    }

    /// The same client, which reports each wait that a vendor requires before it begins.
    #[must_use]
    pub fn reporting_waits(self, listener: impl Fn(Wait) + Send + Sync + 'static) -> Self {
        let waits = WaitListener::new(listener);
        Self { waits, ..self }
    }

    fn server(&self, call: &Call) -> String {
        format!(
            "{} ({})",
            self.vendor,
            call.url.host_str().unwrap_or_default()
        )
    }

    /// The offset of this machine's clock, from the answers so far.
    pub fn clock(&self) -> &ClockOffset {
        &self.clock
    }

    /// Its waits and timeouts.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// The redactor for all output.
    pub fn redactor(&self) -> &Redactor {
        &self.trace.redactor
    }

    /// Sends a request, and retries it after temporary errors.
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
            let (is_retried, retry_after) = match &attempt {
                Ok(answer) => {
                    let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
                    let failed = answer.status.is_server_error() && call.repeat == Repeat::Safe;
                    (limited || failed, answer.retry_after())
                }
                Err(HttpError::Unreachable { .. }) => (true, None),
                Err(HttpError::Untrusted { .. }) => (false, None),
                Err(HttpError::Lost { .. }) => (call.repeat == Repeat::Safe, None),
            };
            let backoff = match waits.next() {
                Some(backoff) if is_retried => backoff,
                _ => return attempt.map(|answer| Answer { repeated, ..answer }),
            };
            let status = attempt.as_ref().ok().map(|answer| answer.status);
            if !self.wait(backoff, status.zip(retry_after)).await {
                return attempt.map(|answer| Answer { repeated, ..answer });
            }
            repeated |= match &attempt {
                Ok(answer) => answer.status.is_server_error(),
                Err(error) => matches!(error, HttpError::Lost { .. }),
            };
        }
    }

    /// Waits before a retry: for `backoff`, or for the time that an answer with this status requires,
    /// whichever is longer. Returns `false`, without a wait, if that is longer than
    /// [`Timings::longest_retry_after`].
    pub(super) async fn wait(
        &self,
        backoff: Duration,
        required: Option<(StatusCode, Duration)>,
    ) -> bool {
        let length = required.map_or(backoff, |(_, required)| required.max(backoff));
        if length > self.timings.longest_retry_after {
            return false;
        }
        if let Some((status, required)) = required {
            self.waits.notify(Wait {
                vendor: self.vendor,
                status,
                required,
                length,
            });
        }
        let seconds = length.as_secs_f32();
        self.trace
            .line(format_args!("  sent again in {seconds:.1} s"));
        tokio::time::sleep(length).await;
        true
    }

    async fn attempt(&self, call: &Call) -> Result<Answer, HttpError> {
        let begun = Instant::now();
        let server = self.server(call);
        self.trace.request(call);
        // Boxed, because every future of a command contains one.
        let exchange = Box::pin(self.exchange(call));
        let limit = self.timings.answer;
        let answered = match &call.upload {
            None => tokio::time::timeout(limit, exchange)
                .await
                .map_err(|_| HttpError::timed_out(server.clone(), call, limit)),
            Some(upload) => upload
                .while_it_progresses(exchange)
                .await
                .ok_or_else(|| HttpError::stalled(server.clone(), call, upload.patience())),
        };
        let error = match answered {
            Ok(Ok(answer)) => {
                self.trace.answer(call, begun, &answer);
                return Ok(answer);
            }
            Ok(Err(error)) => HttpError::new(server, call, &error),
            Err(error) => error,
        };
        self.trace.failure(begun, error.reason());
        Err(error)
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

    /// Sends a request once, without retries, for a streamed answer such as a log.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn stream(&self, call: &Call) -> Result<reqwest::Response, HttpError> {
        let begun = Instant::now();
        let server = self.server(call);
        self.trace
            .line(format_args!("> {} {} (a stream)", call.method, call.url));
        let limit = self.timings.answer;
        let error = match tokio::time::timeout(limit, self.request(call).send()).await {
            Ok(Ok(response)) => {
                self.trace
                    .head(begun, response.status(), response.headers());
                return Ok(response);
            }
            Ok(Err(error)) => HttpError::new(server, call, &error),
            Err(_) => HttpError::timed_out(server, call, limit),
        };
        self.trace.failure(begun, error.reason());
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
        if let Some(upload) = &call.upload {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static(upload.media_type()))
                .body(upload.body());
        }
        if call.body.is_none() && call.form.is_none() && call.method == Method::POST {
            // Azure answers a POST without a length with 411 and HTML.
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
}
