//! SendGrid's v3 API: sends a mail at most once.
//!
//! There is no idempotency key, so a request is repeated only where the mail certainly was not
//! accepted; where the answer to a whole request was lost, the outcome is unknown and stays so.
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
use crate::http::{Http, beginning_of_body, join};
use crate::log::Log;
use crate::outcome::Outcome;
use crate::payload::Pieces;
use crate::retry_after::{retry_after, wait_until};

use mail_body::MailBody;

/// SendGrid's limit for a whole message, attachments included, in bytes.
pub const MESSAGE_LIMIT: usize = 30_000_000;

/// Where SendGrid keeps the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// Anywhere.
    Global,
    /// In the European Union.
    Eu,
}

impl Region {
    /// What `SENDGRID_REGION` takes.
    pub const NAMES: [(&str, Self); 2] = [("global", Self::Global), ("eu", Self::Eu)];

    /// The API's base URL.
    pub const fn url(self) -> &'static str {
        match self {
            Self::Global => "https://api.sendgrid.com",
            Self::Eu => "https://api.eu.sendgrid.com",
        }
    }
}

/// How to reach SendGrid.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// `SG_KEY`.
    pub key: SecretString,
    /// `SENDGRID_API_URL`, or what `SENDGRID_REGION` means.
    pub base: Url,
}

/// SendGrid took the mail (or, in sandbox mode, found it valid).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// `X-Message-Id`, by which the mail is found in SendGrid's activity feed.
    pub message_id: Option<String>,
}

/// Why the mail was not accepted, or is not known to be.
#[derive(Debug, Error)]
pub enum SendError {
    /// Its own words, and what they usually mean.
    #[error("SendGrid answered {status}: {words}{hint}")]
    Refused {
        /// 400, 401, 403, 413, …
        status: StatusCode,
        /// SendGrid's messages, with the fields that they are about.
        words: String,
        /// What to do next, or nothing.
        hint: &'static str,
    },
    /// Never got through.
    #[error("SendGrid cannot be reached: {0}; nothing was sent")]
    Unreachable(String),
    /// 429, 5xx, or stopped while waiting for another attempt.
    #[error("{0}: nothing was sent, try later")]
    TryLater(String),
    /// The whole mail went out, but no usable answer came.
    #[error(
        "the answer was lost after the whole mail was handed over ({0}): it may have been accepted; look into SendGrid's activity feed before sending again"
    )]
    Unknown(String),
    /// Something that is not SendGrid's API.
    #[error(
        "the answer does not come from SendGrid's API: {status} and {page:?} (a proxy, a captive portal?)"
    )]
    Protocol {
        /// The answer's status.
        status: StatusCode,
        /// The page's title, or the beginning of the body as text.
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

/// An attempt that failed.
enum Failed {
    /// The mail was certainly not accepted; another attempt may do.
    NotYet {
        error: SendError,
        wait: Option<Duration>,
    },
    /// Another attempt would be useless or dangerous.
    ForGood(SendError),
}

/// The client.
#[derive(Debug)]
pub struct SendGrid<'a> {
    http: &'a Http,
    url: Url,
    settings: &'a ApiSettings,
    sandbox: bool,
}

impl<'a> SendGrid<'a> {
    /// A client that expects 202, or 200 in sandbox mode.
    pub fn new(http: &'a Http, settings: &'a ApiSettings, sandbox: bool) -> Self {
        Self {
            http,
            url: join(&settings.base, "v3/mail/send"),
            settings,
            sandbox,
        }
    }

