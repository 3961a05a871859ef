//! Test harness: a stub transport, and helpers to deploy and run workflows.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use picletter_logic_apps::Clock;
use picletter_logic_apps::history::{ActionRecord, RunRecord};
use picletter_logic_apps::{LogicApp, Options, Services};
use picletter_logic_apps::{Sending, Transport, TransportError};
use serde_json::{Value, json};

/// Start of simulated time.
pub(crate) const START: &str = "2026-11-01T00:00:00Z";

/// A stub response.
#[derive(Clone)]
pub(crate) enum StubResponse {
    /// Responds immediately, with status, headers, and body.
    Reply(u16, &'static [(&'static str, &'static str)], String),
    /// Responds after this many seconds.
    Delayed(u64, Box<StubResponse>),
    /// Breaks the connection.
    ConnectionReset,
    /// Never responds.
    Never,
    /// Calls the callback URL in the request's body with this report, then responds with 201.
    CallbackFirst(Value),
}

pub(crate) fn ok(body: Value) -> StubResponse {
    status(200, body)
}

pub(crate) fn status(status: u16, body: Value) -> StubResponse {
    StubResponse::Reply(
        status,
        &[("content-type", "application/json")],
        body.to_string(),
    )
}

/// A request that the transport received.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    /// Seconds since the start of simulated time.
    pub(crate) at: f64,
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

#[derive(Default)]
struct Memory {
    responses: HashMap<String, VecDeque<StubResponse>>,
    requests: Vec<ReceivedRequest>,
}

pub(crate) struct Harness {
    clock: Clock,
    memory: Mutex<Memory>,
    /// Statuses of the responses to early callbacks.
    pub(crate) early_statuses: Mutex<Vec<u16>>,
    /// Number of requests with a response.
    pub(crate) responses: AtomicUsize,
    app: OnceLock<LogicApp>,
}

impl Harness {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: Clock::simulated(START.parse().unwrap()),
            memory: Mutex::default(),
            early_statuses: Mutex::default(),
            responses: AtomicUsize::new(0),
            app: OnceLock::new(),
        })
    }

    /// Sets the responses to requests to `path`, in order. The last one repeats.
    pub(crate) fn stub(&self, path: &str, responses: impl IntoIterator<Item = StubResponse>) {
        let responses = responses.into_iter().collect();
        let mut memory = self.memory.lock().unwrap();
        memory.responses.insert(path.to_owned(), responses);
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.memory.lock().unwrap().requests.clone()
    }

    /// Method, path, and time of every request.
    pub(crate) fn lines(&self) -> Vec<String> {
        let seen = self.requests();
        let line = |seen: &ReceivedRequest| {
            let uri: http::Uri = seen.uri.parse().unwrap();
            format!("{} {} at {}", seen.method, uri.path(), seen.at)
        };
        seen.iter().map(line).collect()
    }

    pub(crate) fn times(&self) -> Vec<f64> {
        self.requests().iter().map(|seen| seen.at).collect()
    }

    pub(crate) fn elapsed(&self) -> f64 {
        let start: Timestamp = START.parse().unwrap();
        self.clock.now().duration_since(start).as_secs_f64()
    }

    pub(crate) async fn sleep(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    pub(crate) fn services(self: &Arc<Self>) -> Services {
        Services {
            clock: self.clock,
            transport: Arc::clone(self) as Arc<dyn Transport>,
            callback_base: "http://127.0.0.1:1".to_owned(),
            seed: 7,
            options: Options::default(),
        }
    }

    pub(crate) fn deploy(self: &Arc<Self>, properties: Value) -> LogicApp {
        self.deploy_with(properties, self.services())
    }

    pub(crate) fn deploy_with(self: &Arc<Self>, properties: Value, services: Services) -> LogicApp {
        let app = LogicApp::deploy("daily-picture", &properties, services);
        let app = app.unwrap_or_else(|error| panic!("{error}"));
        let _ = self.app.set(app.clone());
        app
    }

    /// Calls a callback URL.
    pub(crate) fn call_back(&self, url: &str, body: Value) -> Response<Bytes> {
        let request = Request::post(url)
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        self.app.get().unwrap().callback(&request)
    }

    async fn response(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let mut response = self.record(request);
        loop {
            match response {
                StubResponse::Delayed(seconds, then) => {
                    self.sleep(seconds).await;
                    response = *then;
                }
                StubResponse::ConnectionReset => {
                    return Err(TransportError::Connection("connection reset".to_owned()));
                }
                StubResponse::Never => std::future::pending().await,
                StubResponse::Reply(status, headers, body) => {
                    let mut response = Response::builder().status(status);
                    for (name, value) in headers {
                        response = response.header(*name, *value);
                    }
                    self.responses.fetch_add(1, Ordering::Relaxed);
                    return Ok(response.body(Bytes::from(body)).unwrap());
                }
                StubResponse::CallbackFirst(report) => {
                    let body: Value = serde_json::from_slice(request.body()).unwrap();
                    let answered = self.call_back(body["url"].as_str().unwrap(), report);
                    self.early_statuses
                        .lock()
                        .unwrap()
                        .push(answered.status().as_u16());
                    // The response is always later than the report.
                    response = StubResponse::Delayed(1, Box::new(status(201, json!({}))));
                }
            }
        }
    }

    fn record(&self, request: &Request<Bytes>) -> StubResponse {
        let at = self.elapsed();
        let mut memory = self.memory.lock().unwrap();
        memory.requests.push(ReceivedRequest {
            at,
            method: request.method().to_string(),
            uri: request.uri().to_string(),
            headers: request.headers().clone(),
            body: String::from_utf8_lossy(request.body()).into_owned(),
        });
        let path = request.uri().path();
        let Some(responses) = memory.responses.get_mut(path) else {
            return ok(json!({}));
        };
        if responses.len() > 1 {
            responses.pop_front().unwrap()
        } else {
            responses[0].clone()
        }
    }
}

