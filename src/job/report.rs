//! Tells those who wait how the run goes: the Logic App's webhook, and a cron monitor.

use std::fmt::Display;
use std::time::Duration;

use backon::BackoffBuilder as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, StatusCode, Url};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::budget::{Budget, Stop};
use super::http::{Http, describe};
use super::log::Log;
use super::outcome::Report;
use super::settings::Reporting;

/// Reports of one run.
#[derive(Debug, Clone)]
pub struct Reporter {
    http: Http,
    reporting: Reporting,
    log: Log,
    patience: Duration,
}

impl Reporter {
    /// A reporter that tells whoever `reporting` names.
    pub fn new(http: Http, reporting: Reporting, log: Log, budget: &Budget) -> Self {
        Self {
            http,
            reporting,
            log,
            patience: budget.patience,
        }
    }

    /// Pings `URL/start` beside the run; never fatal.
    pub fn started(&self) -> JoinHandle<()> {
        let reporter = self.clone();
        tokio::spawn(async move { reporter.ping("start").await })
    }

    /// Posts the report, retried until shortly after the deadline, and pings `URL/<exit code>`.
    /// The ping waits for that of the `start`, since a monitor takes the later one for the last word.
    /// After a signal it has but the patience for one attempt, since the dyno is about to be killed
    /// and the outcome has yet to be logged.
    pub async fn ended(
        &self,
        report: &Report,
        start: JoinHandle<()>,
        budget: &Budget,
        stop: &Stop,
    ) {
        let until = budget
            .deadline
            .max(Instant::now())
            .min(Instant::now() + 6 * self.patience)
            + self.patience;
        let ping = async {
            let _ = start.await;
            self.ping(report.exit_code).await;
        };
        let post = async {
            tokio::select! {
                () = self.post(report, until) => {}
                signal = stop.requested_for(self.patience) => {
                    let reason = format!("{signal} left no more time");
                    self.log.error("callback_failed", &[("reason", &reason)]);
                }
            }
        };
        let ping = async {
            tokio::select! {
                () = ping => {}
                _ = stop.requested_for(self.patience) => {}
            }
        };
        tokio::join!(post, ping);
    }

    async fn post(&self, report: &Report, until: Instant) {
        let Some(url) = &self.reporting.callback else {
            return;
        };
        let json = match serde_json::to_string(&report.masked(&self.log)) {
            Ok(json) => json,
            Err(error) => return self.log.error("callback_failed", &[("reason", &error)]),
        };
        let mut waits = backon::ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(Duration::from_secs(5))
            .without_max_times()
            .with_jitter()
            .build();
        loop {
            let request = self.http.direct.post(url.clone());
            let request = request
                .header(CONTENT_TYPE, "application/json")
                .body(json.clone());
            let (reason, passing) = match self.attempt(request).await {
                Ok(()) => return self.log.info("reported", &[]),
                Err(failed) => failed,
            };
            let wait = waits.next().unwrap_or_default();
            if !passing || Instant::now() + wait >= until {
                return self.log.error("callback_failed", &[("reason", &reason)]);
            }
            self.log.warn("callback_retried", &[("reason", &reason)]);
            sleep(wait).await;
        }
    }

    async fn ping(&self, what: impl Display) {
        let Some(url) = &self.reporting.heartbeat else {
            return;
        };
        let result = self
            .attempt(self.http.direct.get(below(url, &what.to_string())))
            .await;
        if let Err((reason, _)) = result {
            self.log
                .warn("heartbeat_failed", &[("ping", &what), ("reason", &reason)]);
        }
    }

    /// One request; why it failed, and whether that may pass.
    async fn attempt(&self, request: RequestBuilder) -> Result<(), (String, bool)> {
        let status = match timeout(self.patience, request.send()).await {
            Err(_) => {
                return Err((
                    format!("no answer within {} s", self.patience.as_secs()),
                    true,
                ));
            }
            Ok(Err(error)) => return Err((describe(&error), true)),
            Ok(Ok(response)) => response.status(),
        };
        let passing = status.is_server_error()
            || matches!(
                status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            );
        if status.is_success() {
            Ok(())
        } else {
            Err((format!("answered {status}"), passing))
        }
    }
}

fn below(url: &Url, segment: &str) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(segment);
    }
    url
}
