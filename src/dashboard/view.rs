//! The data that the dashboard shows. It contains no HTML and performs no I/O.
//!
//! All times are absolute. Pages convert those of a job to its time zone.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use picletter_logic_apps::history::Content;

use picletter_core::config::Job;
use picletter_core::deploy::drift::Drift;
use picletter_core::deploy::status::Outcome;
use picletter_core::diagnostic::Diagnostic;

/// All jobs of a file, as last read.
#[derive(Debug, Clone)]
pub struct Board {
    /// Name of the Heroku app.
    pub app: String,
    /// The current time of the system that runs the jobs. In `picletter try`, it may be ahead of this machine's clock.
    pub now: Timestamp,
    /// In the order of the file.
    pub jobs: Vec<JobView>,
    /// Dynos of the app that are alive.
    pub dynos: Vec<DynoView>,
    /// Vendors that cannot be read now. Their data is from the last successful read.
    pub outages: Vec<Outage>,
    /// Set if the configuration file has changed since the jobs were read from it.
    pub file_change: Option<Diagnostic>,
}

/// A job and its history.
#[derive(Debug, Clone)]
pub struct JobView {
    /// The configured job.
    pub job: Arc<Job>,
    /// Whether it is enabled.
    pub state: JobState,
    /// Differences between the deployed workflow and the configuration.
    pub drift: Drift,
    /// The next due times, at most 5; empty while paused.
    pub next: Vec<Timestamp>,
    /// Alert rules of the job.
    pub alerts: Vec<AlertRule>,
    /// The runs of the last 90 days.
    pub history: History,
    /// Success rate and duration of the last 30 days.
    pub recent: Recent,
    /// The month so far.
    pub month: MonthView,
}

impl JobView {
    /// Whether its runs are unknown: they were never read.
    pub fn lacks_history(&self) -> bool {
        self.history.complete_since.is_none() && self.state != JobState::NotDeployed
    }

    /// Whether it runs on a schedule that is not that of the file, or was not compared with it.
    pub fn has_unknown_schedule(&self) -> bool {
        self.state == JobState::OnSchedule && self.drift.has_other_schedule
    }
}

/// Whether a job runs on schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Azure has not been read yet.
    NotRead,
    /// There is no workflow.
    NotDeployed,
    /// The workflow is enabled.
    OnSchedule,
    /// The workflow is disabled.
    Paused,
}

/// An alert rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    /// What it reports, such as `a run fails`.
    pub reports: String,
    /// Whether it is enabled; `None` where it does not exist.
    pub enabled: Option<bool>,
}

/// Runs of a job.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Newest first.
    pub runs: Vec<Arc<RunView>>,
    /// Start of the oldest day of which all runs were read. Of days before it, at most the runs that
    /// failed were read. `None` until runs have been read.
    pub complete_since: Option<Timestamp>,
}

/// One run, without its actions.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    /// The run's id at Azure.
    pub id: Arc<str>,
    /// Name of the trigger that fired.
    pub trigger: Option<Arc<str>>,
    /// Time at which the run started.
    pub start: Timestamp,
    /// Time at which it ended.
    pub end: Option<Timestamp>,
    /// How it ended.
    pub outcome: Outcome,
    /// The outcome's identifier, such as `refused` or `exit status 3`.
    pub code: Option<Arc<str>>,
    /// Why it failed, in one line.
    pub message: Option<Arc<str>>,
    /// The last lines of the dyno's log, which the workflow keeps of a failed run.
    pub log: Arc<[String]>,
}

/// The last 30 days of a job.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Recent {
    /// Runs that succeeded.
    pub succeeded: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Median duration of the runs that succeeded.
    pub median: Option<SignedDuration>,
    /// Start of the time that is counted: 30 days ago, or [`History::complete_since`] if that is
    /// later.
    pub since: Timestamp,
}

