//! What is told to others: a webhook that takes alerts, as chats have it, and a cron monitor that
//! takes heartbeats, as <https://healthchecks.io/docs/http_api/> has it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::routing::{any, post};
use jiff::Timestamp;
use serde_json::Value;

/// Below the address of [`Alerts::router`].
pub(super) const ALERTS: &str = "/services/alerts";

/// Below the address of [`Heartbeats::router`].
pub(super) const HEARTBEAT: &str = "/a-job";

type Watcher = Arc<dyn Fn(&str) + Send + Sync>;

/// The texts that were posted. Clones share them.
#[derive(Clone, Default)]
pub struct Alerts(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    texts: Vec<(Timestamp, String)>,
    watcher: Option<Watcher>,
}

impl Alerts {
    /// All of them, oldest first.
    pub fn all(&self) -> Vec<String> {
        let taken = self.taken();
        taken.texts.iter().map(|(_, text)| text.clone()).collect()
    }

    /// All of them with the times at which they came, oldest first.
    pub fn dated(&self) -> Vec<(Timestamp, String)> {
        self.taken().texts.clone()
    }

    /// Has each that comes from now on told as it comes; nobody else is told any more.
    pub fn watch(&self, watcher: impl Fn(&str) + Send + Sync + 'static) {
        self.taken().watcher = Some(Arc::new(watcher));
    }

    pub(super) fn router(&self) -> Router {
        Router::new()
            .route(ALERTS, post(take_alert))
            .with_state(self.clone())
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alerts").field(&self.all()).finish()
    }
}

/// Answers without a body, as such webhooks do, what has a text.
async fn take_alert(State(alerts): State<Alerts>, body: String) -> StatusCode {
    let message: Value = serde_json::from_str(&body).unwrap_or_default();
    let Some(text) = message["text"].as_str() else {
        return StatusCode::BAD_REQUEST;
    };
    let watcher = {
        let mut taken = alerts.taken();
        taken.texts.push((Timestamp::now(), text.to_owned()));
        taken.watcher.clone()
    };
    // Not under the lock: it may look at the alerts itself.
    if let Some(watcher) = watcher {
        watcher(text);
    }
    StatusCode::OK
}

/// The pings that came. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Heartbeats(Arc<Mutex<Vec<(Timestamp, String)>>>);

impl Heartbeats {
    /// All of them, oldest first: `start`, an exit status, or nothing for a bare success.
    pub fn all(&self) -> Vec<String> {
        self.pings().iter().map(|(_, what)| what.clone()).collect()
    }

    /// All of them with the times at which they came, oldest first.
    pub fn dated(&self) -> Vec<(Timestamp, String)> {
        self.pings().clone()
    }

    pub(super) fn router(&self) -> Router {
        let bare = any(async |State(heartbeats): State<Self>, method: Method| {
            heartbeats.take(&method, String::new())
        });
        let told = any(
            async |State(heartbeats): State<Self>, method: Method, Path(what): Path<String>| {
                heartbeats.take(&method, what)
            },
        );
        Router::new()
            .route(HEARTBEAT, bare)
            .route(&format!("{HEARTBEAT}/{{what}}"), told)
            .with_state(self.clone())
    }

    fn take(&self, method: &Method, what: String) -> (StatusCode, &'static str) {
        let known = matches!(&*what, "" | "start" | "fail" | "log") || what.parse::<u8>().is_ok();
        if !known {
            return (StatusCode::BAD_REQUEST, "invalid url format");
        }
        if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
            return (StatusCode::METHOD_NOT_ALLOWED, "");
        }
        self.pings().push((Timestamp::now(), what));
        (StatusCode::OK, "OK")
    }

    fn pings(&self) -> MutexGuard<'_, Vec<(Timestamp, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