impl Transport for Harness {
    fn send(&self, request: Request<Bytes>) -> Sending<'_> {
        Box::pin(async move { self.response(&request).await })
    }
}

/// The properties of a workflow with these actions, whose trigger does not fire on its own.
pub(crate) fn workflow(actions: Value) -> Value {
    let never = json!({
        "frequency": "Day",
        "interval": 1,
        "startTime": "2060-01-01T00:00:00Z",
    });
    triggered(
        json!({ "Daily": { "type": "Recurrence", "recurrence": never } }),
        actions,
    )
}

pub(crate) fn triggered(triggers: Value, actions: Value) -> Value {
    json!({
        "definition": {
            "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
            "contentVersion": "1.0.0.0",
            "triggers": triggers,
            "actions": actions,
        }
    })
}

/// An ended run and its actions.
pub(crate) struct EndedRun {
    pub(crate) record: RunRecord,
    pub(crate) actions: Vec<ActionRecord>,
}

impl EndedRun {
    pub(crate) fn action(&self, name: &str) -> &ActionRecord {
        let found = self.actions.iter().find(|found| *found.name == *name);
        found.unwrap_or_else(|| panic!("no {name}"))
    }

    pub(crate) fn status(&self, action: &str) -> &'static str {
        self.action(action).status.name()
    }

    pub(crate) fn code(&self, action: &str) -> &str {
        &self.action(action).code
    }

    pub(crate) fn message(&self, action: &str) -> &str {
        &self.action(action).problem.as_ref().unwrap().message
    }

    pub(crate) fn inputs(&self, action: &str) -> &Value {
        self.action(action).inputs.value().unwrap_or(&Value::Null)
    }

    pub(crate) fn outputs(&self, action: &str) -> &Value {
        self.action(action).outputs.value().unwrap_or(&Value::Null)
    }

    /// `Name=Status` of every action.
    pub(crate) fn statuses(&self) -> String {
        let one = |action: &ActionRecord| format!("{}={}", action.name, action.status);
        self.actions.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

pub(crate) async fn run(app: &LogicApp) -> EndedRun {
    let trigger = app.trigger_names()[0].clone();
    let id = app.run_trigger(&trigger).unwrap();
    ended(app, &id).await
}

pub(crate) async fn ended(app: &LogicApp, id: &str) -> EndedRun {
    EndedRun {
        record: app.join(id).await.unwrap(),
        actions: app.actions(id).unwrap(),
    }
}

/// Runs a workflow with these actions once.
pub(crate) async fn run_actions(actions: Value) -> EndedRun {
    run(&Harness::new().deploy(workflow(actions))).await
}

/// Returns the outputs of a `Compose` of `value` that runs after the action `after`.
pub(crate) async fn composed(mut actions: Value, after: &str, value: &str) -> Value {
    actions["Composed"] = json!({
        "type": "Compose",
        "inputs": value,
        "runAfter": { after: ["Succeeded"] },
    });
    let ended = run_actions(actions).await;
    assert_eq!(
        ended.status("Composed"),
        "Succeeded",
        "{:#?}",
        ended.actions
    );
    ended.outputs("Composed").clone()
}

/// A `Compose` action that succeeds, or fails by a division by zero.
pub(crate) fn step(fails: bool, run_after: Value) -> Value {
    let inputs = if fails { "@div(1, 0)" } else { "done" };
    json!({ "type": "Compose", "inputs": inputs, "runAfter": run_after })
}

pub(crate) fn get(path: &str) -> Value {
    json!({
        "type": "Http",
        "inputs": { "method": "GET", "uri": format!("http://api.example{path}") },
    })
}
