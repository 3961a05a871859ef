//! Execution of `Http` actions: requests, retries, and polling of asynchronous operations.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode};
use jiff::Timestamp;

use super::App;
use super::data::to_text;
use super::environment::Execution;
use super::execute::Outcome;
use super::message::{outcome, request, result_code, without_credentials};
use crate::definition::action::{Action, ActionId, Http, Retry};
use crate::definition::{duration, requests};
use crate::expression::{EvalError, Templated};
use crate::history::AttemptRecord;
use crate::status::Status;
use crate::transport::{REQUEST_LIMIT, TransportError};

/// Polling interval of an asynchronous operation whose response has no `Retry-After`.
const POLL_INTERVAL: Duration = Duration::from_secs(20);
/// Maximum delay before a retry ("Retry max delay: 1 day").
const MAX_RETRY_DELAY: Duration = Duration::from_hours(24);

/// Headers that are only sent to the origin of the original request.
const CREDENTIALS: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
];

pub(super) type ResponseResult = Result<Response<Bytes>, TransportError>;

/// A request in flight. Dropping it does not cancel the request, as on a real network.
pub(super) struct Sending(Option<BoxFuture<'static, ResponseResult>>);

impl Future for Sending {
    type Output = ResponseResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<ResponseResult> {
        let Some(sending) = &mut self.0 else {
            return Poll::Pending;
        };
        let poll = sending.as_mut().poll(context);
        if poll.is_ready() {
            self.0 = None;
        }
        poll
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let (Some(sending), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(async move {
                // The action no longer needs the response.
                let _ = sending.await;
            });
        }
    }
}

impl App {
    pub(super) fn send(self: &Arc<Self>, request: Request<Bytes>) -> Sending {
        let app = Arc::clone(self);
        Sending(Some(Box::pin(async move {
            let limit = app.after(REQUEST_LIMIT);
            tokio::select! {
                biased;
                result = app.transport.send(request) => result,
                () = app.clock.sleep_until(limit) => Err(TransportError::TimedOut(REQUEST_LIMIT)),
            }
        })))
    }
}

impl Execution<'_> {
    /// Executes an `Http` action.
    pub(super) async fn http(&self, id: ActionId, http: &Http) -> Outcome {
        let inputs = match self.evaluate(id, &http.inputs) {
            Ok(inputs) => inputs,
            Err(error) => return self.invalid_inputs(id, &error),
        };
        self.record_inputs(id, without_credentials(&inputs));
        let request = match request(&inputs, &self.metadata(id)) {
            Ok(request) => request,
            Err(message) => return Outcome::failed("BadRequest", message),
        };
        let limit = match self.limit(id) {
            Ok(limit) => limit,
            Err(error) => return self.invalid_inputs(id, &error),
        };
        let work = async {
            let mut result = self.exchange(id, &request, http.retry).await;
            if self.definition(id).asynchronous {
                result = self.poll_operation(id, &request, http.retry, result).await;
            }
            outcome(result)
        };
        self.limited(limit, work).await.unwrap_or_else(timed_out)
    }

    pub(super) fn definition(&self, id: ActionId) -> &Action {
        &self.run.app.definition.actions[id]
    }

    /// Returns the deadline of an action that starts now.
    pub(super) fn limit(&self, id: ActionId) -> Result<Option<Timestamp>, EvalError> {
        let limit: Option<&Templated> = self.definition(id).limit.as_ref();
        let Some(limit) = limit else {
            return Ok(None);
        };
        let text = to_text(&self.evaluate(id, limit)?);
        let limit = duration::parse(&text).map_err(|_| {
            EvalError::new("the timeout must be an ISO 8601 duration, such as PT30S or PT1H")
        })?;
        Ok(Some(self.run.app.after(limit)))
    }

    /// Runs `work`. `None` if it exceeds the limit.
    pub(super) async fn limited<T>(
        &self,
        limit: Option<Timestamp>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let Some(limit) = limit else {
            return Some(work.await);
        };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.run.app.clock.sleep_until(limit) => None,
        }
    }

    /// Sends a request with retries. The policy applies to 408, 429, 5xx, and connection errors.
    /// `Retry-After` overrides the interval.
    pub(super) async fn exchange(
        &self,
        id: ActionId,
        request: &Request<Bytes>,
        retry: Retry,
    ) -> ResponseResult {
        let app = &self.run.app;
        let mut attempt = 0_u32;
        loop {
            attempt = attempt.saturating_add(1);
            let started = app.clock.now();
            let result = app.send(request.clone()).await;
            let Some(wait) = self.wait_before_retry(&result, retry, attempt) else {
                return result;
            };
            let now = app.clock.now();
            if let Some(record) = self.run.state().record_mut(self.frame, id) {
                record.attempts.push(AttemptRecord {
                    started,
                    ended: now,
                    code: match &result {
                        Ok(response) => result_code(response.status()),
                        Err(_) => Cow::Borrowed("BadRequest"),
                    },
                });
            }
            app.clock.sleep_until(app.after(wait)).await;
        }
    }

    fn wait_before_retry(
        &self,
        result: &ResponseResult,
        retry: Retry,
        attempt: u32,
    ) -> Option<Duration> {
        let after = match result {
            Err(_) => None,
            Ok(response) => {
                let status = response.status();
                let transient = status.is_server_error()
                    || matches!(
                        status,
                        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
                    );
                if !transient {
                    return None;
                }
                retry_after(response.headers(), self.run.app.clock.now())
            }
        };
        let interval = match retry {
            Retry::None => return None,
            Retry::Fixed { count, .. } | Retry::Exponential { count, .. } if attempt > count => {
                return None;
            }
            Retry::Fixed { interval, .. } => interval,
            // The table "Random variable ranges" of `logic-apps-exception-handling.md`.
            Retry::Exponential {
                interval, min, max, ..
            } => {
                let doubled = |times: u32| {
                    interval.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX))
                };
                let high = doubled(attempt - 1).min(max);
                let low = if attempt == 1 {
                    min
                } else {
                    doubled(attempt - 2).max(min)
                };
                let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
                let (low, high) = (millis(low.min(max)), millis(high));
                let chosen = self.run.app.random().u64(low..=high.max(low));
                Duration::from_millis(chosen)
            }
        };
        Some(after.unwrap_or(interval).min(MAX_RETRY_DELAY))
    }

    /// Polls an operation that was accepted with status 202 and a `Location`, until the response
    /// has another status. An invalid `Location` ends the polling.
    async fn poll_operation(
        &self,
        id: ActionId,
        first: &Request<Bytes>,
        retry: Retry,
        mut result: ResponseResult,
    ) -> ResponseResult {
        let app = &self.run.app;
        let mut uri = first.uri().to_string();
        let Ok(origin) = url::Url::parse(&uri).map(|uri| uri.origin()) else {
            return result;
        };
        loop {
            let Ok(response) = &result else {
                return result;
            };
            let location = response.headers().get(header::LOCATION);
            let Some(location) = location.and_then(|location| location.to_str().ok()) else {
                return result;
            };
            if response.status() != StatusCode::ACCEPTED {
                return result;
            }
            let next = url::Url::parse(&uri).and_then(|base| base.join(location));
            let Some(next) = next
                .ok()
                .and_then(|next| requests::check_uri(next.as_str()).ok())
            else {
                return result;
            };
            uri = next.to_string();
            let mut request = Request::new(Bytes::new());
            *request.headers_mut() = first.headers().clone();
            request.headers_mut().remove(header::CONTENT_TYPE);
            // Same as other HTTP clients: no other origin receives credentials.
            if next.origin() != origin {
                for credentials in CREDENTIALS {
                    request.headers_mut().remove(credentials);
                }
            }
            let Ok(target) = uri.parse() else {
                return result;
            };
            *request.uri_mut() = target;
            let wait = retry_after(response.headers(), app.clock.now()).unwrap_or(POLL_INTERVAL);
            app.clock.sleep_until(app.after(wait)).await;
            result = self.exchange(id, &request, retry).await;
        }
    }

    /// Returns the headers that identify the run and the action to the receiving service.
    pub(super) fn metadata(&self, id: ActionId) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let app = &self.run.app;
        let action = self.definition(id);
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static("azure-logic-apps/1.0 (picletter)"),
        );
        if action.workflow_headers {
            for (name, value) in [
                ("x-ms-workflow-id", &*app.key),
                ("x-ms-workflow-name", &*app.name),
                ("x-ms-workflow-run-id", &*self.run.id),
                ("x-ms-workflow-operation-name", &*action.name),
                ("x-ms-client-tracking-id", &*self.run.id),
            ] {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
        headers
    }
}

pub(super) fn timed_out() -> Outcome {
    Outcome {
        status: Status::TimedOut,
        ..Outcome::failed(
            "ActionTimedOut",
            "The execution of template action did not complete within its limit.",
        )
    }
}

fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(time.duration_since(now)).unwrap_or(Duration::ZERO))
}
