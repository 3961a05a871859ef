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
use super::{Job, Page, SIMULATED};

/// For how long a dyno waits for its picture at most, so that another run meets it.
const LONGEST_HOLD: Duration = Duration::from_secs(3);

impl Page {
    /// Starts a run with `scenario`, unless something goes on.
    pub(super) fn run(&self, scenario: Scenario) {
        let Some(job) = self.begin() else { return };
        let page = self.clone();
        tokio::spawn(async move {
            if scenario == Scenario::Hang {
                let simulated = simulated(job, Span::OneRun(Timestamp::now()), scenario).await;
                page.keep(simulated, |_| None);
            } else {
                page.run_live(&job, scenario).await;
            }
            page.end();
        });
    }

    /// Lets the next day of the schedule pass in simulated time, unless something goes on.
    pub(super) fn pass_a_day(&self, scenario: Scenario) {
        let Some(job) = self.begin() else { return };
        let day = self.last_day(&job).saturating_add(1.day());
        let span = Span::Between(
            midnight(&job, day),
            midnight(&job, day.saturating_add(1.day())),
        );
        let page = self.clone();
        tokio::spawn(async move {
            let simulated = simulated(job, span, scenario).await;
            page.keep(simulated, |runs| Some(told(day, runs)));
            page.state().passed = Some(day);
            page.end();
        });
    }

    /// The time that the page is at: now, or the end of the last day that was let pass.
    pub(super) fn now(&self, job: &Job) -> Timestamp {
        match self.state().passed {
            None => Timestamp::now(),
            Some(day) => midnight(job, day.saturating_add(1.day())),
        }
    }

    fn last_day(&self, job: &Job) -> Date {
        let clock = job.config.schedule.zone().clock();
        let passed = self.state().passed;
        passed.unwrap_or_else(|| clock.to_datetime(Timestamp::now()).date())
    }

    async fn run_live(&self, job: &Job, scenario: Scenario) {
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
    fn fire(&self, job: &Job, scenario: Scenario) -> Option<Arc<str>> {
        let trigger = job.config.schedule.trigger_by_hand();
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
    job: Arc<Job>,
    span: Span,
    scenario: Scenario,
) -> Result<Vec<Recorded>, SimulationError> {
    tokio::task::spawn_blocking(move || simulate(&job, span, scenario)).await?
}

fn midnight(job: &Job, date: Date) -> Timestamp {
    let clock = job.config.schedule.zone().clock();
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    clock.to_timestamp(midnight).unwrap_or(Timestamp::MAX)
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
