//! All that is to be seen of a run but for its actions, in one order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::post;
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use crate::logic_app::http_client::HttpClient;
use crate::logic_app::run::LogicApp;
use crate::logic_app::transport::{Sending, Transport};
use crate::sandbox::heroku::{DynoInfo, DynoRecord, LogLine, Observer};
use crate::sandbox::logic_apps;

/// Where alerts are posted, below the address of [`router`].
pub(super) const ALERTS: &str = "/alerts";

/// What has happened outside the workflow.
pub(super) enum Seen {
    Started(DynoInfo),
    /// The dyno's process has begun.
    Up,
    /// The worker wrote a line.
    Line(String),
    /// The workflow took the worker's report.
    Reported,
    Ended(DynoRecord),
    /// The workflow alerts with this text.
    Alert(String),
}

/// Tells of dynos.
pub(super) struct Watch(pub(super) UnboundedSender<Seen>);

impl Watch {
    fn tell(&self, seen: Seen) {
        // Nobody looks any more.
        let _ = self.0.send(seen);
    }
}

impl Observer for Watch {
    fn started(&self, dyno: &DynoInfo, _: &[Arc<DynoInfo>]) {
        self.tell(Seen::Started(dyno.clone()));
    }

    fn logged(&self, line: &LogLine) {
        if line.source == "app" && &*line.process != "api" {
            self.tell(Seen::Line(line.text.clone()));
        } else if line.text == "State changed from starting to up" {
            self.tell(Seen::Up);
        }
    }

    fn ended(&self, record: &DynoRecord) {
        self.tell(Seen::Ended(record.clone()));
    }
}

/// Takes reports for `app`, and its alerts.
pub(super) fn router(app: LogicApp, seen: UnboundedSender<Seen>) -> Router {
    let (reported, alerted) = (seen.clone(), seen);
    logic_apps::router(app)
        .layer(from_fn(move |request: Request, next: Next| {
            let reported = reported.clone();
            async move {
                let response = next.run(request).await;
                if response.status().is_success() {
                    let _ = reported.send(Seen::Reported);
                }
                response
            }
        }))
        .route(
            ALERTS,
            post(async move |body: String| {
                let message: Value = serde_json::from_str(&body).unwrap_or_default();
                let text = message["text"].as_str().unwrap_or(&body).to_owned();
                let _ = alerted.send(Seen::Alert(text));
            }),
        )
}

/// Sends requests, and counts those to one host.
pub(super) struct Counting {
    pub(super) client: HttpClient,
    /// Host and port.
    pub(super) authority: String,
    pub(super) requests: Arc<AtomicU64>,
}

impl Transport for Counting {
    fn send(&self, request: http::Request<Bytes>) -> Sending<'_> {
        if request
            .uri()
            .authority()
            .is_some_and(|authority| authority.as_str() == self.authority)
        {
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
        self.client.send(request)
    }
}
