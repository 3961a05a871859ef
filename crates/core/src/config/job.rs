//! Jobs: commands and their schedules.

use jiff::SignedDuration;

use crate::schedule::{Schedule, Zone};

/// The process type of dynos that `heroku run` starts. It runs any command in an app that a
/// buildpack has built, and uses the image of `web` in an app with images.
/// Source: <https://devcenter.heroku.com/articles/one-off-dynos>.
pub const ONE_OFF: &str = "run";

/// A job: `[jobs.NAME]`, or the single job of a file in the short form.
#[derive(Debug, Clone)]
pub struct Job {
    /// The name in `[jobs.NAME]`; `None` in the short form.
    pub name: Option<String>,
    /// The name of the Logic App: `workflow` of `[azure]`, followed by `-NAME` for `[jobs.NAME]`.
    pub workflow: String,
    /// The schedule.
    pub schedule: Schedule,
    /// `command`: the command that the dyno runs.
    pub command: String,
    /// `process_type`: the dyno's process type. The default is `worker` for Picletter's worker, and
    /// [`ONE_OFF`] for other commands.
    pub process_type: String,
    /// `dyno_size`, in lower case.
    pub dyno_size: String,
    /// `time_to_live`: the time after which Heroku stops the dyno, in whole seconds from 1 to
    /// 86,400.
    pub time_to_live: SignedDuration,
    /// `report`: how the outcome of a run is reported.
    pub report: Report,
    /// `start_window`: how long a start is retried, in whole seconds.
    pub start_window: SignedDuration,
}

impl Job {
    /// The job's name, or in the short form the name of its Logic App.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.workflow)
    }

    /// Appends the job's name to a `picletter` command, unless the file is in the short form.
    pub fn append_to(&self, command: &str) -> String {
        match &self.name {
            Some(name) => format!("{command} {name}"),
            None => command.to_owned(),
        }
    }

    /// Whether the job runs Picletter's worker, which reports its outcome itself.
    pub fn runs_picletter_worker(&self) -> bool {
        self.report == Report::Worker && is_worker(&self.command)
    }
}

/// The common time zone of `jobs`, or UTC if they have different ones.
pub fn common_zone(jobs: &[&Job]) -> Zone {
    let mut zones = jobs.iter().map(|job| job.schedule.zone());
    let first = zones
        .next()
        .filter(|first| zones.all(|zone| zone == *first));
    first.cloned().unwrap_or_else(Zone::utc)
}

/// Whether a command starts Picletter's worker.
pub(super) fn is_worker(command: &str) -> bool {
    command.split_whitespace().next() == Some("worker")
}

/// How the outcome of a run is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The command posts the report.
    Worker,
    /// A shell around the command posts the report.
    Shell,
    /// No report: the workflow polls until the dyno is gone.
    None,
}

impl Report {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Worker, Self::Shell, Self::None];

    /// The name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Shell => "shell",
            Self::None => "none",
        }
    }
}
