//! Apps built by a buildpack: slugs, process types, and one-off dynos of any type.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use picletter_logic_apps::Clock;
use picletter_logic_apps::Transport as _;
use picletter_sandbox::heroku::program::Ending;
use picletter_sandbox::heroku::{DynoRecord, Heroku, LogLine, Observer, Setup, Stopper};
use picletter_sandbox::in_memory::InMemory;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{InMemoryHeroku, TOKEN};
use picletter_test_support::slug_archive::archive;

/// An event of the app's dynos.
enum DynoEvent {
    Line(String),
    Ended(DynoRecord),
}

struct Relay(UnboundedSender<DynoEvent>);

impl Observer for Relay {
    fn logged(&self, line: &LogLine) {
        if line.source == "app" && &*line.process != "api" {
            let _ = self.0.send(DynoEvent::Line(line.text.clone()));
        }
    }

    fn ended(&self, record: &DynoRecord) {
        let _ = self.0.send(DynoEvent::Ended(record.clone()));
    }
}

/// The app `my-shop`, whose dynos run local processes.
struct Shop {
    heroku: InMemoryHeroku,
    seen: UnboundedReceiver<DynoEvent>,
}

impl Shop {
    async fn new(scripts: &[(&str, &str)], procfile: Value) -> Self {
        let clock = Clock::system();
        let heroku = Heroku::new(Setup {
            clock,
            token: SecretString::from(TOKEN),
            url: "https://s3.example".to_owned(),
            seed: 1,
        });
        let (relay, seen) = unbounded_channel();
        heroku.set_observer(Arc::new(Relay(relay)));
        let hosts = InMemory::default();
        hosts.mount("api.heroku.com", heroku.router());
        hosts.mount("s3.example", heroku.router());
        let shop = Self {
            heroku: InMemoryHeroku {
                heroku,
                clock,
                hosts,
            },
            seen,
        };
        let created = json!({ "name": "my-shop", "stack": "heroku-24" });
        shop.create("/apps", created).await;
        let slug = shop
            .create(
                "/apps/my-shop/slugs",
                json!({ "process_types": procfile, "commit": "60883d9e8947" }),
            )
            .await;
        assert_eq!(slug["blob"]["method"], "PUT");
        let upload = http::Request::put(slug["blob"]["url"].as_str().unwrap())
            .body(Bytes::from(archive(scripts)))
            .unwrap();
        let uploaded = shop.heroku.hosts.send(upload).await.unwrap();
        assert_eq!(uploaded.status(), StatusCode::OK);
        let release = shop
            .create("/apps/my-shop/releases", json!({ "slug": slug["id"] }))
            .await;
        assert_eq!(release["slug"]["id"], slug["id"]);
        assert_eq!(release["description"], "Deploy 60883d9");
        shop
    }

