//! Actions that wait to be called back.

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

/// A URL on which an action is called back, once.
#[derive(Debug)]
pub(super) struct Callback {
    action: ActionId,
    signature: String,
    /// Takes what the action waits for.
    report: Option<oneshot::Sender<Value>>,
    /// Whether the subscribe request has been answered.
    subscribed: bool,
    /// Sent where the action ends without a report.
    unsubscribe: Option<Request<Bytes>>,
}

/// Ends the subscription when the action has ended without a report, in whatever way.
struct Waiting<'a> {
    run: &'a Run,
    number: usize,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut callbacks = self.run.callbacks();
        let Some(callback) = callbacks.get_mut(self.number) else {
            return;
        };
        if let Some(unsubscribe) = callback.unsubscribe.take() {
            // Nobody waits for its answer; a request that is not waited for is sent nevertheless.
            drop(self.run.app.send(unsubscribe));
        }
    }
}

impl Waiting<'_> {
    fn change(&self, change: impl FnOnce(&mut Callback)) {
        if let Some(callback) = self.run.callbacks().get_mut(self.number) {
            change(callback);
        }
    }
}

impl Execution<'_> {
    /// Executes an `HttpWebhook` action: sends the subscribe request and waits for the report.
    ///
    /// Its outputs are the report's headers and body, or, where the subscribe request was refused,
    /// that answer.
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
            Err(error) => return self.wrong_inputs(id, &error),
        };
        let mut inputs = json!({ "subscribe": without_credentials(&subscribe_inputs) });
        if let Some(unsubscribe) = &unsubscribe_inputs {
            inputs["unsubscribe"] = without_credentials(unsubscribe);
        }
        self.note_inputs(id, inputs);
        let metadata = self.metadata(id);
        let made = request(&subscribe_inputs, &metadata).and_then(|subscribe| {
            let unsubscribe = unsubscribe_inputs.as_ref();
            let unsubscribe = unsubscribe.map(|inputs| request(inputs, &metadata));
            Ok((subscribe, unsubscribe.transpose()?))
        });
        let (request, unsubscribe) = match made {
            Ok(made) => made,
            Err(message) => return Outcome::failed("BadRequest", message),
        };
        let limit = match self.limit(id) {
            Ok(limit) => limit,
            Err(error) => return self.wrong_inputs(id, &error),
        };
        let (report, reported) = oneshot::channel();
        let waiting = self.run.open_callback(Callback {
            action: id,
            signature,
            report: Some(report),
            subscribed: false,
            unsubscribe,
        });
        let work = self.subscribe(id, &waiting, &request, subscribe.retry, reported);
        self.limited(limit, work).await.unwrap_or_else(timed_out)
    }

    async fn subscribe(
        &self,
        id: ActionId,
        waiting: &Waiting<'_>,
        request: &Request<Bytes>,
        retry: Retry,
        mut reported: oneshot::Receiver<Value>,
    ) -> Outcome {
        let answer = tokio::select! {
            biased;
            report = &mut reported => return completed(waiting, report.ok()),
            answer = self.exchange(id, request, retry) => answer,
        };
        match answer {
            Ok(answer) if answer.status().is_success() => {
                waiting.change(|callback| callback.subscribed = true);
                completed(waiting, reported.await.ok())
            }
            refused => {
                // There is no subscription to end.
                waiting.change(|callback| callback.unsubscribe = None);
                outcome(refused)
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
            url::form_urlencoded::byte_serialize(self.action_of(id).name.as_bytes()).collect();
        let name = name.replace('+', "%20");
        let run = &self.run.id;
        format!(
            "{}/workflows/{}/runs/{run}/actions/{name}/run?api-version=2016-10-01&sp=%2Fruns%2F{run}%2Factions%2F{name}%2Frun&sv=1.0&sig={signature}",
            app.callback_base.trim_end_matches('/'),
            app.key,
        )
    }
}

fn completed(waiting: &Waiting<'_>, report: Option<Value>) -> Outcome {
    waiting.change(|callback| callback.unsubscribe = None);
    Outcome::succeeded(report)
}

impl Run {
    fn open_callback(&self, callback: Callback) -> Waiting<'_> {
        let mut callbacks = self.callbacks();
        callbacks.push(callback);
        Waiting {
            run: self,
            number: callbacks.len() - 1,
        }
    }

    /// Gives a report to the action that waits for it.
    fn report(&self, action: &str, signature: &str, report: Value) -> Result<(), Refusal> {
        let named = self.app.definition.names.get(&action.to_lowercase());
        let mut callbacks = self.callbacks();
        let callback = callbacks
            .iter_mut()
            .find(|callback| {
                Some(&callback.action) == named && same(&callback.signature, signature)
            })
            .ok_or_else(Refusal::signature)?;
        if !callback.subscribed && self.app.options.early_callback == EarlyCallback::Refused {
            return Err(Refusal {
                status: StatusCode::BAD_REQUEST,
                code: "WorkflowRunActionNotSubscribed",
                message: format!(
                    "The action '{action}' cannot be called back before its subscribe request is answered."
                ),
            });
        }
        let closed = || Refusal {
            status: StatusCode::BAD_REQUEST,
            code: "WorkflowRunActionNotWaiting",
            message: format!(
                "The action '{action}' of run '{}' does not wait to be called back.",
                self.id
            ),
        };
        let report_to = callback.report.take().ok_or_else(closed)?;
        report_to.send(report).map_err(|_| closed())
    }
}

/// Compares without telling by the time that it takes where they differ.
fn same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes());
    one.len() == other.len() && differences.fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// Why a callback is not taken. The service documents neither codes nor words.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
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
    /// Answers a request to a callback URL.
    pub(crate) fn callback(self: &Arc<Self>, request: &Request<Bytes>) -> Response<Bytes> {
        match self.take_callback(request) {
            Ok(()) => Response::new(Bytes::new()),
            Err(refusal) => refusal.response(),
        }
    }

    fn take_callback(&self, request: &Request<Bytes>) -> Result<(), Refusal> {
        let not_found = |code, message| Refusal {
            status: StatusCode::NOT_FOUND,
            code,
            message,
        };
        let path = request.uri().path();
        let mut parts = path.rsplitn(7, '/');
        let parts: [&str; 6] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        let ["run", action, "actions", run_id, "runs", key] = parts else {
            let message = format!("There is nothing at '{path}'.");
            return Err(not_found("NotFound", message));
        };
        if key != &*self.key {
            let message = format!("The workflow '{key}' could not be found.");
            return Err(not_found("WorkflowNotFound", message));
        }
        if request.method() != Method::POST {
            return Err(Refusal {
                status: StatusCode::METHOD_NOT_ALLOWED,
                code: "MethodNotAllowed",
                message: "An action is called back by POST.".to_owned(),
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
