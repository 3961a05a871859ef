//! The log lines of a run's dynos, from the app's log.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::super::view::{RunLog, RunView};
use super::polling::INTERVAL;
use super::readings::PAGE_RETRIES;
use super::shared_reading::{SharedReading, Validity};
use super::{Live, Shared};
use crate::run_log::RunDyno;
use picletter_core::deploy::heroku::log::LogRequest;
use picletter_core::deploy::step::{Step, StepContext as _, StepError};
use picletter_core::diagnostic::Diagnostic;

/// Number of log lines that Heroku keeps per app, for at most a week.
/// Source: <https://devcenter.heroku.com/articles/logging#log-history-limits>.
const LINES: u32 = 1500;
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Time limit of a read. Lines that arrived until then are used.
const LIMIT: Duration = Duration::from_secs(20);

/// The last read of the app's log, with secrets masked. All runs share it.
pub(super) type AppLog = SharedReading<Result<Arc<[String]>, Diagnostic>>;

impl Live {
    /// The log of a run's dynos. `known` is the run as last read.
    pub(super) async fn run_log(&self, id: &str, known: Option<&RunView>) -> RunLog {
        let oldest = Timestamp::now() - KEPT;
        if known.is_some_and(|run| run.start < oldest) {
            return RunLog::NoLines;
        }
        let shared = &self.0;
        let lines = shared
            .log
            .get(
                |_| shared.log_validity(),
                || shared.change_count(),
                self.log(),
            )
            .await;
        let lines = match lines {
            Ok(lines) => lines,
            Err(diagnostic) => return RunLog::Unreadable(diagnostic),
        };
        let mut dyno = RunDyno::new(id);
        let lines = lines.iter().filter(|line| dyno.line(line).is_some());
        RunLog::new(lines.cloned().collect())
    }

    /// Reads the app's log, unless Heroku must be left alone.
    async fn log(&self) -> Result<Arc<[String]>, Diagnostic> {
        let shared = &self.0;
        let refusal = shared.readings().heroku.refusal(Timestamp::now());
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let mut lines = Vec::new();
        match timeout(LIMIT, shared.read_log(&mut lines)).await {
            Ok(Err(error)) => Err(shared.refused(error).diagnostic_for_page()),
            Err(_) if lines.is_empty() => Err(Diagnostic::new(
                format!("no line arrived within {} s", LIMIT.as_secs()),
                PAGE_RETRIES,
            )),
            // A proxy may keep the connection open after the last line.
            Err(_) | Ok(Ok(())) => Ok(lines.into()),
        }
    }
}

impl Shared {
    fn log_validity(&self) -> Validity {
        let now = Timestamp::now();
        if !self.readings().heroku.is_due(now) {
            return Validity::Unlimited;
        }
        match self.sparing_interval() {
            Some(interval) => Validity::For(interval.unsigned_abs()),
            None => Validity::UntilChange(INTERVAL),
        }
    }

    /// Reads the app's log, and adds its lines to `lines`.
    async fn read_log(&self, lines: &mut Vec<String>) -> Result<(), StepError> {
        let request = LogRequest {
            dyno: None,
            source: None,
            lines: LINES,
            tail: false,
        };
        let log = self.clouds.heroku.log_session(&self.desired.app, &request);
        let mut log = log.await.in_step(Step::ReadLog)?;
        while let Some(line) = log.next_line().await.in_step(Step::ReadLog)? {
            lines.push(self.redactor.clean(&line).into_owned());
        }
        Ok(())
    }
}
