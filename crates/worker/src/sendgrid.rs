//! SendGrid's v3 API: sends a mail at most once.
//!
//! The API has no idempotency key, so a request is retried only if the mail certainly was not
//! accepted. If the response to a complete request is lost, the outcome is unknown and the request
//! is not retried.
//! Source: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>

mod mail_body;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use backon::BackoffBuilder as _;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::budget::{Budget, Stop};
use crate::client::{certificate_error, describe};
use crate::html_text::{page_text, plain, shortened};
use crate::http::{Http, body_prefix, join};
use crate::log::Log;
use crate::outcome::Outcome;
use crate::payload::Pieces;
use crate::retry_after::{retry_after, wait_until};

use mail_body::MailBody;

/// SendGrid's limit for a message including attachments, in bytes.
pub const MESSAGE_LIMIT: usize = 30_000_000;

/// The region of the SendGrid account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// Global.
    Global,
    /// The European Union.
    Eu,
}

impl Region {
    /// The values of `SENDGRID_REGION`.
    pub const NAMES: [(&str, Self); 2] = [("global", Self::Global), ("eu", Self::Eu)];

    /// The API's base URL.
    pub const fn url(self) -> &'static str {
        match self {
            Self::Global => "https://api.sendgrid.com",
            Self::Eu => "https://api.eu.sendgrid.com",
        }
    }
}

/// Settings of the API client.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// `SG_KEY`.
    pub key: SecretString,
    /// `SENDGRID_API_URL`, or the URL for `SENDGRID_REGION`.
    pub base: Url,
}

/// SendGrid accepted the mail (or, in sandbox mode, validated it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// `X-Message-Id`, which identifies the mail in SendGrid's activity feed.
    pub message_id: Option<String>,
}

/// The mail was not accepted, or its acceptance is unknown.
#[derive(Debug, Error)]
pub enum SendError {
    /// SendGrid rejected the mail.
    #[error("SendGrid answered {status}: {messages}{hint}")]
    Refused {
        /// 400, 401, 403, 413, …
        status: StatusCode,
        /// SendGrid's messages, with the fields that they refer to.
        messages: String,
        /// What to do, or empty.
        hint: &'static str,
    },
    /// No connection.
    #[error("SendGrid cannot be reached: {0}; nothing was sent")]
    Unreachable(String),
    /// 429, 5xx, or stopped while waiting for a retry.
    #[error("{0}: nothing was sent; try again later")]
    TryLater(String),
    /// The whole mail was sent, but no usable response was received.
    #[error(
        "the response was lost after the whole mail was sent ({0}): it may have been accepted; check SendGrid's activity feed before sending again"
    )]
    Unknown(String),
    /// The response is not from SendGrid's API.
    #[error(
        "the response is not from SendGrid's API: {status}, {page:?} (a proxy or captive portal?)"
    )]
    Protocol {
        /// The response's status.
        status: StatusCode,
        /// The page's title, or the start of the body as text.
        page: String,
    },
}

impl SendError {
    /// The run's outcome.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { .. } => Outcome::Refused,
            Self::Unreachable(_) => Outcome::Unavailable,
            Self::TryLater(_) => Outcome::TryLater,
            Self::Unknown(_) => Outcome::Unknown,
            Self::Protocol { .. } => Outcome::Protocol,
        }
    }
}

/// A failed attempt.
enum AttemptError {
    /// The mail was certainly not accepted. A retry may succeed.
    Retryable {
        error: SendError,
        wait: Option<Duration>,
    },
    /// A retry would fail again or could send the mail twice.
    Final(SendError),
}

/// A client of SendGrid's v3 API.
#[derive(Debug)]
pub struct SendGrid<'a> {
    http: &'a Http,
    url: Url,
    settings: &'a ApiSettings,
    sandbox: bool,
}

impl<'a> SendGrid<'a> {
    /// Creates a client that expects 202, or 200 in sandbox mode.
    pub fn new(http: &'a Http, settings: &'a ApiSettings, sandbox: bool) -> Self {
        Self {
            http,
            url: join(&settings.base, "v3/mail/send"),
            settings,
            sandbox,
        }
    }

