//! Executes what the controls request.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use tokio::time::sleep;

use super::record::RecordedRun;
use super::simulated::{SimulationError, Span, simulate};
use super::switches::Scenario;
use super::{Page, SIMULATED, ShownJob, ShownJobs};
use crate::dashboard::html::{Tone, count};

/// Longest time that a dyno waits for its picture, so that another run overlaps it.
const LONGEST_HOLD: Duration = Duration::from_secs(3);

/// A form names a job that does not exist.
pub(super) struct NoSuchJob;

/// The selected jobs: all that are not paused, or one.
pub(super) struct Chosen {
    jobs: Arc<ShownJobs>,
    /// Index of the only one.
    only: Option<usize>,
    paused: HashSet<usize>,
}

impl Chosen {
    fn new(
        jobs: Arc<ShownJobs>,
        paused: HashSet<usize>,
        workflow: Option<&str>,
    ) -> Result<Self, NoSuchJob> {
        let index = |workflow: &str| {
            jobs.jobs
                .iter()
                .position(|job| job.job.workflow == workflow)
                .ok_or(NoSuchJob)
        };
        let only = workflow.map(index).transpose()?;
        Ok(Self { jobs, only, paused })
    }

    /// Each with its index in the file.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &ShownJob)> {
        let all = self.jobs.jobs.iter().enumerate();
        all.filter(|(n, _)| match self.only {
            Some(only) => only == *n,
            None => !self.paused.contains(n),
        })
    }
}

impl Page {
    /// Starts a run of the job with this workflow, or of each job in turn, with `scenario`, unless
    /// a run or a simulation is in progress.
    pub(super) fn run(&self, workflow: Option<&str>, scenario: Scenario) -> Result<(), NoSuchJob> {
        let Some(chosen) = self.choose(workflow)? else {
            return Ok(());
        };
        let page = self.clone();
        tokio::spawn(async move {
            if scenario == Scenario::Hang {
                let span = Span::OneRun(Timestamp::now());
                let simulated = simulated(chosen, span, scenario).await;
                page.keep(simulated, |_| None);
            } else {
                for (_, job) in chosen.each() {
                    page.run_live(job, scenario).await;
                }
            }
            page.end();
        });
        Ok(())
    }

    /// Simulates the next day, with the runs of the job with this workflow or of all jobs, unless a
    /// run or a simulation is in progress.
    pub(super) fn pass_a_day(
        &self,
        workflow: Option<&str>,
        scenario: Scenario,
    ) -> Result<(), NoSuchJob> {
        let Some(chosen) = self.choose(workflow)? else {
            return Ok(());
        };
        let day = self.last_day(&chosen.jobs).saturating_add(1.day());
        let span = Span::Between(
            midnight(&chosen.jobs, day),
            midnight(&chosen.jobs, day.saturating_add(1.day())),
        );
        let page = self.clone();
        tokio::spawn(async move {
            let simulated = simulated(chosen, span, scenario).await;
            page.keep(simulated, |runs| Some(day_summary(day, runs)));
            page.state().passed = Some(day);
            page.end();
        });
        Ok(())
    }

    /// Selects the job with this workflow, or all, and marks the page as busy. None if it already is.
    fn choose(&self, workflow: Option<&str>) -> Result<Option<Chosen>, NoSuchJob> {
        let Some(jobs) = self.jobs() else {
            return Ok(None);
        };
        let paused = self.state().paused.clone();
        let chosen = Chosen::new(jobs, paused, workflow)?;
        Ok(self.begin().then_some(chosen))
    }

    /// The time of the page: now, or the end of the last simulated day.
    pub(super) fn now(&self, jobs: &ShownJobs) -> Timestamp {
        match self.state().passed {
            None => Timestamp::now(),
            Some(day) => midnight(jobs, day.saturating_add(1.day())),
        }
    }

    fn last_day(&self, jobs: &ShownJobs) -> Date {
        let passed = self.state().passed;
        let today = || jobs.zone.clock().to_datetime(Timestamp::now()).date();
        passed.unwrap_or_else(today)
    }

    async fn run_live(&self, job: &ShownJob, scenario: Scenario) {
        let switches = &self.shared.switches;
        switches.set(scenario);
        let Some(first) = self.fire(job, scenario) else {
            return;
        };
        let mut second = None;
        if scenario == Scenario::Overlap {
            tokio::select! {
                () = switches.hold(1) => {}
                _ = job.app.join(&first) => {}
            }
            second = self.fire(job, scenario);
            if let Some(second) = &second {
                tokio::select! {
                    () = switches.hold(2) => {}
                    _ = job.app.join(second) => {}
                    () = sleep(LONGEST_HOLD) => {}
                }
            }
            switches.set(Scenario::None);
        }
        let mut changes = self.shared.changes.subscribe();
        let recorder = &self.shared.recorder;
        for run in [Some(first), second].into_iter().flatten() {
            job.app.join(&run).await;
            // The sender lives as long as the page.
            let _ = changes
                .wait_for(|_| {
                    recorder
                        .dynos_for_run(&run)
                        .iter()
                        .all(|dyno| dyno.has_ended)
                })
                .await;
        }
    }

    /// Starts a run as the schedule would.
    fn fire(&self, job: &ShownJob, scenario: Scenario) -> Option<Arc<str>> {
        let trigger = job.job.schedule.trigger_by_hand();
        // Triggers are disabled otherwise, so that none fires on its own.
        job.app.enable();
        let run = job.app.run_trigger(trigger);
        job.app.disable();
        match run {
            Ok(run) => {
                self.state().scenarios.insert(run.clone(), scenario);
                Some(run)
            }
            Err(error) => {
                self.state().notice = Some(error.to_string());
                None
            }
        }
    }

    /// Stores simulated runs, and sets the notice about them.
    fn keep(
        &self,
        simulated: Result<Vec<RecordedRun>, SimulationError>,
        notice: impl FnOnce(&[RecordedRun]) -> Option<String>,
    ) {
        let mut state = self.state();
        match simulated {
            Ok(runs) => {
                state.notice = notice(&runs);
                state.simulated.extend(runs.into_iter().map(Arc::new));
                let surplus = state.simulated.len().saturating_sub(SIMULATED);
                state.simulated.drain(..surplus);
            }
            Err(error) => state.notice = Some(error.to_string()),
        }
    }
}

/// Simulates on a separate thread, because its clock is paused.
async fn simulated(
    chosen: Chosen,
    span: Span,
    scenario: Scenario,
) -> Result<Vec<RecordedRun>, SimulationError> {
    tokio::task::spawn_blocking(move || simulate(&chosen, span, scenario)).await?
}

fn midnight(jobs: &ShownJobs, date: Date) -> Timestamp {
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    let midnight = jobs.zone.clock().to_timestamp(midnight);
    midnight.unwrap_or(Timestamp::MAX)
}

/// The result of a day.
fn day_summary(day: Date, runs: &[RecordedRun]) -> String {
    let day = day.strftime("%a %-d %b %Y");
    let number = |tone| runs.iter().filter(|run| run.tone() == tone).count();
    let mut summary = match runs.len() {
        0 => return format!("{day} passed: nothing was due."),
        runs => format!("{day} passed: {}", count(runs, "run")),
    };
    for (number, word) in [
        (number(Tone::Bad), "failed"),
        (number(Tone::Quiet), "skipped"),
    ] {
        if number > 0 {
            let _ = write!(summary, ", {number} {word}");
        }
    }
    summary + "."
}
