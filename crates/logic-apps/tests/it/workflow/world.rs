//! What answers a workflow's requests in a test, and ways to deploy and run one.

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

/// When simulated time begins.
pub(crate) const BEGINNING: &str = "2026-11-01T00:00:00Z";

/// How a request is answered.
#[derive(Clone)]
pub(crate) enum Answer {
    /// At once.
    Reply(u16, &'static [(&'static str, &'static str)], String),
    /// So many seconds later.
    After(u64, Box<Answer>),
    /// The connection breaks.
    Lost,
    /// Not at all.
    Never,
    /// With 201, when the callback URL in the request's body has been called.
    CallsBackFirst(Value),
}

pub(crate) fn ok(body: Value) -> Answer {
    status(200, body)
}

pub(crate) fn status(status: u16, body: Value) -> Answer {
    Answer::Reply(
        status,
        &[("content-type", "application/json")],
        body.to_string(),
    )
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Seconds since the beginning.
    pub(crate) at: f64,
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

#[derive(Default)]
struct Memory {
    answers: HashMap<String, VecDeque<Answer>>,
    seen: Vec<Seen>,
}

pub(crate) struct World {
    clock: Clock,
    memory: Mutex<Memory>,
    /// Statuses of the answers to early callbacks.
    pub(crate) early: Mutex<Vec<u16>>,
    /// How many requests have been answered.
    pub(crate) answered: AtomicUsize,
    app: OnceLock<LogicApp>,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: Clock::simulated(BEGINNING.parse().unwrap()),
            memory: Mutex::default(),
            early: Mutex::default(),
            answered: AtomicUsize::new(0),
            app: OnceLock::new(),
        })
    }

    /// Answers requests to `path` by one after the other, and by the last from then on.
    pub(crate) fn on(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().collect();
        let mut memory = self.memory.lock().unwrap();
        memory.answers.insert(path.to_owned(), answers);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.memory.lock().unwrap().seen.clone()
    }

    /// Method, path and time of what arrived.
    pub(crate) fn lines(&self) -> Vec<String> {
        let seen = self.seen();
        let line = |seen: &Seen| {
            let uri: http::Uri = seen.uri.parse().unwrap();
            format!("{} {} at {}", seen.method, uri.path(), seen.at)
        };
        seen.iter().map(line).collect()
    }

    pub(crate) fn times(&self) -> Vec<f64> {
        self.seen().iter().map(|seen| seen.at).collect()
    }

    pub(crate) fn elapsed(&self) -> f64 {
        let beginning: Timestamp = BEGINNING.parse().unwrap();
        self.clock.now().duration_since(beginning).as_secs_f64()
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

    /// Calls a URL that a request carried.
    pub(crate) fn call_back(&self, url: &str, body: Value) -> Response<Bytes> {
        let request = Request::post(url)
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        self.app.get().unwrap().callback(&request)
    }

    async fn answer(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let mut answer = self.note(request);
        loop {
            match answer {
                Answer::After(seconds, then) => {
                    self.sleep(seconds).await;
                    answer = *then;
                }
                Answer::Lost => {
                    return Err(TransportError::Connection("connection reset".to_owned()));
                }
                Answer::Never => std::future::pending().await,
                Answer::Reply(status, headers, body) => {
                    let mut response = Response::builder().status(status);
                    for (name, value) in headers {
                        response = response.header(*name, *value);
                    }
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    return Ok(response.body(Bytes::from(body)).unwrap());
                }
                Answer::CallsBackFirst(report) => {
                    let body: Value = serde_json::from_slice(request.body()).unwrap();
                    let answered = self.call_back(body["url"].as_str().unwrap(), report);
                    self.early.lock().unwrap().push(answered.status().as_u16());
                    // The answer comes later than the report in any case.
                    answer = Answer::After(1, Box::new(status(201, json!({}))));
                }
            }
        }
    }

    fn note(&self, request: &Request<Bytes>) -> Answer {
        let at = self.elapsed();
        let mut memory = self.memory.lock().unwrap();
        memory.seen.push(Seen {
            at,
            method: request.method().to_string(),
            uri: request.uri().to_string(),
            headers: request.headers().clone(),
            body: String::from_utf8_lossy(request.body()).into_owned(),
        });
        let path = request.uri().path();
        let Some(answers) = memory.answers.get_mut(path) else {
            return ok(json!({}));
        };
        if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers[0].clone()
        }
    }
}

impl Transport for World {
    fn send(&self, request: Request<Bytes>) -> Sending<'_> {
        Box::pin(async move { self.answer(&request).await })
    }
}

/// The properties of a workflow with these actions, whose trigger does not fire by itself.
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

/// A run that has ended, and what its actions did.
pub(crate) struct Ended {
    pub(crate) record: RunRecord,
    pub(crate) actions: Vec<ActionRecord>,
}

impl Ended {
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

pub(crate) async fn run(app: &LogicApp) -> Ended {
    let trigger = app.trigger_names()[0].clone();
    let id = app.run_trigger(&trigger).unwrap();
    ended(app, &id).await
}

pub(crate) async fn ended(app: &LogicApp, id: &str) -> Ended {
    Ended {
        record: app.join(id).await.unwrap(),
        actions: app.actions(id).unwrap(),
    }
}

/// Runs a workflow with these actions once.
pub(crate) async fn run_actions(actions: Value) -> Ended {
    run(&World::new().deploy(workflow(actions))).await
}

/// The outputs of a Compose of `value` after these actions, all of which succeeded.
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

/// What a Compose needs to succeed, or to fail by dividing by nothing.
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
