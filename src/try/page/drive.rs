//! What the page's buttons do.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use tokio::time::sleep;

use super::layout::count;
use super::record::{Recorded, Tone};
use super::simulated::{SimulationError, Span, simulate};
use super::switches::Scenario;
use super::{Page, SIMULATED, ShownJob, ShownJobs};

/// For how long a dyno waits for its picture at most, so that another run meets it.
const LONGEST_HOLD: Duration = Duration::from_secs(3);

/// No job has the name that a form gives.
pub(super) struct NoSuchJob;

/// Some of the jobs: all, or one.
pub(super) struct Chosen {
    jobs: Arc<ShownJobs>,
    /// The place of the only one.
    only: Option<usize>,
}

impl Chosen {
    fn new(jobs: Arc<ShownJobs>, workflow: Option<&str>) -> Result<Self, NoSuchJob> {
        let place = |workflow: &str| {
            let place = jobs
                .jobs
                .iter()
                .position(|job| job.job.workflow == workflow);
            place.ok_or(NoSuchJob)
        };
        let only = workflow.map(place).transpose()?;
        Ok(Self { jobs, only })
    }

    /// Each with its place in the file.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &ShownJob)> {
        let all = self.jobs.jobs.iter().enumerate();
        all.filter(|(n, _)| self.only.is_none_or(|only| only == *n))
    }
}

impl Page {
    /// Starts a run of the job with this workflow, or of each job in turn, with `scenario`, unless
    /// something goes on.
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

    /// Lets the next day pass in simulated time, with the runs of the job with this workflow or of
    /// all jobs, unless something goes on.
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
            page.keep(simulated, |runs| Some(told(day, runs)));
            page.state().passed = Some(day);
            page.end();
        });
        Ok(())
    }

    /// Takes the turn for the job with this workflow, or for all, where nothing goes on.
    fn choose(&self, workflow: Option<&str>) -> Result<Option<Chosen>, NoSuchJob> {
        let Some(jobs) = self.jobs() else {
            return Ok(None);
        };
        let chosen = Chosen::new(jobs, workflow)?;
        Ok(self.begin().then_some(chosen))
    }

    /// The time that the page is at: now, or the end of the last day that was let pass.
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
        let mut news = self.shared.news.subscribe();
        let story = &self.shared.story;
        for run in [Some(first), second].into_iter().flatten() {
            job.app.join(&run).await;
            // The page's own state holds the other end of it.
            let _ = news
                .wait_for(|_| story.of(&run).iter().all(|life| life.ended.is_some()))
                .await;
        }
    }

    /// Starts a run as the schedule would.
    fn fire(&self, job: &ShownJob, scenario: Scenario) -> Option<Arc<str>> {
        let trigger = job.job.schedule.trigger_by_hand();
        // The triggers are off, so that none fires by itself between what a person does.
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

    /// Shows what was simulated, and says what `told` says of it.
    fn keep(
        &self,
        simulated: Result<Vec<Recorded>, SimulationError>,
        told: impl FnOnce(&[Recorded]) -> Option<String>,
    ) {
        let mut state = self.state();
        match simulated {
            Ok(runs) => {
                state.notice = told(&runs);
                state.simulated.extend(runs.into_iter().map(Arc::new));
                let surplus = state.simulated.len().saturating_sub(SIMULATED);
                state.simulated.drain(..surplus);
            }
            Err(error) => state.notice = Some(error.to_string()),
        }
    }
}

/// Simulates on a thread of its own: its clock is paused.
async fn simulated(
    chosen: Chosen,
    span: Span,
    scenario: Scenario,
) -> Result<Vec<Recorded>, SimulationError> {
    tokio::task::spawn_blocking(move || simulate(&chosen, span, scenario)).await?
}

fn midnight(jobs: &ShownJobs, date: Date) -> Timestamp {
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    let midnight = jobs.zone.clock().to_timestamp(midnight);
    midnight.unwrap_or(Timestamp::MAX)
}

/// How a day went.
fn told(day: Date, runs: &[Recorded]) -> String {
    let day = day.strftime("%a %-d %b %Y");
    let of = |tone| runs.iter().filter(|run| run.tone() == tone).count();
    let (bad, quiet) = (of(Tone::Bad), of(Tone::Quiet));
    let mut told = match runs.len() {
        0 => return format!("{day} passed: nothing was due."),
        runs => format!("{day} passed: {}", count(runs, "run")),
    };
    for (number, word) in [(bad, "failed"), (quiet, "not run")] {
        if number > 0 {
            let _ = write!(told, ", {number} {word}");
        }
    }
    told + "."
}
