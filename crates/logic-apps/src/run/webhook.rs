//! Execution of `HttpWebhook` actions, and their callback URLs.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::environment::Execution;
use super::execute::Outcome;
use super::http::timed_out;
use super::message::{message, outcome, request, without_credentials};
use super::{App, EarlyCallback, Run, id};
use crate::definition::action::{ActionId, Http, Retry};
use crate::expression::{EvalError, Templated};

/// A single-use callback URL of an action.
#[derive(Debug)]
pub(super) struct Callback {
    action: ActionId,
    signature: String,
    /// Passes the report to the action. Taken by the first report.
    report: Option<oneshot::Sender<Value>>,
    /// Whether the subscribe request has succeeded.
    subscribed: bool,
    /// The request to send if the action ends without a report.
    unsubscribe: Option<Request<Bytes>>,
}

/// Guard of a subscription. Sends the unsubscribe request if the action ends without a report, for
/// any reason.
struct Subscription<'a> {
    run: &'a Run,
    index: usize,
}

impl Drop for Subscription<'_> {
    fn drop(&mut self) {
        let mut callbacks = self.run.callbacks();
        let Some(callback) = callbacks.get_mut(self.index) else {
            return;
        };
        if let Some(unsubscribe) = callback.unsubscribe.take() {
            // The response is not needed; a dropped request is still sent.
            drop(self.run.app.send(unsubscribe));
        }
    }
}

impl Subscription<'_> {
    fn update(&self, update: impl FnOnce(&mut Callback)) {
        if let Some(callback) = self.run.callbacks().get_mut(self.index) {
            update(callback);
        }
    }
}

impl Execution<'_> {
    /// Executes an `HttpWebhook` action: sends the subscribe request and waits for the report.
    ///
    /// The outputs are the headers and body of the report, or those of the response to the
    /// subscribe request if it failed.
    pub(super) async fn webhook(
        &self,
        id: ActionId,
        subscribe: &Http,
        unsubscribe: Option<&Http>,
    ) -> Outcome {
        let signature = id::signature(&mut self.run.app.random());
        let url = self.callback_url(id, &signature);
        let evaluated = self.requests(id, &url, subscribe, unsubscribe);
        let (subscribe_inputs, unsubscribe_inputs) = match evaluated {
            Ok(inputs) => inputs,
            Err(error) => return self.invalid_inputs(id, &error),
        };
        let mut inputs = json!({ "subscribe": without_credentials(&subscribe_inputs) });
        if let Some(unsubscribe) = &unsubscribe_inputs {
            inputs["unsubscribe"] = without_credentials(unsubscribe);
        }
        self.record_inputs(id, inputs);
        let metadata = self.metadata(id);
        let built = request(&subscribe_inputs, &metadata).and_then(|subscribe| {
            let unsubscribe = unsubscribe_inputs.as_ref();
            let unsubscribe = unsubscribe.map(|inputs| request(inputs, &metadata));
            Ok((subscribe, unsubscribe.transpose()?))
        });
        let (request, unsubscribe) = match built {
            Ok(requests) => requests,
            Err(message) => return Outcome::failed("BadRequest", message),
        };
        let limit = match self.limit(id) {
            Ok(limit) => limit,
            Err(error) => return self.invalid_inputs(id, &error),
        };
        let (report, reports) = oneshot::channel();
        let subscription = self.run.open_callback(Callback {
            action: id,
            signature,
            report: Some(report),
            subscribed: false,
            unsubscribe,
        });
        let work = self.subscribe(id, &subscription, &request, subscribe.retry, reports);
        self.limited(limit, work).await.unwrap_or_else(timed_out)
    }

    async fn subscribe(
        &self,
        id: ActionId,
        subscription: &Subscription<'_>,
        request: &Request<Bytes>,
        retry: Retry,
        mut reports: oneshot::Receiver<Value>,
    ) -> Outcome {
        let result = tokio::select! {
            biased;
            report = &mut reports => return complete(subscription, report.ok()),
            result = self.exchange(id, request, retry) => result,
        };
        match result {
            Ok(response) if response.status().is_success() => {
                subscription.update(|callback| callback.subscribed = true);
                complete(subscription, reports.await.ok())
            }
            failed => {
                // Without a subscription there is nothing to unsubscribe.
                subscription.update(|callback| callback.unsubscribe = None);
                outcome(failed)
            }
        }
    }

    fn requests(
        &self,
        id: ActionId,
        url: &str,
        subscribe: &Http,
        unsubscribe: Option<&Http>,
    ) -> Result<(Value, Option<Value>), EvalError> {
        let state = self.run.state();
        let mut context = self.context(&state, id);
        context.callback = Some(url);
        let inputs = |template: &Templated| template.evaluate(&context).map(Cow::into_owned);
        let unsubscribe = unsubscribe.map(|http| inputs(&http.inputs)).transpose()?;
        Ok((inputs(&subscribe.inputs)?, unsubscribe))
    }

    fn callback_url(&self, id: ActionId, signature: &str) -> String {
        let app = &self.run.app;
        let name: String =
            url::form_urlencoded::byte_serialize(self.definition(id).name.as_bytes()).collect();
        let name = name.replace('+', "%20");
        let run = &self.run.id;
        format!(
            "{}/workflows/{}/runs/{run}/actions/{name}/run?api-version=2016-10-01&sp=%2Fruns%2F{run}%2Factions%2F{name}%2Frun&sv=1.0&sig={signature}",
            app.callback_base.trim_end_matches('/'),
            app.key,
        )
    }
}