    /// Opens a connection for the mail in advance, without sending any part of the mail. Ignores
    /// the response; a connection failure is reported when the mail is sent.
    pub fn open_connection(&self, stall_timeout: Duration) {
        let request = self
            .http
            .direct
            .head(self.url.clone())
            .timeout(stall_timeout);
        tokio::spawn(request.send());
    }

    /// Sends the mail at most once, within the budget.
    pub async fn send(
        &self,
        mail: &Pieces,
        budget: &Budget,
        stop: &Stop,
        log: &Log,
    ) -> Result<Accepted, SendError> {
        let mut waits = backon::ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(30))
            .without_max_times()
            .with_jitter()
            .build();
        loop {
            if let Some(signal) = stop.signal() {
                return Err(SendError::TryLater(format!(
                    "stopped by {signal} before sending"
                )));
            }
            let (error, wait) = match self.attempt(mail, budget, stop).await {
                Ok(accepted) => return Ok(accepted),
                Err(AttemptError::Final(error)) => return Err(error),
                Err(AttemptError::Retryable { error, wait }) => (error, wait),
            };
            let wait = wait.max(waits.next()).unwrap_or_default();
            if let Some(signal) = stop.signal() {
                return Err(SendError::TryLater(format!("{error}; stopped by {signal}")));
            }
            if wait >= budget.deadline.saturating_duration_since(Instant::now()) {
                return Err(error);
            }
            log.warn(
                "send_retried",
                &[("reason", &error), ("wait_ms", &wait.as_millis())],
            );
            tokio::select! {
                () = sleep(wait) => {}
                _ = stop.requested() => {}
            }
        }
    }

    async fn attempt(
        &self,
        mail: &Pieces,
        budget: &Budget,
        stop: &Stop,
    ) -> Result<Accepted, AttemptError> {
        let whole = Arc::new(AtomicBool::new(false));
        let mut key =
            HeaderValue::from_str(&format!("Bearer {}", self.settings.key.expose_secret()))
                .unwrap_or(HeaderValue::from_static(""));
        key.set_sensitive(true);
        let request = self
            .http
            .direct
            .post(self.url.clone())
            .header(AUTHORIZATION, key)
            .header(CONTENT_TYPE, "application/json")
            .body(reqwest::Body::wrap(MailBody::new(mail, Arc::clone(&whole))));
        let answer = tokio::select! {
            answer = request.send() => answer.map_err(|error| (describe(&error), certificate_error(&error).is_some())),
            () = stop.deadline_or_grace(budget.deadline) => {
                let why = stop.signal().unwrap_or("RUN_DEADLINE");
                Err((format!("no response before {why}"), false))
            }
        };
        let body_sent = whole.load(Ordering::Acquire);
        match answer {
            Ok(response) => self.read_response(response, body_sent, budget, stop).await,
            Err((reason, _)) if body_sent => Err(AttemptError::Final(SendError::Unknown(reason))),
            Err((reason, true)) => Err(AttemptError::Final(SendError::Unreachable(reason))),
            Err((reason, false)) => Err(AttemptError::Retryable {
                error: SendError::Unreachable(reason),
                wait: None,
            }),
        }
    }

    async fn read_response(
        &self,
        response: Response,
        body_sent: bool,
        budget: &Budget,
        stop: &Stop,
    ) -> Result<Accepted, AttemptError> {
        let status = response.status();
        let wait = retry_delay(status, response.headers(), SystemTime::now());
        let message_id = response
            .headers()
            .get("x-message-id")
            .and_then(|id| id.to_str().ok())
            .map(|id| id.chars().take(100).collect());
        if status == StatusCode::ACCEPTED && !self.sandbox {
            return Ok(Accepted { message_id });
        }
        // If the body cannot be read, only the status is used.
        let body = tokio::select! {
            body = body_prefix(response, budget.stall_timeout) => body,
            () = stop.deadline_or_grace(budget.deadline) => Vec::new(),
        };
        let messages = error_messages(&body);
        let detail = match messages.clone().unwrap_or_else(|| page(&body)) {
            text if text.is_empty() => text,
            text => format!(": {text}"),
        };
        let error = match status.as_u16() {
            // Sandbox mode responds with 200; 202 means that the mail was sent.
            200 | 202 if self.sandbox && (body.is_empty() || messages.is_some()) => {
                return Ok(Accepted { message_id });
            }
            429 | 503 => {
                let error = SendError::TryLater(format!("SendGrid answered {status}{detail}"));
                return Err(AttemptError::Retryable { error, wait });
            }
            408 if !body_sent => {
                let error = SendError::TryLater(format!("SendGrid answered {status}{detail}"));
                return Err(AttemptError::Retryable { error, wait });
            }
            500 | 501 => SendError::TryLater(format!("SendGrid answered {status}{detail}")),
            // A gateway lost SendGrid's response.
            408 | 502..=599 => SendError::Unknown(format!("{status}{detail}")),
            // SendGrid's gateway sends this response, in HTML.
            413 => SendError::Refused {
                status,
                messages: messages.unwrap_or_else(|| "the mail is too large".to_owned()),
                hint: "; lower PICTURE_MAX_BYTES, or set MAIL_EMBED=link",
            },
            400..=499 if messages.is_some() => {
                let messages = messages.unwrap_or_default();
                Self::refused(status, messages)
            }
            _ => SendError::Protocol {
                status,
                page: page(&body),
            },
        };
        Err(AttemptError::Final(error))
    }

    fn refused(status: StatusCode, messages: String) -> SendError {
        let hint = match status.as_u16() {
            // SendGrid also uses both statuses for a used-up plan.
            401 | 403 if messages.contains("credits") || messages.contains("messaging limits") => {
                "; the plan's mails are used up, see https://app.sendgrid.com/account/billing"
            }
            401 => "; check SG_KEY at https://app.sendgrid.com/settings/api_keys",
            403 if messages.contains("Sender Identity") => {
                "; verify BOT_EMAIL at https://app.sendgrid.com/settings/sender_auth"
            }
            403 if messages.contains("access forbidden") => {
                "; SG_KEY needs the permission Mail Send, see https://app.sendgrid.com/settings/api_keys"
            }
            _ => "",
        };
        SendError::Refused {
            status,
            messages,
            hint,
        }
    }
}

