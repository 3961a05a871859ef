//! A run as the page shows it.

use jiff::Timestamp;

use super::story::{Life, Story};
use super::switches::Scenario;
use crate::config::Report;
use picletter_logic_apps::history::{ActionRecord, RunRecord};
use picletter_logic_apps::{LogicApp, Status};

/// By these actions the workflow cancels its own run.
const SKIPPED: &str = "Skipped_as_previous_run_is_active";
const REPLACED: &str = "Replaced_by_later_run";

/// A run, as far as it has gone.
#[derive(Debug)]
pub(super) struct Recorded {
    /// Its job's place in the file.
    pub(super) job: usize,
    pub(super) run: RunRecord,
    /// The latest repetition of each.
    pub(super) actions: Vec<ActionRecord>,
    pub(super) dynos: Vec<Life>,
    pub(super) alerts: Vec<(Timestamp, String)>,
    /// When it came onto the page, by this machine's time.
    pub(super) seen: Timestamp,
    /// Whether its time was simulated and its dyno a stand-in.
    pub(super) simulated: bool,
    /// What was made to go wrong.
    pub(super) scenario: Scenario,
}

/// How a run ended, for a person's eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Bad,
    /// Not run, on purpose.
    Quiet,
    Going,
}

impl Tone {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
            Self::Going => "going",
        }
    }

    /// So that color carries no meaning alone.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✕",
            Self::Quiet => "–",
            Self::Going => "…",
        }
    }

    pub(super) fn for_status(status: Status) -> Self {
        match status {
            Status::Succeeded => Self::Good,
            Status::Running | Status::Waiting => Self::Going,
            Status::Cancelled | Status::Skipped => Self::Quiet,
            Status::Failed | Status::TimedOut => Self::Bad,
        }
    }
}

impl Recorded {
    /// A run of the job at a place, as `app` and `story` have it now; of `alerts`, those that name it.
    /// A simulated one is `seen` when its simulation ends.
    pub(super) fn of(
        job: usize,
        app: &LogicApp,
        run: RunRecord,
        story: &Story,
        alerts: &[(Timestamp, String)],
        scenario: Scenario,
        seen: Option<Timestamp>,
    ) -> Self {
        let own = alerts.iter().filter(|(_, text)| text.contains(&*run.id));
        Self {
            job,
            actions: app.actions(&run.id).unwrap_or_default(),
            dynos: story.of(&run.id),
            alerts: own.cloned().collect(),
            seen: seen.unwrap_or(run.fired),
            simulated: seen.is_some(),
            scenario,
            run,
        }
    }

    pub(super) fn tone(&self) -> Tone {
        Tone::for_status(self.run.status)
    }

    /// Such as `sent`; of a run that the workflow cancelled itself, as `picletter status` calls it.
    pub(super) fn outcome(&self, report: Report) -> String {
        match (self.run.status, &self.run.problem) {
            (Status::Succeeded, _) => match report {
                Report::Worker => "sent".to_owned(),
                Report::Shell => "exit status 0".to_owned(),
                Report::None => "ended".to_owned(),
            },
            (Status::Cancelled, None) if self.did(SKIPPED) => "skipped".to_owned(),
            (Status::Cancelled, None) if self.did(REPLACED) => "replaced".to_owned(),
            (_, Some(problem)) => problem.code.clone(),
            (status, None) => status.name().to_lowercase(),
        }
    }

    /// Why it did not succeed, in the workflow's words where it has any.
    pub(super) fn why(&self) -> String {
        match &self.run.problem {
            // The lines below are the dyno's log.
            Some(problem) => problem.message.lines().take(1).collect(),
            None if self.did(SKIPPED) => "the dyno of a previous run was still active".to_owned(),
            None if self.did(REPLACED) => "a later run stopped its dyno".to_owned(),
            None => String::new(),
        }
    }

    /// Whether an action was not skipped.
    fn did(&self, action: &str) -> bool {
        let action = self.actions.iter().find(|one| *one.name == *action);
        action.is_some_and(|one| one.status != Status::Skipped)
    }
}