fn complete(subscription: &Subscription<'_>, report: Option<Value>) -> Outcome {
    subscription.update(|callback| callback.unsubscribe = None);
    Outcome::succeeded(report)
}

impl Run {
    fn open_callback(&self, callback: Callback) -> Subscription<'_> {
        let mut callbacks = self.callbacks();
        callbacks.push(callback);
        Subscription {
            run: self,
            index: callbacks.len() - 1,
        }
    }

    /// Passes a report to the waiting action.
    fn report(&self, action: &str, signature: &str, report: Value) -> Result<(), CallbackError> {
        let named = self.app.definition.names.get(&action.to_lowercase());
        let mut callbacks = self.callbacks();
        let callback = callbacks
            .iter_mut()
            .find(|callback| {
                Some(&callback.action) == named && constant_time_eq(&callback.signature, signature)
            })
            .ok_or_else(CallbackError::signature)?;
        if !callback.subscribed && self.app.options.early_callback == EarlyCallback::Refused {
            return Err(CallbackError {
                status: StatusCode::BAD_REQUEST,
                code: "WorkflowRunActionNotSubscribed",
                message: format!(
                    "The action '{action}' does not accept a callback before its subscribe request has succeeded."
                ),
            });
        }
        let closed = || CallbackError {
            status: StatusCode::BAD_REQUEST,
            code: "WorkflowRunActionNotWaiting",
            message: format!(
                "The action '{action}' of run '{}' is not waiting for a callback.",
                self.id
            ),
        };
        let sender = callback.report.take().ok_or_else(closed)?;
        sender.send(report).map_err(|_| closed())
    }
}

/// Compares two strings in constant time.
fn constant_time_eq(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes());
    one.len() == other.len() && differences.fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// The error response to a callback. Codes and messages are not the service's, which does not
/// document them.
struct CallbackError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl CallbackError {
    fn signature() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            code: "AuthorizationFailed",
            message: "The provided signature is not valid for this action.".to_owned(),
        }
    }

    fn response(self) -> Response<Bytes> {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/json; charset=utf-8"),
        );
        response
    }
}

impl App {
    /// Handles a request to a callback URL.
    pub(crate) fn callback(self: &Arc<Self>, request: &Request<Bytes>) -> Response<Bytes> {
        match self.handle_callback(request) {
            Ok(()) => Response::new(Bytes::new()),
            Err(error) => error.response(),
        }
    }

    fn handle_callback(&self, request: &Request<Bytes>) -> Result<(), CallbackError> {
        let not_found = |code, message| CallbackError {
            status: StatusCode::NOT_FOUND,
            code,
            message,
        };
        let path = request.uri().path();
        let mut parts = path.rsplitn(7, '/');
        let parts: [&str; 6] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        let ["run", action, "actions", run_id, "runs", key] = parts else {
            let message = format!("The resource '{path}' could not be found.");
            return Err(not_found("NotFound", message));
        };
        if key != &*self.key {
            let message = format!("The workflow '{key}' could not be found.");
            return Err(not_found("WorkflowNotFound", message));
        }
        if request.method() != Method::POST {
            return Err(CallbackError {
                status: StatusCode::METHOD_NOT_ALLOWED,
                code: "MethodNotAllowed",
                message: "A callback must be a POST request.".to_owned(),
            });
        }
        let Some(run) = self.shared().runs.get(run_id).cloned() else {
            let name = &self.name;
            let message = format!("The workflow '{name}' run '{run_id}' could not be found.");
            return Err(not_found("WorkflowRunNotFound", message));
        };
        let query = request.uri().query().unwrap_or_default();
        let signature = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "sig")
            .map(|(_, value)| value)
            .unwrap_or_default();
        let action = format!("name={action}");
        let action = url::form_urlencoded::parse(action.as_bytes())
            .next()
            .map(|(_, name)| name)
            .unwrap_or_default();
        let report = Value::Object(message(request.headers(), request.body()));
        run.report(&action, &signature, report)
    }
}
