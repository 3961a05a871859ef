//! Runs in simulated time: the interpreted template with scripted dynos.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinError;

use super::ShownJob;
use super::drive::Chosen;
use super::dyno_recorder::DynoRecorder;
use super::record::RecordedRun;
use super::switches::Scenario;
use crate::r#try::simulation::{Plan, Simulation, failed};
use picletter_core::schedule::timeline;
use picletter_core::template::DeployError;
use picletter_logic_apps::{EarlyCallback, LogicApp};
use picletter_sandbox::faults::Faults;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};
use picletter_worker::outcome::Outcome;

/// Maximum number of runs a day. More would take too long.
const MOST_RUNS: usize = 1_440;

/// Delay of an overlapping run, during which the first dyno is still working.
const TOO_EARLY: Duration = Duration::from_secs(5);

/// The simulated time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Span {
    /// One manual run.
    OneRun(Timestamp),
    /// All runs that are due between two times.
    Between(Timestamp, Timestamp),
}

/// Why a simulation failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SimulationError {
    #[error("cannot simulate time: {0}")]
    Runtime(#[from] io::Error),
    #[error(transparent)]
    Deploy(#[from] DeployError),
    #[error("the day has more than {MOST_RUNS} runs; use `picletter try --days` instead")]
    TooManyRuns,
    #[error("the simulation failed: {0}")]
    Broken(#[from] JoinError),
}

/// Simulates runs of the chosen jobs, each with `scenario`. Blocks: the paused clock needs a separate
/// runtime.
pub(super) fn simulate(
    chosen: &Chosen,
    span: Span,
    scenario: Scenario,
) -> Result<Vec<RecordedRun>, SimulationError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?
        .block_on(pass(chosen, span, scenario))
}

async fn pass(
    chosen: &Chosen,
    span: Span,
    scenario: Scenario,
) -> Result<Vec<RecordedRun>, SimulationError> {
    let jobs: Vec<_> = chosen.each().collect();
    if let Span::Between(begin, end) = span {
        let schedules = jobs.iter().map(|(_, job)| &job.job.schedule);
        let mut due = timeline(schedules, begin).take_while(|(_, due)| due.at < end);
        if due.nth(MOST_RUNS).is_some() {
            return Err(SimulationError::TooManyRuns);
        }
    }
    let (Span::OneRun(begin) | Span::Between(begin, _)) = span;
    let recorder = Arc::new(DynoRecorder::new(watch::Sender::default()));
    let parameters = jobs.iter().map(|(_, job)| job.parameters.clone());
    let plan = Plan {
        jobs: parameters.collect(),
        script: Box::new(move |_, _| script(scenario)),
        faults: Faults::default(),
        observer: recorder.clone(),
        early_callback: EarlyCallback::Accepted,
        eager_arguments: false,
        kept: MOST_RUNS + 1,
        seed: begin.as_second().unsigned_abs(),
    };
    let simulation = Simulation::start(plan, begin)?;
    let clock = simulation.clock();
    for (app, trigger, at) in manual_runs(&simulation, &jobs, span, scenario) {
        clock.sleep_until(at).await;
        // Fails if too many runs are queued; then this run is left out.
        let _ = app.run_trigger(trigger);
    }
    let end = match span {
        Span::OneRun(_) => begin,
        Span::Between(_, end) => end,
    };
    simulation.run_until(end).await;
    // A dyno that has reported may still run, until its time to live at the latest.
    let longest = jobs.iter().map(|(_, job)| job.job.time_to_live).max();
    clock
        .sleep_until(clock.now() + longest.unwrap_or_default() * 2)
        .await;
    let (alerts, seen) = (simulation.drain_alerts(), Some(Timestamp::now()));
    let all_runs = jobs
        .iter()
        .zip(simulation.apps())
        .flat_map(|((n, _), app)| {
            let runs = app.runs().into_iter().rev();
            runs.map(|run| RecordedRun::new(*n, app, run, &recorder, &alerts, scenario, seen))
        });
    Ok(all_runs.collect())
}

/// The runs that are started manually, by time: a single one, and overlapping ones.
fn manual_runs<'a>(
    simulation: &'a Simulation,
    jobs: &[(usize, &'a ShownJob)],
    span: Span,
    scenario: Scenario,
) -> Vec<(&'a LogicApp, &'a str, Timestamp)> {
    let mut runs = Vec::new();
    for (app, (_, job)) in simulation.apps().iter().zip(jobs) {
        let trigger = job.job.schedule.trigger_by_hand();
        let first = match span {
            Span::OneRun(at) => {
                runs.push((app, trigger, at));
                Some(at)
            }
            Span::Between(begin, end) => {
                let due = job.job.schedule.occurrences(begin).next();
                due.map(|due| due.at).filter(|due| *due < end)
            }
        };
        if let Some(first) = first.filter(|_| scenario == Scenario::Overlap) {
            runs.push((app, trigger, first.checked_add(TOO_EARLY).unwrap_or(first)));
        }
    }
    runs.sort_by_key(|(_, _, at)| *at);
    runs
}

/// The script of a dyno.
fn script(scenario: Scenario) -> Script {
    let end = match scenario {
        Scenario::None | Scenario::Overlap => End::Sent,
        Scenario::PictureHost => failed(
            Outcome::Unavailable,
            "no picture: wikimedia answered 503 Service Unavailable",
        ),
        Scenario::SendGrid => failed(
            Outcome::Refused,
            "SendGrid answered 403: The from address does not match a verified Sender Identity",
        ),
        Scenario::Hang => End::Hang,
    };
    Script {
        boot: Duration::from_secs(6),
        work: Duration::from_secs(4),
        on_sigterm: if scenario == Scenario::Hang {
            OnSigterm::Ignore
        } else {
            OnSigterm::Report
        },
        end,
    }
}
