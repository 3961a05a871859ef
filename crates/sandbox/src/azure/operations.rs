//! Asynchronous operations, whose result is read by later requests.

use std::collections::HashMap;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;

use super::Core;
use super::api::{Answer, ok};
use super::call::Call;
use super::ids::Ids;
use super::refusal::Refusal;

/// Operations by token.
#[derive(Default)]
pub(super) struct Operations(HashMap<String, Pending>);

struct Pending {
    ready_at: Timestamp,
    outcome: Option<Value>,
}

impl Operations {
    /// Starts an operation and returns its token.
    pub(super) fn begin(
        &mut self,
        ids: &mut Ids,
        ready_at: Timestamp,
        outcome: Option<Value>,
    ) -> String {
        let token = ids.text(60);
        self.0.insert(token.clone(), Pending { ready_at, outcome });
        token
    }
}

impl Core {
    /// The time at which an operation that starts now completes.
    pub(super) fn completion_time(&self) -> Timestamp {
        let wait = Duration::from_secs(self.setup.retry_after.into());
        self.now().checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// Responds with the result of an operation, or 202 while it is pending.
    pub(super) fn outcome(&self, call: &Call) -> Answer {
        let token = call.segments.last().map_or("", String::as_str);
        let state = self.state();
        let Some(pending) = state.operations.0.get(token) else {
            return Err(Refusal::not_found(
                "OperationNotFound",
                format!("The operation '{token}' could not be found."),
            ));
        };
        if pending.ready_at > self.now() {
            drop(state);
            return Ok(self.accepted(&call.segments[1], token));
        }
        Ok(match &pending.outcome {
            Some(outcome) => ok(outcome),
            None => StatusCode::OK.into_response(),
        })
    }

    /// The 202 response with the URL of the result and the time to wait.
    pub(super) fn accepted(&self, subscription: &str, token: &str) -> Response {
        let location = format!(
            "{}/subscriptions/{subscription}/operationresults/{token}?api-version=2021-04-01",
            self.setup.url
        );
        let seconds = HeaderValue::from(self.setup.retry_after);
        let mut response = (StatusCode::ACCEPTED, [(header::RETRY_AFTER, seconds)]).into_response();
        if let Ok(location) = HeaderValue::from_str(&location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}
