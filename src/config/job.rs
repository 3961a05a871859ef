//! A job of the file: what runs, and when.

use jiff::SignedDuration;

use crate::schedule::{Schedule, Zone};

/// The process type of dynos that `heroku run` starts. An app that a buildpack has built runs any
/// command in it; in an app of images it takes the image of `web`.
/// Source: <https://devcenter.heroku.com/articles/one-off-dynos>.
pub const ONE_OFF: &str = "run";

/// A job: `[jobs.NAME]`, or the only one of a file in the short form.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its name in `[jobs.NAME]`; none in the short form.
    pub name: Option<String>,
    /// The name of its Logic App: that of `[azure]`, and in `[jobs.NAME]` a dash and the job's name.
    pub workflow: String,
    /// When it runs.
    pub schedule: Schedule,
    /// `command`: what the dyno runs.
    pub command: String,
    /// `process_type`: the dyno's process type; by default `worker` for Picletter's worker, and
    /// [`ONE_OFF`] for any other command.
    pub process_type: String,
    /// `dyno_size`, in lower case.
    pub dyno_size: String,
    /// `time_to_live`: after which Heroku ends the dyno, whole seconds from 1 to 86,400.
    pub time_to_live: SignedDuration,
    /// `report`: how the outcome of a run is reported.
    pub report: Report,
    /// `start_window`: how long a start is retried, whole seconds.
    pub start_window: SignedDuration,
}

impl Job {
    /// Its name, or in the short form that of its Logic App.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.workflow)
    }

    /// A command of `picletter` about this job, for a message: with the job's name where the file
    /// names its jobs.
    pub(crate) fn append_to(&self, command: &str) -> String {
        match &self.name {
            Some(name) => format!("{command} {name}"),
            None => command.to_owned(),
        }
    }

    /// Whether it runs the worker that this program comes with, which reports by itself.
    pub fn is_own_worker(&self) -> bool {
        self.report == Report::Worker && is_worker(&self.command)
    }
}

/// The time zone that all of `jobs` have; UTC if they have several.
pub fn common_zone(jobs: &[&Job]) -> Zone {
    let mut zones = jobs.iter().map(|job| job.schedule.zone());
    let first = zones
        .next()
        .filter(|first| zones.all(|zone| zone == *first));
    first.cloned().unwrap_or_else(Zone::utc)
}

/// Whether a command is that of the worker that this program comes with.
pub(super) fn is_worker(command: &str) -> bool {
    command.split_whitespace().next() == Some("worker")
}

/// How the outcome of a run is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// By the command itself.
    Worker,
    /// By a shell around the command.
    Shell,
    /// Not at all: the dyno is watched until it is gone.
    None,
}

impl Report {
    /// Each.
    pub const ALL: [Self; 3] = [Self::Worker, Self::Shell, Self::None];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Shell => "shell",
            Self::None => "none",
        }
    }
}
