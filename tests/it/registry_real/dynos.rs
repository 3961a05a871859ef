//! Dynos that run from their images. Requires `unshare`, and a C library to link statically.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::program::Ending;
use picletter_sandbox::heroku::{
    DynoRecord, Images, Isolation, IsolationMethod, LogLine, Observer,
};
use picletter_sandbox::image::{WorkerImage, check_standalone};
use reqwest::Method;
use rustix::process::{geteuid, getuid};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::RealRegistry;
use picletter_test_support::loopback;

use crate::support::daily;

/// Never used, because no run fails.
const WEBHOOK: &str = "https://hooks.picletter.example/services/T0/B0/cccccccccc";

/// The static program of `probe.rs`.
async fn probe() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("probe");
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/registry_real/probe.rs"
    );
    let built = Command::new("rustc")
        .args(["--edition=2024", "-Ctarget-feature=+crt-static"])
        .args(["-Cstrip=symbols", source, "-o"])
        .arg(&program)
        .status();
    assert!(built.await.unwrap().success());
    let program = fs::read(program).unwrap();
    check_standalone(&program).unwrap();
    program
}

/// The worker as dynos run it.
fn static_worker() -> Vec<u8> {
    let path = env::var_os("STATIC_WORKER").expect(
        "STATIC_WORKER is not set: `ci/static-worker TARGET` builds target/static/TARGET/release/worker",
    );
    let worker = fs::read(path).unwrap();
    check_standalone(&worker).unwrap();
    worker
}

/// Forwards the output and the endings of dynos.
struct Relay(UnboundedSender<Event>);

#[derive(Debug)]
enum Event {
    Line(String),
    End(Ending),
}

impl Observer for Relay {
    fn logged(&self, line: &LogLine) {
        if line.source == "app" && &*line.process != "api" {
            let _ = self.0.send(Event::Line(line.text.clone()));
        }
    }

    fn ended(&self, record: &DynoRecord) {
        let _ = self.0.send(Event::End(record.ending));
    }
}

/// An app with a config var, whose workers run a program from its image.
struct App {
    sandbox: Sandbox,
    events: UnboundedReceiver<Event>,
}

impl App {
    async fn new(program: &[u8], isolation: Isolation) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let (sender, events) = unbounded_channel();
        sandbox.heroku().set_observer(Arc::new(Relay(sender)));
        sandbox.heroku().run_images(isolation);
        let image = WorkerImage::new(program).unwrap();
        let id = image.id();
        sandbox.registry().put_image("an-app", "worker", image);
        let app = Self { sandbox, events };
        let new = json!({ "name": "an-app", "stack": "container" });
        app.call(Method::POST, "/apps", &new).await;
        let vars = json!({ "SG_KEY": "a secret" });
        app.call(Method::PATCH, "/apps/an-app/config-vars", &vars)
            .await;
        let release = json!({ "docker_image": id.as_str() });
        app.call(Method::PATCH, "/apps/an-app/formation/worker", &release)
            .await;
        app
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let answer = loopback::client()
            .request(method, self.sandbox.heroku_url() + path)
            .header(
                "accept",
                "application/vnd.heroku+json; version=3.docker-releases",
            )
            .bearer_auth(self.sandbox.heroku_token().expose_secret())
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn start(&self, command: &str) -> Value {
        let dyno = json!({ "command": command, "type": "worker", "env": { "RUN_ID": "1" } });
        self.call(Method::POST, "/apps/an-app/dynos", &dyno).await
    }

    /// The output of a dyno until it ends, or until a line.
    async fn lines(&mut self, until: &str) -> (Vec<String>, Option<Ending>) {
        let mut lines = Vec::new();
        loop {
            match self.events.recv().await.unwrap() {
                Event::End(ending) => return (lines, Some(ending)),
                Event::Line(line) if line == until => return (lines, None),
                Event::Line(line) => lines.push(line),
            }
        }
    }
}

/// The kinds of isolation that this user can use.
fn isolations() -> Vec<Isolation> {
    let isolations = [IsolationMethod::Root, IsolationMethod::Namespace].into_iter();
    isolations
        .filter(|method| *method == IsolationMethod::Namespace || geteuid().is_root())
        .map(|method| Isolation::with_method(method).unwrap())
        .collect()
}

