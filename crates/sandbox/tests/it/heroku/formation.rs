//! Dynos of the formation, which run permanently.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use picletter_sandbox::heroku::{Assumptions, Stopper};
use serde_json::{Value, json};

use super::deploying::image;
use super::{Held, InMemoryHeroku};

impl InMemoryHeroku {
    /// Creates an app whose workers run `held`.
    async fn with_workers(held: &Held) -> Self {
        let heroku = Self::new();
        let held = held.clone();
        heroku.heroku.set_program(move |_| Arc::new(held.clone()));
        heroku.create("an-app").await;
        heroku
    }

    async fn scale(&self, quantity: u64) {
        let path = "/apps/an-app/formation/worker";
        let body = json!({ "quantity": quantity });
        self.ok(Method::PATCH, path, Some(body)).await;
    }

    async fn set(&self, value: &str) {
        let path = "/apps/an-app/config-vars";
        let body = json!({ "A": value });
        self.ok(Method::PATCH, path, Some(body)).await;
    }

    /// Name, state, and release version of each dyno, once all pending changes are complete.
    async fn dynos(&self) -> Vec<String> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let dynos = self.ok(Method::GET, "/apps/an-app/dynos", None).await;
        let text = |dyno: &Value| {
            let (name, state) = (dyno["name"].as_str(), dyno["state"].as_str());
            let version = &dyno["release"]["version"];
            format!("{} {} of v{version}", name.unwrap(), state.unwrap())
        };
        dynos.as_array().unwrap().iter().map(text).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn runs_as_many_dynos_as_the_formation_requires() {
    let heroku = InMemoryHeroku::with_workers(&Held::new()).await;
    heroku.release(json!(image('a'))).await;
    assert_eq!(heroku.dynos().await, [""; 0]);
    heroku.scale(2).await;
    let both = ["worker.1 up of v3", "worker.2 up of v3"];
    assert_eq!(heroku.dynos().await, both);
    heroku.scale(2).await;
    assert_eq!(heroku.dynos().await, both);
    heroku.scale(1).await;
    assert_eq!(heroku.dynos().await, both[..1]);
    heroku.scale(0).await;
    assert_eq!(heroku.dynos().await, [""; 0]);
    let ended = heroku.heroku.drain_ended();
    assert_eq!(ended.len(), 2);
    for record in ended {
        assert_eq!(record.stopped_by, Some(Stopper::Formation));
    }
}

#[tokio::test(start_paused = true)]
async fn each_release_restarts_the_dynos() {
    let heroku = InMemoryHeroku::with_workers(&Held::new()).await;
    heroku.heroku.set_assumptions(Assumptions {
        first_quantity: 1,
        ..Assumptions::default()
    });
    heroku.release(json!(image('a'))).await;
    assert_eq!(heroku.dynos().await, ["worker.1 up of v3"]);
    heroku.set("1").await;
    assert_eq!(heroku.dynos().await, ["worker.1 up of v4"]);
    heroku.ok(Method::DELETE, "/apps/an-app", None).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(heroku.heroku.alive().is_empty());
}

#[tokio::test(start_paused = true)]
async fn crashed_dynos_restart_with_the_next_release() {
    let held = Held::new();
    let heroku = InMemoryHeroku::with_workers(&held).await;
    heroku.release(json!(image('a'))).await;
    heroku.scale(1).await;
    assert_eq!(heroku.dynos().await, ["worker.1 up of v3"]);
    held.release();
    assert_eq!(heroku.dynos().await, ["worker.1 crashed of v3"]);
    assert!(heroku.heroku.alive().is_empty());
    let log = heroku.heroku.log().join("\n");
    assert!(log.contains("State changed from up to crashed"), "{log}");
    heroku.set("1").await;
    assert_eq!(heroku.dynos().await, ["worker.1 crashed of v4"]);
    heroku.scale(0).await;
    assert_eq!(heroku.dynos().await, [""; 0]);
}