    /// Opens the connection that the mail will take, without any part of the mail: any answer
    /// will do, and a failure is reported when the mail is sent.
    pub fn open_connection(&self, patience: Duration) {
        let request = self.http.direct.head(self.url.clone()).timeout(patience);
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
                Err(Failed::ForGood(error)) => return Err(error),
                Err(Failed::NotYet { error, wait }) => (error, wait),
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
    ) -> Result<Accepted, Failed> {
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
            () = stop.or_until(budget.deadline) => {
                let why = stop.signal().unwrap_or("RUN_DEADLINE");
                Err((format!("no answer until {why} ended the wait"), false))
            }
        };
        let was_whole = whole.load(Ordering::Acquire);
        match answer {
            Ok(response) => self.judge(response, was_whole, budget, stop).await,
            Err((reason, _)) if was_whole => Err(Failed::ForGood(SendError::Unknown(reason))),
            Err((reason, true)) => Err(Failed::ForGood(SendError::Unreachable(reason))),
            Err((reason, false)) => Err(Failed::NotYet {
                error: SendError::Unreachable(reason),
                wait: None,
            }),
        }
    }

    async fn judge(
        &self,
        response: Response,
        was_whole: bool,
        budget: &Budget,
        stop: &Stop,
    ) -> Result<Accepted, Failed> {
        let status = response.status();
        let wait = wait_asked_for(status, response.headers(), SystemTime::now());
        let message_id = response
            .headers()
            .get("x-message-id")
            .and_then(|id| id.to_str().ok())
            .map(|id| id.chars().take(100).collect());
        if status == StatusCode::ACCEPTED && !self.sandbox {
            return Ok(Accepted { message_id });
        }
        // Without its body, the status alone has to do.
        let body = tokio::select! {
            body = beginning_of_body(response, budget.patience) => body,
            () = stop.or_until(budget.deadline) => Vec::new(),
        };
        let words = words_of(&body);
        let detail = match words.clone().unwrap_or_else(|| page(&body)) {
            text if text.is_empty() => text,
            text => format!(": {text}"),
        };
        let error = match status.as_u16() {
            // Sandbox mode answers 200; 202 would mean that it did send.
            200 | 202 if self.sandbox && (body.is_empty() || words.is_some()) => {
                return Ok(Accepted { message_id });
            }
            429 | 503 => {
                let error = SendError::TryLater(format!("SendGrid answered {status}{detail}"));
                return Err(Failed::NotYet { error, wait });
            }
            408 if !was_whole => {
                let error = SendError::TryLater(format!("SendGrid answered {status}{detail}"));
                return Err(Failed::NotYet { error, wait });
            }
            500 | 501 => SendError::TryLater(format!("SendGrid answered {status}{detail}")),
            // A front server lost SendGrid's own word.
            408 | 502..=599 => SendError::Unknown(format!("{status}{detail}")),
            // Its front server answers this one by itself, in HTML.
            413 => SendError::Refused {
                status,
                words: words.unwrap_or_else(|| "the mail is too large".to_owned()),
                hint: "; lower PICTURE_MAX_BYTES, or set MAIL_EMBED=link",
            },
            400..=499 if words.is_some() => {
                let words = words.unwrap_or_default();
                Self::refused(status, words)
            }
            _ => SendError::Protocol {
                status,
                page: page(&body),
            },
        };
        Err(Failed::ForGood(error))
    }

    fn refused(status: StatusCode, words: String) -> SendError {
        let hint = match status.as_u16() {
            // Both statuses are also those of a used-up plan.
            401 | 403 if words.contains("credits") || words.contains("messaging limits") => {
                "; the plan's mails are used up, see https://app.sendgrid.com/account/billing"
            }
            401 => "; check SG_KEY at https://app.sendgrid.com/settings/api_keys",
            403 if words.contains("Sender Identity") => {
                "; verify BOT_EMAIL at https://app.sendgrid.com/settings/sender_auth"
            }
            403 if words.contains("access forbidden") => {
                "; SG_KEY needs the permission Mail Send, see https://app.sendgrid.com/settings/api_keys"
            }
            _ => "",
        };
        SendError::Refused {
            status,
            words,
            hint,
        }
    }
}

/// `{"errors":[{"message","field","help"}]}`; field and help come as strings, objects or null.
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

fn words_of(body: &[u8]) -> Option<String> {
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

/// `Retry-After`. Else, of a rate limit that is used up, `X-RateLimit-Reset` (seconds since 1970):
/// every answer carries it, also those that have nothing to do with the limit.
/// Source: <https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits>.
fn wait_asked_for(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if headers.contains_key(RETRY_AFTER) {
        return retry_after(headers, now);
    }
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if status != StatusCode::TOO_MANY_REQUESTS && text("x-ratelimit-remaining") != Some("0") {
        return None;
    }
    wait_until(text("x-ratelimit-reset")?.parse().ok()?, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_that_of_retry_after_or_of_a_used_up_rate_limit() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for (status, headers, seconds) in [
            (429, &[("retry-after", "7")][..], Some(7)),
            (503, &[("retry-after", "7")], Some(7)),
            (429, &[("x-ratelimit-reset", "1700000011")], Some(11)),
            (429, &[("x-ratelimit-reset", "1600000000")], Some(0)),
            (429, &[("retry-after", "soon")], None),
            (503, &[("x-ratelimit-reset", "1700000055")], None),
            (
                503,
                &[
                    ("x-ratelimit-remaining", "599"),
                    ("x-ratelimit-reset", "1700000055"),
                ],
                None,
            ),
            (
                503,
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "1700000055"),
                ],
                Some(55),
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let map = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
            let wait = wait_asked_for(status, &map.collect(), now);
            assert_eq!(
                wait,
                seconds.map(Duration::from_secs),
                "{status} {headers:?}"
            );
        }
    }
}
