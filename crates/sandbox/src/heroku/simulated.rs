//! Scripted dynos for simulations. They take no time except on the simulated clock, and report like
//! a job's command does.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use serde::Serialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::program::{DynoHandle, Ending, Program, Run, Start};
use picletter_logic_apps::Transport;

/// Delays between attempts to report, how long a dyno keeps trying, and how long after SIGTERM: the
/// same as those of Picletter's worker.
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(250);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);
const RETRY_TIMEOUT: Duration = Duration::from_secs(70);
const RETRY_TIMEOUT_AFTER_SIGTERM: Duration = Duration::from_secs(10);

const CALLBACK_FAILED: &str = "level=error event=callback_failed";

/// The behavior of one dyno.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Time from its start until it is up.
    pub boot: Duration,
    /// Time from then until its work is done.
    pub work: Duration,
    /// How it ends by itself.
    pub end: End,
    /// How it reacts if it is stopped earlier.
    pub on_sigterm: OnSigterm,
}

/// How a dyno ends that is not stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Reports `sent` and exits with 0.
    Sent,
    /// Reports `sent` twice and exits with 0.
    SentTwice,
    /// Exits with 0. Its report arrives after this delay.
    SentLate(Duration),
    /// Reports an outcome with a reason, and exits with the status of the outcome.
    Failed {
        /// The outcome's name.
        outcome: &'static str,
        /// The outcome's exit status.
        exit_code: u8,
        /// The reason.
        detail: String,
    },
    /// Exits with this status, and the shell around it reports the status, as the template does for
    /// `report=shell`.
    ByShell(u8),
    /// Exits with this status without a report.
    Crash(i32),
    /// Never ends.
    Hang,
    /// Lost with its host.
    Vanish,
    /// Lost with its host before it is up. According to the vendor's documentation, one-off dynos
    /// are skipped in very rare cases.
    NeverUp,
}

/// How a dyno reacts to SIGTERM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnSigterm {
    /// Reports `try_later` with the signal, as Picletter's worker does before it has sent the mail.
    Report,
    /// Ends without a report.
    Die,
    /// Ignores the signal, so that it is killed.
    Ignore,
}

/// Runs scripted dynos.
pub struct Simulated {
    transport: Arc<dyn Transport>,
    script: Box<dyn Fn(&Start) -> Script + Send + Sync>,
}

impl Simulated {
    /// `script` returns the behavior of each dyno. Dynos report through `transport`.
    pub fn new(
        transport: Arc<dyn Transport>,
        script: impl Fn(&Start) -> Script + Send + Sync + 'static,
    ) -> Self {
        Self {
            transport,
            script: Box::new(script),
        }
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Simulated")
    }
}

impl Program for Simulated {
    fn run(&self, start: Start, handle: DynoHandle) -> Run {
        let script = (self.script)(&start);
        let worker = Worker {
            transport: self.transport.clone(),
            callback: start.env.get("RUN_CALLBACK_URL").cloned(),
            run_id: start
                .env
                .get("RUN_ID")
                .cloned()
                .or_else(|| start.dyno.run_id.clone()),
            dyno: start.dyno.name.clone(),
            started: Instant::now(),
            handle,
        };
        Box::pin(worker.perform(script))
    }
}

/// A dyno's report to its run.
#[derive(Serialize)]
struct Report {
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dyno: Option<String>,
    outcome: &'static str,
    exit_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<&'static str>,
    took_ms: u64,
    version: &'static str,
}

