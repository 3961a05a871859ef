//! The fake of Heroku: the API's responses, and the lifecycle of dynos.

mod api;
mod authorizations;
mod deploying;
mod faulty_transport;
mod formation;
mod log;
mod process;
mod refusals;
mod simulated;
mod sizes;
mod slugs;
mod streams;
mod unpack;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use picletter_logic_apps::Clock;
use picletter_logic_apps::Transport;
use picletter_sandbox::heroku::program::{DynoHandle, Ending, Program, Run, Start};
use picletter_sandbox::heroku::{App, Deployment, Heroku, NoObserver, Observer, Setup};
use picletter_sandbox::in_memory::InMemory;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::watch;

const TOKEN: &str = "HRKU-0123456789";
const VERSION_3: &str = "application/vnd.heroku+json; version=3";

fn app() -> App {
    App {
        name: "picletter-app".to_owned(),
        process_types: vec!["worker".to_owned()],
        config_vars: BTreeMap::from([
            ("SG_KEY".to_owned(), "a secret of the app".to_owned()),
            ("LEVEL".to_owned(), "the app's".to_owned()),
        ]),
    }
}

fn deployment(program: impl Program + 'static) -> Deployment {
    Deployment {
        app: app(),
        program: Arc::new(program),
        observer: Arc::new(NoObserver),
    }
}

/// A program that runs until the test releases it, and then exits with 0.
#[derive(Clone)]
struct Held(watch::Sender<bool>);

impl Held {
    fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    fn release(&self) {
        self.0.send_replace(true);
    }
}

impl Program for Held {
    fn run(&self, _start: Start, handle: DynoHandle) -> Run {
        let mut released = self.0.subscribe();
        Box::pin(async move {
            handle.up();
            handle.print("hello");
            tokio::select! {
                _ = released.wait_for(|released| *released) => Ending::Exited(0),
                () = handle.sigterm() => Ending::Exited(143),
            }
        })
    }
}

/// The API in memory.
struct InMemoryHeroku {
    heroku: Heroku,
    clock: Clock,
    hosts: InMemory,
}

impl InMemoryHeroku {
    /// A fake that uses the runtime's paused clock.
    fn new() -> Self {
        let clock = Clock::simulated("2026-12-01T08:00:00.25Z".parse().unwrap());
        let heroku = Heroku::new(Setup {
            clock,
            token: SecretString::from(TOKEN),
            url: "https://logplex.heroku.com".to_owned(),
            seed: 1,
        });
        let hosts = InMemory::default();
        hosts.mount("api.heroku.com", heroku.router());
        hosts.mount("logplex.heroku.com", heroku.router());
        Self {
            heroku,
            clock,
            hosts,
        }
    }

    fn running(program: impl Program + 'static) -> Self {
        let this = Self::new();
        this.heroku.deploy(deployment(program));
        this
    }

    fn observed(program: impl Program + 'static, observer: Arc<dyn Observer>) -> Self {
        let this = Self::new();
        this.heroku.deploy(Deployment {
            observer,
            ..deployment(program)
        });
        this
    }

    fn mount(&self, host: &str, router: Router) {
        self.hosts.mount(host, router);
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let answer = self.hosts.send(request(method, path, body)).await.unwrap();
        let body = match answer.body().len() {
            0 => Value::Null,
            _ => serde_json::from_slice(answer.body()).unwrap(),
        };
        (answer.status(), body)
    }

    async fn start(&self, command: &str) -> Value {
        let body = json!({ "command": command, "type": "worker" });
        self.start_with(body).await
    }

    async fn start_with(&self, body: Value) -> Value {
        let path = "/apps/picletter-app/dynos";
        let (status, dyno) = self.call(Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{dyno}");
        dyno
    }

    async fn list(&self) -> Value {
        let (status, dynos) = self
            .call(Method::GET, "/apps/picletter-app/dynos", None)
            .await;
        assert_eq!(status, StatusCode::OK);
        dynos
    }

    async fn stop(&self, id_or_name: &str) -> StatusCode {
        let path = format!("/apps/picletter-app/dynos/{id_or_name}/actions/stop");
        self.call(Method::POST, &path, None).await.0
    }
}

/// A valid request.
fn request(method: Method, path: &str, body: Option<Value>) -> Request<Bytes> {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://api.heroku.com{path}"))
        .header("accept", VERSION_3)
        .header("authorization", format!("Bearer {TOKEN}"));
    match body {
        None => request.body(Bytes::new()),
        Some(body) => request
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string())),
    }
    .unwrap()
}
