//! Reports the run to the Logic App's webhook and to a cron monitor.

use std::fmt::Display;
use std::time::Duration;

use backon::BackoffBuilder as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Url};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::budget::{Budget, Stop};
use crate::client::describe;
use crate::http::{Http, error_text};
use crate::log::Log;
use crate::outcome::Report;

/// The destinations of the report. Available even if other variables are invalid.
#[derive(Debug, Clone, Default)]
pub struct Reporting {
    /// `--run-id`, or `RUN_ID`.
    pub run_id: Option<String>,
    /// `DYNO`, which Heroku sets to the dyno's name.
    pub dyno: Option<String>,
    /// `RUN_CALLBACK_URL`.
    pub callback: Option<Url>,
    /// `HEARTBEAT_URL`.
    pub heartbeat: Option<Url>,
}

/// A failed request.
struct Failure {
    reason: String,
    kind: FailureKind,
}

#[derive(PartialEq, Eq)]
enum FailureKind {
    /// The request was not received. A retry may succeed.
    Retryable,
    /// The request may have been received. A retry may succeed.
    ResponseLost,
    /// The callback's action is not waiting: it has already received a report, or Heroku's response
    /// to the start has not reached Azure yet. Azure does not document how it rejects such a
    /// report, so these are the statuses that may mean it.
    NotWaiting,
    /// The request was rejected for another reason.
    Final,
}

/// Sends the reports of one run.
#[derive(Debug, Clone)]
pub struct Reporter {
    http: Http,
    reporting: Reporting,
    log: Log,
    stall_timeout: Duration,
}

impl Reporter {
    /// Creates a reporter for the URLs in `reporting`.
    pub fn new(http: Http, reporting: Reporting, log: Log, budget: &Budget) -> Self {
        Self {
            http,
            reporting,
            log,
            stall_timeout: budget.stall_timeout,
        }
    }

    /// Pings `URL/start` in the background. A failure is only logged.
    pub fn started(&self) -> JoinHandle<()> {
        let reporter = self.clone();
        tokio::spawn(async move { reporter.ping("start").await })
    }

    /// Posts the report, with retries until shortly after the deadline, then pings
    /// `URL/<exit code>`. Pings `URL/fail` instead if the callback was already used, because then a
    /// second dyno of the run may also have sent the mail.
    ///
    /// The ping waits for the `start` ping, because a monitor keeps the state of the later one.
    /// After a signal, the report and the ping each get the stall timeout: Heroku is about to kill
    /// the dyno, and the outcome must still be logged.
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
            .min(Instant::now() + 6 * self.stall_timeout)
            + self.stall_timeout;
        let is_duplicate = tokio::select! {
            is_duplicate = self.post(report, until) => is_duplicate,
            signal = stop.grace_elapsed(self.stall_timeout) => {
                let reason = format!("no time left after {signal}");
                self.log.error("callback_failed", &[("reason", &reason)]);
                false
            }
        };
        let ping = async {
            let _ = start.await;
            let code = report.exit_code.to_string();
            self.ping(if is_duplicate { "fail" } else { &code }).await;
        };
        tokio::select! {
            () = ping => {}
            _ = stop.grace_elapsed(self.stall_timeout) => {}
        }
    }

    /// Posts the report. Returns whether another dyno has already reported the run.
    async fn post(&self, report: &Report, until: Instant) -> bool {
        let Some(url) = &self.reporting.callback else {
            return false;
        };
        let json = match serde_json::to_string(&report.masked(&self.log)) {
            Ok(json) => json,
            Err(error) => {
                self.log.error("callback_failed", &[("reason", &error)]);
                return false;
            }
        };
        let mut may_have_arrived = false;
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
            let Err(Failure { reason, kind }) = self.attempt(request).await else {
                self.log.info("reported", &[]);
                return false;
            };
            let fields: [(&str, &dyn Display); 1] = [("reason", &reason)];
            let wait = waits.next().unwrap_or_default();
            match kind {
                FailureKind::NotWaiting if may_have_arrived => {
                    // An earlier attempt succeeded, but its response was lost.
                    self.log.info("reported", &fields);
                    return false;
                }
                FailureKind::NotWaiting => {
                    let help = "the run was already reported, has ended, or is not waiting yet: look for a second dyno with this run ID";
                    let fields = [fields[0], ("help", &help)];
                    self.log.error("duplicate", &fields);
                    return true;
                }
                FailureKind::Retryable | FailureKind::ResponseLost
                    if Instant::now() + wait < until =>
                {
                    may_have_arrived |= kind == FailureKind::ResponseLost;
                    self.log.warn("callback_retried", &fields);
                    sleep(wait).await;
                }
                _ => {
                    self.log.error("callback_failed", &fields);
                    return false;
                }
            }
        }
    }

    async fn ping(&self, what: &str) {
        let Some(url) = &self.reporting.heartbeat else {
            return;
        };
        let result = self.attempt(self.http.direct.get(below(url, what))).await;
        if let Err(Failure { reason, .. }) = result {
            self.log
                .warn("heartbeat_failed", &[("ping", &what), ("reason", &reason)]);
        }
    }

    async fn attempt(&self, request: RequestBuilder) -> Result<(), Failure> {
        let failure = |reason, kind| Err(Failure { reason, kind });
        let response = match timeout(self.stall_timeout, request.send()).await {
            Err(_) => {
                let reason = format!("no response within {} s", self.stall_timeout.as_secs());
                return failure(reason, FailureKind::ResponseLost);
            }
            Ok(Err(error)) if error.is_connect() => {
                return failure(describe(&error), FailureKind::Retryable);
            }
            Ok(Err(error)) => return failure(describe(&error), FailureKind::ResponseLost),
            Ok(Ok(response)) if response.status().is_success() => return Ok(()),
            Ok(Ok(response)) => response,
        };
        let status = response.status();
        let kind = match status.as_u16() {
            429 => FailureKind::Retryable,
            408 | 500.. => FailureKind::ResponseLost,
            400 | 404 | 409 | 410 => FailureKind::NotWaiting,
            _ => FailureKind::Final,
        };
        let message = error_text(response, self.stall_timeout).await;
        let message = message
            .map(|message| format!(": {message}"))
            .unwrap_or_default();
        failure(format!("answered {status}{message}"), kind)
    }
}

fn below(url: &Url, segment: &str) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(segment);
    }
    url
}
