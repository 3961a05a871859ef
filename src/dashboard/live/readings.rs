//! The latest readings.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::board::{JobReading, RunsRead};
use super::super::view::{AlertRule, DynoView, JobState, Outage, RunView};
use super::vendor::Vendor;
use picletter_core::config::Job;
use picletter_core::deploy::drift::Drift;
use picletter_core::deploy::status::Outcome;
use picletter_core::deploy::step::StepError;
use picletter_core::diagnostic::Diagnostic;

pub(super) struct Readings {
    /// In the order of the file.
    pub(super) jobs: Vec<ReadJob>,
    pub(super) dynos: Vec<DynoView>,
    /// The subscription's id, once Azure has reported it.
    pub(super) subscription: Option<String>,
    pub(super) azure: Vendor,
    pub(super) heroku: Vendor,
    /// The change of the configuration file.
    pub(super) file_change: Option<Diagnostic>,
    /// Time of the last reported change.
    pub(super) reported: Timestamp,
}

/// The latest reading of a job.
#[derive(Default)]
pub(super) struct ReadJob {
    pub(super) state: Option<JobState>,
    /// When the workflow was created.
    pub(super) created: Option<Timestamp>,
    /// The workflow version to which `drift` applies.
    pub(super) version: Option<String>,
    pub(super) drift: Drift,
    pub(super) alerts: Vec<AlertRule>,
    pub(super) history: Option<ReadHistory>,
}

/// The latest reading of a job's runs.
#[derive(Clone)]
pub(super) struct ReadHistory {
    pub(super) runs: RunsRead,
    /// Whether the first read has ended.
    pub(super) is_complete: bool,
    /// Time of the last read.
    pub(super) read_at: Timestamp,
}

impl Readings {
    pub(super) fn new(jobs: usize) -> Self {
        Self {
            jobs: (0..jobs).map(|_| ReadJob::default()).collect(),
            dynos: Vec::new(),
            subscription: None,
            azure: Vendor::new("Azure"),
            heroku: Vendor::new("Heroku"),
            file_change: None,
            reported: Timestamp::UNIX_EPOCH,
        }
    }

    pub(super) fn outages(&self) -> Vec<Outage> {
        let vendors = [&self.azure, &self.heroku].into_iter();
        vendors.filter_map(Vendor::outage).collect()
    }

    pub(super) fn errors(&self) -> impl Iterator<Item = &Arc<StepError>> {
        let vendors = [&self.azure, &self.heroku].into_iter();
        vendors.filter_map(Vendor::error)
    }
}

impl ReadJob {
    pub(super) fn for_board(&self, job: &Arc<Job>) -> JobReading {
        let history = self.history.as_ref();
        let mut drift = self.drift.clone();
        if let (Some(JobState::NotDeployed), Some(history)) = (self.state, history) {
            let zone = job.schedule.zone();
            let read = zone.clock().to_datetime(history.read_at);
            drift.sentences.push(format!(
                "The workflow {} was deleted. Its runs are those of {} {}.",
                job.workflow,
                read.strftime("%F %R"),
                zone.name()
            ));
        }
        JobReading {
            job: job.clone(),
            state: self.state.unwrap_or(JobState::NotRead),
            drift,
            alerts: self.alerts.clone(),
            created: self.created,
            runs: history.map(|history| history.runs.clone()),
        }
    }
}

impl ReadHistory {
    /// The active runs.
    pub(super) fn active(&self) -> impl Iterator<Item = &Arc<RunView>> {
        let runs = self.runs.runs.iter();
        runs.filter(|run| run.outcome == Outcome::Running)
    }

    /// Adds what was read at `now`, as [`RunsRead::merge`] does.
    pub(super) fn merge(
        &mut self,
        news: RunsRead,
        gone: &[Arc<str>],
        first: Timestamp,
        now: Timestamp,
    ) -> bool {
        self.read_at = now;
        self.runs.merge(news, gone, first)
    }
}