#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn a_dyno_runs_as_a_random_user_with_only_its_image_and_variables() {
    let program = probe().await;
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(Path::new(source).exists());
    let mut users = Vec::new();
    for isolation in isolations() {
        let mut app = App::new(&program, isolation).await;
        for _ in 0..2 {
            app.start(&format!("worker /etc {source}")).await;
            let (mut lines, ending) = app.lines("").await;
            assert_eq!(ending, Some(Ending::Exited(7)), "{lines:?}");
            users.push(lines.remove(0));
            let arguments = format!("arguments worker /etc {source}");
            assert_eq!(
                lines,
                [
                    "folder /",
                    "/: bin",
                    "/bin: bash sh worker",
                    "/etc: false",
                    &format!("{source}: false"),
                    "variables DYNO PORT RUN_ID SG_KEY",
                    &arguments,
                ]
            );
        }
    }
    for user in &users {
        let ids: Vec<u32> = user
            .split(' ')
            .skip(1)
            .map(|id| id.parse().unwrap())
            .collect();
        assert_eq!(ids[0], ids[1]);
        assert!(ids[0] >= 10_000, "{user}");
        assert_ne!(ids[0], getuid().as_raw());
    }
    users.dedup();
    assert!(users.len() > 1, "{users:?}");
}

#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn a_dyno_receives_sigterm() {
    let program = probe().await;
    for isolation in isolations() {
        let mut app = App::new(&program, isolation).await;
        let dyno = app.start("worker wait").await;
        let (lines, ending) = app.lines("waits").await;
        assert_eq!(ending, None, "{lines:?}");
        let stop = format!(
            "/apps/an-app/dynos/{}/actions/stop",
            dyno["id"].as_str().unwrap()
        );
        app.call(Method::POST, &stop, &json!({})).await;
        let (_, ending) = app.lines("").await;
        assert_eq!(ending, Some(Ending::Exited(128 + 15)));
    }
}

#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn log_contains_the_error_of_a_program_that_cannot_start() {
    let mut app = App::new(b"#!/bin/python", Isolation::find().unwrap()).await;
    app.start("worker").await;
    let (lines, ending) = app.lines("").await;
    assert!(
        matches!(ending, Some(Ending::Exited(126 | 127))),
        "{ending:?}"
    );
    assert!(lines[0].contains("/bin/worker"), "{lines:?}");
}

#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn a_deployed_image_is_pulled_from_a_real_registry_and_sends_its_mail() {
    let real = RealRegistry::start().await;
    let sandbox = Sandbox::start().await.unwrap();
    let heroku = sandbox.heroku();
    let registry = format!("http://{}", real.address);
    let images = Images::new(&registry, sandbox.heroku_token().clone()).unwrap();
    heroku.set_registry(images);
    heroku.run_images(Isolation::find().unwrap());

    let folder = tempfile::tempdir().unwrap();
    let archive = WorkerImage::new(&static_worker()).unwrap().docker_archive();
    fs::write(folder.path().join("worker.tar"), archive.unwrap()).unwrap();
    let file = daily::file("Picletter <bot@picletter.example>", &sandbox);
    fs::write(folder.path().join("picletter.toml"), file).unwrap();
    let mut environment: BTreeMap<_, _> = sandbox.environment();
    let key = "SG.aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    let home = folder.path().to_str().unwrap().to_owned();
    environment.extend([
        ("HEROKU_REGISTRY".to_owned(), registry),
        ("SG_KEY".to_owned(), key.to_owned()),
        ("ALERT_WEBHOOK".to_owned(), WEBHOOK.to_owned()),
        ("HOME".to_owned(), home),
        ("PATH".to_owned(), env::var("PATH").unwrap()),
    ]);
    let deployed = Command::new(env!("CARGO_BIN_EXE_picletter"))
        .args(["deploy", "--yes", "--run", "--image", "worker.tar"])
        .current_dir(folder.path())
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let log = heroku.log().join("\n");
    assert!(deployed.status.success(), "{deployed:?}\n{log}");
    assert_eq!(sandbox.inbox().mails().len(), 1, "{log}");
    let ended = heroku.drain_ended();
    assert_eq!(ended.len(), 1, "{log}");
    assert_eq!(ended[0].ending, Ending::Exited(0), "{log}");
}

#[tokio::test]
#[ignore = "needs docker-registry and STATIC_WORKER"]
async fn try_runs_a_static_worker_from_its_image() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_picletter"))
        .args(["try", "--once", "--worker"])
        .arg(env::var_os("STATIC_WORKER").unwrap())
        .current_dir(folder.path())
        .output()
        .await
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    assert!(
        printed.contains(" from its image, pulled from"),
        "{printed}"
    );
    assert!(printed.contains("1 mail accepted"), "{printed}");
}
