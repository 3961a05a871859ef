//! Reports of the run: to the Logic App's webhook, and to a cron monitor.

use std::fmt::Display;
use std::time::Duration;

use backon::BackoffBuilder as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Url};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::budget::{Budget, Stop};
use crate::client::describe;
use crate::http::{Http, words};
use crate::log::Log;
use crate::outcome::Report;

/// Where the run is reported. Read even if other variables are wrong.
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

/// Why a request did nothing.
struct Failure {
    reason: String,
    kind: FailureKind,
}

#[derive(PartialEq, Eq)]
enum FailureKind {
    /// It did not arrive, and may the next time.
    Passing,
    /// It may have arrived, and may the next time.
    Lost,
    /// The callback's action does not wait, as after a report, or before Heroku's answer to the start
    /// has reached Azure. Azure documents neither that such a report is refused nor how, so these are
    /// the statuses that can mean it.
    Used,
    /// Refused for another reason.
    Final,
}

/// Reports of one run.
#[derive(Debug, Clone)]
pub struct Reporter {
    http: Http,
    reporting: Reporting,
    log: Log,
    patience: Duration,
}

impl Reporter {
    /// A reporter for the URLs in `reporting`.
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

    /// Posts the report, retried until shortly after the deadline, then pings `URL/<exit code>`, or
    /// `URL/fail` where the callback was used before: then a second dyno of the run may have sent
    /// the mail too.
    /// The ping waits for that of the `start`, since a monitor takes the later one for the last word.
    /// After a signal each has the patience for one attempt, since the dyno is about to be killed
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
        let is_duplicate = tokio::select! {
            is_duplicate = self.post(report, until) => is_duplicate,
            signal = stop.requested_for(self.patience) => {
                let reason = format!("{signal} left no more time");
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
            _ = stop.requested_for(self.patience) => {}
        }
    }

    /// Whether the run was reported before, and not by this dyno.
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
                FailureKind::Used if may_have_arrived => {
                    // By an attempt before, whose answer was lost.
                    self.log.info("reported", &fields);
                    return false;
                }
                FailureKind::Used => {
                    let help = "the run was reported before, is over, or does not wait yet: look for a second dyno with its id";
                    let fields = [fields[0], ("help", &help)];
                    self.log.error("duplicate", &fields);
                    return true;
                }
                FailureKind::Passing | FailureKind::Lost if Instant::now() + wait < until => {
                    may_have_arrived |= kind == FailureKind::Lost;
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
        let response = match timeout(self.patience, request.send()).await {
            Err(_) => {
                let reason = format!("no answer within {} s", self.patience.as_secs());
                return failure(reason, FailureKind::Lost);
            }
            Ok(Err(error)) if error.is_connect() => {
                return failure(describe(&error), FailureKind::Passing);
            }
            Ok(Err(error)) => return failure(describe(&error), FailureKind::Lost),
            Ok(Ok(response)) if response.status().is_success() => return Ok(()),
            Ok(Ok(response)) => response,
        };
        let status = response.status();
        let kind = match status.as_u16() {
            429 => FailureKind::Passing,
            408 | 500.. => FailureKind::Lost,
            400 | 404 | 409 | 410 => FailureKind::Used,
            _ => FailureKind::Final,
        };
        let words = words(response, self.patience).await;
        let words = words.map(|words| format!(": {words}")).unwrap_or_default();
        failure(format!("answered {status}{words}"), kind)
    }
}

fn below(url: &Url, segment: &str) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(segment);
    }
    url
}
