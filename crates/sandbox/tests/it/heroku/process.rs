//! Dynos that run local programs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use picletter_logic_apps::Clock;
use picletter_logic_apps::Transport as _;
use picletter_sandbox::heroku::program::Ending;
use picletter_sandbox::heroku::{
    Deployment, DynoRecord, Heroku, LogLine, Observer, Process, Setup,
};
use picletter_sandbox::in_memory::InMemory;
use picletter_test_support::write_script;
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{TOKEN, app, request};

/// Forwards the dyno's output and its end.
struct Relay {
    lines: UnboundedSender<String>,
    ends: UnboundedSender<Ending>,
}

impl Observer for Relay {
    fn logged(&self, line: &LogLine) {
        if line.source == "app" && &*line.process != "api" {
            let _ = self.lines.send(line.text.clone());
        }
    }

    fn ended(&self, record: &DynoRecord) {
        let _ = self.ends.send(record.ending);
    }
}

struct Dyno {
    heroku: Heroku,
    hosts: InMemory,
    id: String,
    lines: UnboundedReceiver<String>,
    ends: UnboundedReceiver<Ending>,
}

impl Dyno {
    async fn start(path: PathBuf, command: &str) -> Self {
        let heroku = Heroku::new(Setup {
            clock: Clock::system(),
            token: SecretString::from(TOKEN),
            url: String::new(),
            seed: 1,
        });
        let (lines, received) = unbounded_channel();
        let (ends, ended) = unbounded_channel();
        heroku.deploy(Deployment {
            app: app(),
            program: Arc::new(Process::new(path)),
            observer: Arc::new(Relay { lines, ends }),
        });
        let hosts = InMemory::default();
        hosts.mount("api.heroku.com", heroku.router());
        let body = json!({ "command": command, "type": "worker", "env": { "RUN_CALLBACK_URL": "x", "LEVEL": "the dyno's" } });
        let start = request(http::Method::POST, "/apps/picletter-app/dynos", Some(body));
        let answer = hosts.send(start).await.unwrap();
        let dyno: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        Self {
            heroku,
            hosts,
            id: dyno["id"].as_str().unwrap().to_owned(),
            lines: received,
            ends: ended,
        }
    }

    async fn end(&mut self) -> (Ending, Vec<String>) {
        let ending = self.ends.recv().await.unwrap();
        let mut lines = Vec::new();
        while let Ok(line) = self.lines.try_recv() {
            lines.push(line);
        }
        (ending, lines)
    }
}

fn script(folder: &tempfile::TempDir, body: &str) -> PathBuf {
    let path = folder.path().join("program");
    write_script(&path, &format!("#!/bin/sh\n{body}\n"));
    path
}

#[tokio::test]
async fn passes_arguments_config_vars_and_dyno_variables() {
    let folder = tempfile::tempdir().unwrap();
    let body = r#"echo "$#:$1:$2"; echo "$SG_KEY|$RUN_CALLBACK_URL|$LEVEL|$CARGO" >&2; exit 69"#;
    let mut dyno = Dyno::start(script(&folder, body), "worker --run-id 'a b'").await;
    let (ending, mut lines) = dyno.end().await;
    lines.sort();
    assert_eq!(
        lines,
        ["2:--run-id:a b", "a secret of the app|x|the dyno's|"]
    );
    assert_eq!(ending, Ending::Exited(69));
}

#[tokio::test]
async fn passes_a_command_without_a_process_type_as_arguments() {
    let worker = PathBuf::from(picletter_test_support::worker());
    let mut dyno = Dyno::start(worker, "rake db:migrate").await;
    let (ending, lines) = dyno.end().await;
    assert_eq!(ending, Ending::Exited(127), "{lines:?}");
}

#[tokio::test]
async fn stopping_sends_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let body = "trap 'echo caught; exit 75' TERM; echo running; while :; do :; done";
    let mut dyno = Dyno::start(script(&folder, body), "worker").await;
    assert_eq!(dyno.lines.recv().await.unwrap(), "running");
    let path = format!("/apps/picletter-app/dynos/{}/actions/stop", dyno.id);
    let stop = request(http::Method::POST, &path, None);
    dyno.hosts.send(stop).await.unwrap();
    let (ending, lines) = dyno.end().await;
    assert_eq!(ending, Ending::Exited(75));
    assert_eq!(lines, ["caught"]);
}

#[tokio::test]
async fn dropping_the_fake_kills_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let created = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(created.unwrap().success());
    // The dyno is the only process that has this pipe open for writing, so reading ends when the
    // dyno ends.
    let body = "exec 9>\"${0%/*}/pipe\"; trap '' TERM; echo running; while :; do :; done";
    let end = tokio::task::spawn_blocking(|| fs::read(pipe));
    let mut dyno = Dyno::start(script(&folder, body), "worker").await;
    assert_eq!(dyno.lines.recv().await.unwrap(), "running");
    let Dyno { heroku, hosts, .. } = dyno;
    drop((heroku, hosts));
    assert!(end.await.unwrap().unwrap().is_empty());
}

#[tokio::test]
async fn logs_start_failures() {
    let mut dyno = Dyno::start(PathBuf::from("no/such/program"), "worker").await;
    let (ending, lines) = dyno.end().await;
    assert_eq!(ending, Ending::Exited(126));
    assert!(
        lines[0].starts_with("cannot start no/such/program: "),
        "{lines:?}"
    );

    let folder = tempfile::tempdir().unwrap();
    let mut dyno = Dyno::start(script(&folder, "exit 0"), "worker 'unclosed").await;
    assert_eq!(dyno.end().await.0, Ending::Exited(2));
}