/// `{"errors":[{"message","field","help"}]}`. `field` and `help` are strings, objects, or null.
#[derive(Debug, Deserialize)]
struct Errors {
    errors: Vec<VendorError>,
}

#[derive(Debug, Deserialize)]
struct VendorError {
    message: String,
    #[serde(default)]
    field: Value,
}

fn error_messages(body: &[u8]) -> Option<String> {
    let Errors { errors } = serde_json::from_slice(body).ok()?;
    let messages = errors.iter().map(|error| match &error.field {
        Value::String(field) if field != "null" => format!("{} ({field})", error.message),
        _ => error.message.clone(),
    });
    Some(shortened(
        &plain(&messages.collect::<Vec<_>>().join("; ")),
        600,
    ))
}

fn page(body: &[u8]) -> String {
    shortened(&page_text(&String::from_utf8_lossy(body)), 100)
}

/// The delay before a retry, at most a day: `Retry-After`, or the time until `X-RateLimit-Reset` (a
/// Unix timestamp in seconds) if the rate limit is used up. Every response has `X-RateLimit-Reset`,
/// even if unrelated to the limit. `None` if the response requires no delay, or an invalid one.
/// Source:
/// <https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits>.
pub fn retry_delay(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if headers.contains_key(RETRY_AFTER) {
        return retry_after(headers, now);
    }
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if status != StatusCode::TOO_MANY_REQUESTS && text("x-ratelimit-remaining") != Some("0") {
        return None;
    }
    wait_until(text("x-ratelimit-reset")?.parse().ok()?, now)
}
