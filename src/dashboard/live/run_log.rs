//! The log lines of a run's dynos, from the app's log.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::super::view::{RunLog, RunView};
use super::detail::SETTLED;
use super::polling::INTERVAL;
use super::shared_reading::{SharedReading, Validity};
use super::vendor::PAGE_RETRIES;
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

/// The last read of the app's log. All runs share it.
pub(super) type AppLog = SharedReading<Result<Arc<LogReading>, Diagnostic>>;

/// The app's log, with secrets masked.
pub struct LogReading {
    /// The newest lines that Heroku keeps, oldest first.
    pub lines: Vec<String>,
    /// Time at which the read began.
    pub read_at: Timestamp,
    /// Whether the log ended within the time limit of a read.
    pub is_complete: bool,
}

impl LogReading {
    /// The log of a run, and whether it no longer changes. `refusal` is set while Heroku must be left
    /// alone.
    pub fn run_log(&self, run: &RunView, refusal: Option<Diagnostic>) -> (RunLog, bool) {
        let mut dyno = RunDyno::new(&run.id);
        let lines = self.lines.iter().filter(|line| dyno.wrote(line));
        let lines: Vec<_> = lines.cloned().collect();
        let is_settled = |end| self.read_at >= end + SETTLED;
        let is_final = self.is_complete && run.end.is_some_and(is_settled);
        let is_older = match run.end {
            Some(end) => self.read_at < end,
            None => refusal.is_some() || self.read_at < run.start,
        };
        let log = if !lines.is_empty() {
            RunLog::Lines(lines)
        } else if is_older {
            RunLog::Unreadable(refusal.unwrap_or_else(|| {
                let summary = "the run is newer than the last read of the log";
                Diagnostic::new(summary, PAGE_RETRIES)
            }))
        } else if !self.is_complete {
            let summary = format!("it did not end within {} s", LIMIT.as_secs());
            RunLog::Unreadable(Diagnostic::new(summary, PAGE_RETRIES))
        } else {
            RunLog::NoLines
        };
        (log, is_final)
    }
}

impl Live {
    /// The log of a run, and whether it no longer changes. `log` is the result of [`Live::app_log`].
    pub(super) fn run_log(
        &self,
        run: &RunView,
        log: Option<Result<Arc<LogReading>, Diagnostic>>,
    ) -> (RunLog, bool) {
        match log {
            None => (RunLog::NoLines, true),
            Some(Err(diagnostic)) => (RunLog::Unreadable(diagnostic), false),
            Some(Ok(log)) => {
                let refusal = self.0.readings().heroku.refusal(Timestamp::now());
                log.run_log(run, refusal)
            }
        }
    }

    /// The app's log; `None` if Heroku no longer has the log of the run. `known` is the run as last
    /// read.
    pub(super) async fn app_log(
        &self,
        known: Option<&RunView>,
    ) -> Option<Result<Arc<LogReading>, Diagnostic>> {
        let oldest = Timestamp::now() - KEPT;
        if known.is_some_and(|run| run.start < oldest) {
            return None;
        }
        let shared = &self.0;
        let validity = |_: Option<&_>| shared.log_validity();
        let change = || shared.change_count();
        Some(shared.log.get(validity, change, self.log()).await)
    }

    /// Reads the app's log, unless Heroku must be left alone.
    async fn log(&self) -> Result<Arc<LogReading>, Diagnostic> {
        let shared = &self.0;
        let read_at = Timestamp::now();
        if let Some(refusal) = shared.readings().heroku.refusal(read_at) {
            return Err(refusal);
        }
        let mut lines = Vec::new();
        let is_complete = match timeout(LIMIT, shared.read_log(&mut lines)).await {
            Ok(Err(error)) => return Err(shared.refused(error).diagnostic_for_page()),
            Err(_) if lines.is_empty() => {
                return Err(Diagnostic::new(
                    format!("no line arrived within {} s", LIMIT.as_secs()),
                    PAGE_RETRIES,
                ));
            }
            // A proxy may keep the connection open after the last line.
            Err(_) => false,
            Ok(Ok(())) => true,
        };
        Ok(Arc::new(LogReading {
            lines,
            read_at,
            is_complete,
        }))
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
