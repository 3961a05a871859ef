//! Dynos that follow a script, for simulations. They take no time but that of the clock, and report
//! as a job's command does.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use serde::Serialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::program::{Ending, Life, Program, Run, Start};
use picletter_logic_apps::Transport;

/// Waits between attempts to report, how long a dyno tries, and how long after SIGTERM: those of
/// Picletter's worker.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(70);
const PATIENCE_AFTER_SIGTERM: Duration = Duration::from_secs(10);

const CALLBACK_FAILED: &str = "level=error event=callback_failed";

/// One dyno's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// From its start until it is up.
    pub boot: Duration,
    /// From then until its work is done.
    pub work: Duration,
    /// How it ends by itself.
    pub end: End,
    /// What it does when it is stopped before.
    pub on_sigterm: OnSigterm,
}

/// How a dyno ends that is not stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It reports `sent` and exits with 0.
    Sent,
    /// It reports `sent` twice.
    SentTwice,
    /// It exits with 0, and its report arrives as much later.
    SentLate(Duration),
    /// It reports an outcome with its reason, and exits with that outcome's status.
    Failed {
        /// The outcome's name.
        outcome: &'static str,
        /// The outcome's exit status.
        exit_code: u8,
        /// The reason.
        detail: String,
    },
    /// It exits with this status, which the shell around it reports, as the template has it for
    /// `report=shell`.
    ByShell(u8),
    /// It exits with this status without a report.
    Crash(i32),
    /// It never ends.
    Hang,
    /// It is lost with its host.
    Vanish,
    /// It is lost with its host before it is up. The vendor's documentation has it that very rarely
    /// a one-off dyno is skipped.
    NeverUp,
}

/// What a dyno does on SIGTERM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnSigterm {
    /// It reports `try_later` with the signal, as Picletter's worker does before it has sent.
    Report,
    /// It dies without a report.
    Die,
    /// Nothing, so that it has to be killed.
    Ignore,
}

/// Runs scripts.
pub struct Simulated {
    transport: Arc<dyn Transport>,
    script: Box<dyn Fn(&Start) -> Script + Send + Sync>,
}

impl Simulated {
    /// Dynos that each do what `script` has for them, and report through `transport`.
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
    fn run(&self, start: Start, life: Life) -> Run {
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
            life,
        };
        Box::pin(worker.perform(script))
    }
}

/// What a dyno reports to its run.
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
    life: Life,
}

impl Worker {
    async fn perform(self, script: Script) -> Ending {
        tokio::select! {
            biased;
            () = self.work(&script) => self.end(script.end).await,
            () = self.life.sigterm() => self.stopped(script.on_sigterm).await,
        }
    }

    async fn work(&self, script: &Script) {
        sleep(script.boot).await;
        if script.end == End::NeverUp {
            return;
        }
        self.life.up();
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
                self.tell(&report);
                let exit = Ending::Exited(report.exit_code.into());
                // Not part of the dyno any more.
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
                self.life.sigterm().await;
                sleep(PATIENCE_AFTER_SIGTERM).await;
            } => self.life.print(CALLBACK_FAILED),
        }
        self.tell(&report);
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

    fn tell(&self, report: &Report) {
        let Report {
            outcome, exit_code, ..
        } = report;
        let line = format!("outcome={outcome} exit_code={exit_code}");
        self.life.print(&line);
    }

    /// Posts the report, again for a while where that may help.
    async fn post(&self, report: &impl Serialize) {
        let Some(url) = &self.callback else {
            return;
        };
        let Ok(body) = serde_json::to_vec(report).map(Bytes::from) else {
            return;
        };
        let until = Instant::now() + PATIENCE;
        let mut wait = FIRST_WAIT;
        loop {
            let request = Request::builder()
                .method(Method::POST)
                .uri(url)
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
            let Ok(request) = request else {
                return self.life.print(CALLBACK_FAILED);
            };
            let passing = match self.transport.send(request).await {
                Err(_) => true,
                Ok(response) => may_pass(response.status()),
            };
            if !passing {
                return;
            }
            if Instant::now() + wait >= until {
                return self.life.print(CALLBACK_FAILED);
            }
            sleep(wait).await;
            wait = (2 * wait).min(LONGEST_WAIT);
        }
    }
}

fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        )
}