    async fn create(&self, path: &str, body: Value) -> Value {
        let (status, create) = self.heroku.call(Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{path}: {create}");
        create
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.heroku.call(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn start_dyno(&self, body: Value) -> Value {
        self.create("/apps/my-shop/dynos", body).await
    }

    /// The next line that a dyno prints.
    async fn line(&mut self) -> String {
        loop {
            if let DynoEvent::Line(line) = self.seen.recv().await.unwrap() {
                return line;
            }
        }
    }

    /// The remaining lines that a dyno prints before it ends.
    async fn rest(&mut self) -> (Vec<String>, DynoRecord) {
        let mut lines = Vec::new();
        loop {
            match self.seen.recv().await.unwrap() {
                DynoEvent::Line(line) => lines.push(line),
                DynoEvent::Ended(record) => return (lines, record),
            }
        }
    }
}

#[tokio::test]
async fn one_off_dynos_run_their_command_with_bash() {
    let scripts = [(
        "bin/rails",
        r#"echo "$1 in ${PWD##*/} of $GREETED"; exit 3"#,
    )];
    let mut shop = Shop::new(&scripts, json!({ "clock": "sleep 99" })).await;
    let vars = json!({ "GREETED": "the shop" });
    let path = "/apps/my-shop/config-vars";
    let (status, _) = shop.heroku.call(Method::PATCH, path, Some(vars)).await;
    assert_eq!(status, StatusCode::OK);

    let dyno = shop
        .start_dyno(json!({ "command": "A=reports:send; bin/rails $A", "attach": false }))
        .await;

    assert_eq!(dyno["type"], "run");
    assert!(dyno["name"].as_str().unwrap().starts_with("run."), "{dyno}");
    let (lines, record) = shop.rest().await;
    assert_eq!(lines, ["reports:send in app of the shop"]);
    assert_eq!(record.ending, Ending::Exited(3));
}

#[tokio::test]
async fn expands_process_types_in_commands() {
    let scripts = [("bin/work", r#"echo "$# $*""#)];
    let procfile = json!({ "worker": "bin/work --queue 'a b'" });
    let mut shop = Shop::new(&scripts, procfile).await;

    for (command, printed) in [
        ("worker", "2 --queue a b"),
        ("worker 42", "3 --queue a b 42"),
        ("bin/work worker", "1 worker"),
    ] {
        shop.start_dyno(json!({ "command": command })).await;
        let (lines, _) = shop.rest().await;
        assert_eq!(lines, [printed], "{command}");
    }
}

#[tokio::test]
async fn one_off_dynos_may_have_types_missing_from_the_procfile() {
    let mut shop = Shop::new(&[], json!({ "web": "true" })).await;
    shop.rest().await;

    let dyno = shop
        .start_dyno(json!({ "command": "echo $DYNO", "type": "worker" }))
        .await;

    let (lines, _) = shop.rest().await;
    assert_eq!(lines, [dyno["name"].as_str().unwrap()]);
    assert!(lines[0].starts_with("worker."), "{lines:?}");
}

#[tokio::test]
async fn stopping_signals_every_process_of_the_dyno() {
    let mut shop = Shop::new(&[], json!({})).await;
    let command = "sleep 600 & trap 'echo stopped' TERM; echo up; wait; wait; exit 7";
    let dyno = shop.start_dyno(json!({ "command": command })).await;
    assert_eq!(shop.line().await, "up");

    let path = format!(
        "/apps/my-shop/dynos/{}/actions/stop",
        dyno["id"].as_str().unwrap()
    );
    let (status, _) = shop.heroku.call(Method::POST, &path, None).await;

    assert_eq!(status, StatusCode::ACCEPTED);
    // The output is closed only when `sleep` has ended, too.
    let (lines, record) = shop.rest().await;
    assert_eq!(lines, ["stopped"]);
    assert_eq!(record.ending, Ending::Exited(7));
    assert_eq!(record.stopped_by, Some(Stopper::Request));
}

#[tokio::test]
async fn the_procfile_defines_the_formation() {
    let procfile = json!({ "web": "echo serving", "worker": "bin/work" });
    let mut shop = Shop::new(&[], procfile).await;

    let (lines, record) = shop.rest().await;
    assert_eq!((&*lines[0], &*record.dyno.name), ("serving", "web.1"));
    let formation = shop.get("/apps/my-shop/formation").await;
    let listed: Vec<_> = formation.as_array().unwrap().iter().collect();
    for (one, [process_type, command], quantity) in [
        (listed[0], ["web", "echo serving"], 1),
        (listed[1], ["worker", "bin/work"], 0),
    ] {
        assert_eq!(one["type"], process_type);
        assert_eq!(one["command"], command);
        assert_eq!(one["quantity"], quantity);
    }
    let app = shop.get("/apps/my-shop").await;
    assert_eq!(app["stack"]["name"], "heroku-24");
    assert!(app["slug_size"].as_u64().unwrap() > 0, "{app}");
}

#[tokio::test]
async fn refuses_unknown_slugs_and_logs_missing_archives() {
    let mut shop = Shop::new(&[], json!({})).await;
    let path = "/apps/my-shop/releases";
    for (body, expected) in [
        (
            json!({ "slug": "01234567-89ab-4def-8123-456789abcdef" }),
            (404, "Couldn't find that slug."),
        ),
        (json!({}), (422, "Require params: slug.")),
    ] {
        let (status, refusal) = shop.heroku.call(Method::POST, path, Some(body)).await;
        assert_eq!(
            (status.as_u16(), refusal["message"].as_str().unwrap()),
            expected
        );
    }

    let slug = shop
        .create(
            "/apps/my-shop/slugs",
            json!({ "process_types": { "job": "ls" } }),
        )
        .await;
    let url = slug["blob"]["url"].as_str().unwrap();
    let upload = http::Request::put(url)
        .body(Bytes::from_static(b"no archive"))
        .unwrap();
    shop.heroku.hosts.send(upload).await.unwrap();
    shop.create(path, json!({ "slug": slug["id"] })).await;
    shop.start_dyno(json!({ "command": "job" })).await;
    let (lines, record) = shop.rest().await;
    assert_eq!(record.ending, Ending::Exited(126));
    assert!(lines[0].contains("cannot unpack"), "{lines:?}");
}