impl Report {
    fn new(outcome: &'static str, exit_code: u8) -> Self {
        Self {
            run_id: None,
            dyno: None,
            outcome,
            exit_code,
            detail: None,
            signal: None,
            took_ms: 0,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

struct Worker {
    transport: Arc<dyn Transport>,
    callback: Option<String>,
    run_id: Option<String>,
    dyno: String,
    started: Instant,
    handle: DynoHandle,
}

impl Worker {
    async fn perform(self, script: Script) -> Ending {
        tokio::select! {
            biased;
            () = self.work(&script) => self.end(script.end).await,
            () = self.handle.sigterm() => self.stopped(script.on_sigterm).await,
        }
    }

    async fn work(&self, script: &Script) {
        sleep(script.boot).await;
        if script.end == End::NeverUp {
            return;
        }
        self.handle.up();
        if script.end == End::Hang {
            pending::<()>().await;
        }
        sleep(script.work).await;
    }

    async fn end(self, end: End) -> Ending {
        let sent = || Report::new("sent", 0);
        match end {
            End::Sent => self.report(sent()).await,
            End::SentTwice => {
                self.report(sent()).await;
                self.report(sent()).await
            }
            End::SentLate(after) => {
                let report = self.complete(sent());
                self.log_report(&report);
                let exit = Ending::Exited(report.exit_code.into());
                // Detached: no longer part of the dyno.
                tokio::spawn(async move {
                    sleep(after).await;
                    self.post(&report).await;
                });
                exit
            }
            End::Failed {
                outcome,
                exit_code,
                detail,
            } => {
                let mut report = Report::new(outcome, exit_code);
                report.detail = Some(detail);
                self.report(report).await
            }
            End::ByShell(status) => {
                self.post(&json!({
                    "run_id": self.run_id,
                    "dyno": self.dyno,
                    "outcome": format!("exit status {status}"),
                    "exit_code": status,
                }))
                .await;
                Ending::Exited(status.into())
            }
            End::Crash(status) => Ending::Exited(status),
            End::Vanish | End::NeverUp => Ending::Vanished,
            End::Hang => pending().await,
        }
    }

    async fn stopped(self, on_sigterm: OnSigterm) -> Ending {
        match on_sigterm {
            OnSigterm::Report => {
                let detail = "stopped by SIGTERM while fetching the picture; nothing was sent";
                let mut report = Report::new("try_later", 75);
                report.detail = Some(detail.to_owned());
                report.signal = Some("SIGTERM");
                self.report(report).await
            }
            OnSigterm::Die => Ending::Exited(143),
            OnSigterm::Ignore => pending().await,
        }
    }

    async fn report(&self, report: Report) -> Ending {
        let report = self.complete(report);
        tokio::select! {
            () = self.post(&report) => {}
            () = async {
                self.handle.sigterm().await;
                sleep(RETRY_TIMEOUT_AFTER_SIGTERM).await;
            } => self.handle.print(CALLBACK_FAILED),
        }
        self.log_report(&report);
        Ending::Exited(report.exit_code.into())
    }

    fn complete(&self, report: Report) -> Report {
        let took = self.started.elapsed().as_millis();
        Report {
            run_id: self.run_id.clone(),
            dyno: Some(self.dyno.clone()),
            took_ms: u64::try_from(took).unwrap_or(u64::MAX),
            ..report
        }
    }

    fn log_report(&self, report: &Report) {
        let Report {
            outcome, exit_code, ..
        } = report;
        let line = format!("outcome={outcome} exit_code={exit_code}");
        self.handle.print(&line);
    }

    /// Posts the report, and retries for a limited time if the error may be transient.
    async fn post(&self, report: &impl Serialize) {
        let Some(url) = &self.callback else {
            return;
        };
        let Ok(body) = serde_json::to_vec(report).map(Bytes::from) else {
            return;
        };
        let until = Instant::now() + RETRY_TIMEOUT;
        let mut wait = FIRST_RETRY_DELAY;
        loop {
            let request = Request::builder()
                .method(Method::POST)
                .uri(url)
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
            let Ok(request) = request else {
                return self.handle.print(CALLBACK_FAILED);
            };
            let passing = match self.transport.send(request).await {
                Err(_) => true,
                Ok(response) => is_transient(response.status()),
            };
            if !passing {
                return;
            }
            if Instant::now() + wait >= until {
                return self.handle.print(CALLBACK_FAILED);
            }
            sleep(wait).await;
            wait = (2 * wait).min(MAX_RETRY_DELAY);
        }
    }
}

fn is_transient(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        )
}
