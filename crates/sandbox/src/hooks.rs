//! A webhook that receives alerts in the format of chat services, and a cron monitor that receives
//! heartbeats as described in <https://healthchecks.io/docs/http_api/>.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::routing::{any, post};
use jiff::Timestamp;
use serde_json::Value;

/// Path of the webhook in [`Alerts::router`].
pub(super) const ALERTS: &str = "/services/alerts";

/// Path of the monitor in [`Heartbeats::router`].
pub(super) const HEARTBEAT: &str = "/a-job";

type Watcher = Arc<dyn Fn(&str) + Send + Sync>;

/// The alert texts received. Clones share them.
#[derive(Clone, Default)]
pub struct Alerts(Arc<Mutex<AlertsState>>);

#[derive(Default)]
struct AlertsState {
    texts: Vec<(Timestamp, String)>,
    watcher: Option<Watcher>,
}

impl Alerts {
    /// All texts, oldest first.
    pub fn all(&self) -> Vec<String> {
        let state = self.state();
        state.texts.iter().map(|(_, text)| text.clone()).collect()
    }

    /// All texts with their times of arrival, oldest first.
    pub fn with_times(&self) -> Vec<(Timestamp, String)> {
        self.state().texts.clone()
    }

    /// Calls `watcher` with each text that arrives from now on. Replaces the previous watcher.
    pub fn watch(&self, watcher: impl Fn(&str) + Send + Sync + 'static) {
        self.state().watcher = Some(Arc::new(watcher));
    }

    pub(super) fn router(&self) -> Router {
        Router::new()
            .route(ALERTS, post(receive_alert))
            .with_state(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, AlertsState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alerts").field(&self.all()).finish()
    }
}

/// Accepts a message that has a `text`, and responds without a body, as such webhooks do.
async fn receive_alert(State(alerts): State<Alerts>, body: String) -> StatusCode {
    let message: Value = serde_json::from_str(&body).unwrap_or_default();
    let Some(text) = message["text"].as_str() else {
        return StatusCode::BAD_REQUEST;
    };
    let watcher = {
        let mut state = alerts.state();
        state.texts.push((Timestamp::now(), text.to_owned()));
        state.watcher.clone()
    };
    // Called without the lock: the watcher may read the alerts.
    if let Some(watcher) = watcher {
        watcher(text);
    }
    StatusCode::OK
}

/// The pings received. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Heartbeats(Arc<Mutex<Vec<(Timestamp, String)>>>);

impl Heartbeats {
    /// All pings, oldest first: `start`, an exit status, or the empty string for a plain success.
    pub fn all(&self) -> Vec<String> {
        self.pings()
            .iter()
            .map(|(_, event)| event.clone())
            .collect()
    }

    /// All pings with their times of arrival, oldest first.
    pub fn with_times(&self) -> Vec<(Timestamp, String)> {
        self.pings().clone()
    }

    pub(super) fn router(&self) -> Router {
        let plain = any(async |State(heartbeats): State<Self>, method: Method| {
            heartbeats.receive(&method, String::new())
        });
        let with_event = any(
            async |State(heartbeats): State<Self>, method: Method, Path(event): Path<String>| {
                heartbeats.receive(&method, event)
            },
        );
        Router::new()
            .route(HEARTBEAT, plain)
            .route(&format!("{HEARTBEAT}/{{event}}"), with_event)
            .with_state(self.clone())
    }

    fn receive(&self, method: &Method, event: String) -> (StatusCode, &'static str) {
        let is_event =
            matches!(&*event, "" | "start" | "fail" | "log") || event.parse::<u8>().is_ok();
        if !is_event {
            return (StatusCode::BAD_REQUEST, "invalid url format");
        }
        if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
            return (StatusCode::METHOD_NOT_ALLOWED, "");
        }
        self.pings().push((Timestamp::now(), event));
        (StatusCode::OK, "OK")
    }

    fn pings(&self) -> MutexGuard<'_, Vec<(Timestamp, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