/// The month so far, in the job's zone.
#[derive(Debug, Clone, PartialEq)]
pub struct MonthView {
    /// Runs.
    pub runs: u64,
    /// Runs that failed, of those that were read.
    pub failed: usize,
    /// Whether all runs were counted. Otherwise, the schedule gives the number of those that were not
    /// read.
    pub counted: bool,
    /// Billed executions of the Logic App.
    pub executions: u64,
    /// Estimated time of all dynos.
    pub dyno_time: SignedDuration,
    /// Estimated cost, as text to display.
    pub cost: String,
}

/// A run with its actions.
#[derive(Debug, Clone)]
pub struct RunDetail {
    /// The job's index in [`Board::jobs`].
    pub job: usize,
    /// The run.
    pub run: Arc<RunView>,
    /// In the order in which they started. For an action in a loop, only the last repetition.
    pub actions: Vec<ActionView>,
    /// The run's dynos, as far as they are known.
    pub dynos: Vec<DynoView>,
    /// The log of its dynos.
    pub log: RunLog,
    /// For a failed run, what to do next: the text of docs/operations.md.
    pub advice: Option<String>,
    /// Set if the run could not be read again.
    pub outdated: Option<Outdated>,
}

/// Why data is not current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outdated {
    /// Time of the last successful read.
    pub since: Timestamp,
    /// Why the next read failed.
    pub diagnostic: Diagnostic,
}

/// The log of a run's dynos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunLog {
    /// Its lines, at least one.
    Lines(Vec<String>),
    /// Heroku has none of its lines.
    NoLines,
    /// It could not be read.
    Unreadable(Diagnostic),
    /// It could not be read again.
    Outdated {
        /// The lines as last read, at least one.
        lines: Vec<String>,
        /// Why they are not current.
        outdated: Outdated,
    },
}

impl RunLog {
    /// The log with these lines.
    pub fn new(lines: Vec<String>) -> Self {
        if lines.is_empty() {
            Self::NoLines
        } else {
            Self::Lines(lines)
        }
    }

    /// Its lines, if any were read.
    pub fn lines(&self) -> Option<&[String]> {
        match self {
            Self::Lines(lines) | Self::Outdated { lines, .. } => Some(lines),
            Self::NoLines | Self::Unreadable(_) => None,
        }
    }
}

/// An action of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionView {
    /// Its name in the workflow.
    pub name: Arc<str>,
    /// Azure's status, such as `Succeeded`, `Skipped`, `Failed`.
    pub status: String,
    /// Azure's result code, such as `OK`.
    pub code: Option<String>,
    /// Time at which it started.
    pub start: Option<Timestamp>,
    /// Time at which it ended.
    pub end: Option<Timestamp>,
    /// The evaluated inputs; hidden where the workflow secures them.
    pub inputs: Content,
    /// The outputs; hidden where the workflow secures them.
    pub outputs: Content,
    /// Why it failed.
    pub error: Option<String>,
    /// Number of repetitions of a loop.
    pub repetitions: Option<u32>,
    /// Attempts that were followed by a retry, oldest first.
    pub attempts: Vec<AttemptView>,
}

/// An attempt of an action that was followed by a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptView {
    /// Time at which the request was sent.
    pub start: Option<Timestamp>,
    /// Time at which the response or the error was received.
    pub end: Option<Timestamp>,
    /// Azure's result code, such as `ServiceUnavailable`.
    pub code: Option<String>,
}

/// A dyno.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynoView {
    /// Such as `run.1234`.
    pub name: String,
    /// Such as `Basic`; empty where it is not known.
    pub size: String,
    /// `starting`, `up`, or how it ended.
    pub state: String,
    /// Time at which it started.
    pub start: Timestamp,
    /// Time at which it ended, where that is known.
    pub end: Option<Timestamp>,
    /// Id of the run that started it.
    pub run: Option<Arc<str>>,
}

/// A vendor that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// `Azure` or `Heroku`.
    pub vendor: &'static str,
    /// Time of the last successful read, if there was one.
    pub since: Option<Timestamp>,
    /// What failed.
    pub summary: String,
    /// What to do; can be empty.
    pub help: String,
    /// Whether it is expected to end by itself, such as a rate limit.
    pub is_temporary: bool,
    /// Time of the next read.
    pub retry_at: Timestamp,
}
