//! Requests, their answers, and sending them again.

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
use super::data::text_of;
use super::environment::Execution;
use super::execute::Outcome;
use super::message::{code_of, outcome, request, without_credentials};
use crate::definition::action::{Action, ActionId, Http, Retry};
use crate::definition::{duration, requests};
use crate::expression::{EvalError, Templated};
use crate::history::AttemptRecord;
use crate::status::Status;
use crate::transport::{REQUEST_LIMIT, TransportError};

/// How long until an asynchronous operation is asked after where its answer does not say.
const POLL_INTERVAL: Duration = Duration::from_secs(20);
/// "Retry max delay: 1 day".
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Headers that only the origin receives that they were given for.
const CREDENTIALS: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
];

pub(super) type Answer = Result<Response<Bytes>, TransportError>;

/// A request on its way. One that is no longer waited for still arrives, as it does in the world.
pub(super) struct Sending(Option<BoxFuture<'static, Answer>>);

impl Future for Sending {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
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
                // Nobody asks for the answer any more.
                let _ = sending.await;
            });
        }
    }
}

impl App {
    pub(super) fn send(self: &Arc<Self>, request: Request<Bytes>) -> Sending {
        let app = Arc::clone(self);
        Sending(Some(Box::pin(async move {
            let limit = app.later(REQUEST_LIMIT);
            tokio::select! {
                biased;
                answer = app.transport.send(request) => answer,
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
            Err(error) => return self.wrong_inputs(id, &error),
        };
        self.note_inputs(id, without_credentials(&inputs));
        let request = match request(&inputs, &self.metadata(id)) {
            Ok(request) => request,
            Err(message) => return Outcome::failed("BadRequest", message),
        };
        let limit = match self.limit(id) {
            Ok(limit) => limit,
            Err(error) => return self.wrong_inputs(id, &error),
        };
        let work = async {
            let mut answer = self.exchange(id, &request, http.retry).await;
            if self.action_of(id).asynchronous {
                answer = self.poll_operation(id, &request, http.retry, answer).await;
            }
            outcome(answer)
        };
        self.limited(limit, work).await.unwrap_or_else(timed_out)
    }

    pub(super) fn action_of(&self, id: ActionId) -> &Action {
        &self.run.app.definition.actions[id]
    }

    /// When an action that starts now has had its time.
    pub(super) fn limit(&self, id: ActionId) -> Result<Option<Timestamp>, EvalError> {
        let limit: Option<&Templated> = self.action_of(id).limit.as_ref();
        let Some(limit) = limit else {
            return Ok(None);
        };
        let text = text_of(&self.evaluate(id, limit)?);
        let limit = duration::parse(&text).map_err(EvalError)?;
        Ok(Some(self.run.app.later(limit)))
    }

    /// What `work` yields, where it ends within the limit.
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

    /// Sends a request, again where its policy says so: on 408, 429, 5xx and connection errors,
    /// not before the answer's `Retry-After`.
    pub(super) async fn exchange(
        &self,
        id: ActionId,
        request: &Request<Bytes>,
        retry: Retry,
    ) -> Answer {
        let app = &self.run.app;
        let mut attempt = 0_u32;
        loop {
            attempt = attempt.saturating_add(1);
            let started = app.clock.now();
            let answer = app.send(request.clone()).await;
            let Some(wait) = self.wait_before_retry(&answer, retry, attempt) else {
                return answer;
            };
            let now = app.clock.now();
            if let Some(record) = self.run.state().record_mut(self.frame, id) {
                record.attempts.push(AttemptRecord {
                    started,
                    ended: now,
                    code: match &answer {
                        Ok(answer) => code_of(answer.status()),
                        Err(_) => Cow::Borrowed("BadRequest"),
                    },
                });
            }
            app.clock.sleep_until(app.later(wait)).await;
        }
    }

    fn wait_before_retry(&self, answer: &Answer, retry: Retry, attempt: u32) -> Option<Duration> {
        let after = match answer {
            Err(_) => None,
            Ok(answer) => {
                let status = answer.status();
                let passing = status.is_server_error()
                    || matches!(
                        status,
                        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
                    );
                if !passing {
                    return None;
                }
                retry_after(answer.headers(), self.run.app.clock.now())
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
                interval,
                least,
                most,
                ..
            } => {
                let doubled = |times: u32| {
                    interval.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX))
                };
                let high = doubled(attempt - 1).min(most);
                let low = if attempt == 1 {
                    least
                } else {
                    doubled(attempt - 2).max(least)
                };
                let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
                let (low, high) = (millis(low.min(most)), millis(high));
                let chosen = self.run.app.random().u64(low..=high.max(low));
                Duration::from_millis(chosen)
            }
        };
        Some(after.unwrap_or(interval).min(LONGEST_WAIT))
    }

    /// Polls an operation that was answered by 202 with a `Location`, until its answer is another.
    /// A `Location` that a request cannot go to is not followed.
    async fn poll_operation(
        &self,
        id: ActionId,
        first: &Request<Bytes>,
        retry: Retry,
        mut answer: Answer,
    ) -> Answer {
        let app = &self.run.app;
        let mut uri = first.uri().to_string();
        let Ok(origin) = url::Url::parse(&uri).map(|uri| uri.origin()) else {
            return answer;
        };
        loop {
            let Ok(response) = &answer else {
                return answer;
            };
            let location = response.headers().get(header::LOCATION);
            let Some(location) = location.and_then(|location| location.to_str().ok()) else {
                return answer;
            };
            if response.status() != StatusCode::ACCEPTED {
                return answer;
            }
            let next = url::Url::parse(&uri).and_then(|base| base.join(location));
            let Some(next) = next
                .ok()
                .and_then(|next| requests::check_uri(next.as_str()).ok())
            else {
                return answer;
            };
            uri = next.to_string();
            let mut request = Request::new(Bytes::new());
            *request.headers_mut() = first.headers().clone();
            request.headers_mut().remove(header::CONTENT_TYPE);
            // As HTTP clients do, so that no other server receives the credentials.
            if next.origin() != origin {
                for credentials in CREDENTIALS {
                    request.headers_mut().remove(credentials);
                }
            }
            let Ok(target) = uri.parse() else {
                return answer;
            };
            *request.uri_mut() = target;
            let wait = retry_after(response.headers(), app.clock.now()).unwrap_or(POLL_INTERVAL);
            app.clock.sleep_until(app.later(wait)).await;
            answer = self.exchange(id, &request, retry).await;
        }
    }

    /// The headers that tell a service which run its request comes from.
    pub(super) fn metadata(&self, id: ActionId) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let app = &self.run.app;
        let action = self.action_of(id);
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
