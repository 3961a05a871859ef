//! Runs in simulated time: the template in its interpreter, with dynos that follow a script.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinError;

use super::Job;
use super::record::Recorded;
use super::story::Story;
use super::switches::Scenario;
use crate::template::DeployError;
use crate::r#try::simulation::{Plan, Simulation, failed};
use picletter_logic_apps::EarlyCallback;
use picletter_sandbox::faults::Faults;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};
use picletter_worker::outcome::Outcome;

/// A schedule of more runs a day is not simulated here: it would take too long.
const MOST_RUNS: usize = 1_440;

/// When a second run is due that is too early: the dyno of the first is at work then.
const TOO_EARLY: Duration = Duration::from_secs(5);

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Span {
    /// One run by hand.
    OneRun(Timestamp),
    /// All that is due from one time to another.
    Between(Timestamp, Timestamp),
}

/// Why nothing was simulated.
#[derive(Debug, thiserror::Error)]
pub(super) enum SimulationError {
    #[error("cannot simulate time: {0}")]
    Runtime(#[from] io::Error),
    #[error(transparent)]
    Deploy(#[from] DeployError),
    #[error(
        "that day has more than {MOST_RUNS} runs: try a schedule of fewer, or `picletter try --days`"
    )]
    TooManyRuns,
    #[error("the simulation broke off: {0}")]
    Broken(#[from] JoinError),
}

/// Simulates runs of `job`, each of which has `scenario`. It blocks: its clock needs a runtime of its
/// own.
pub(super) fn simulate(
    job: &Job,
    span: Span,
    scenario: Scenario,
) -> Result<Vec<Recorded>, SimulationError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?
        .block_on(pass(job, span, scenario))
}

async fn pass(job: &Job, span: Span, scenario: Scenario) -> Result<Vec<Recorded>, SimulationError> {
    let Job {
        config, parameters, ..
    } = job;
    if let Span::Between(begin, end) = span {
        let due = config.schedule.occurrences(begin);
        if due.take_while(|due| due.at < end).nth(MOST_RUNS).is_some() {
            return Err(SimulationError::TooManyRuns);
        }
    }
    let (Span::OneRun(begin) | Span::Between(begin, _)) = span;
    let story = Arc::new(Story::new(watch::Sender::default()));
    let plan = Plan {
        parameters: parameters.clone(),
        script: Box::new(move |_| script(scenario)),
        faults: Faults::default(),
        observer: story.clone(),
        early_callback: EarlyCallback::Accepted,
        eager_arguments: false,
        kept: MOST_RUNS + 1,
        seed: begin.as_second().unsigned_abs(),
    };
    let simulation = Simulation::start(plan, begin)?;
    let app = simulation.app();
    let by_hand = || {
        // Refused where too many wait: then there is one too few to be seen.
        let _ = app.run_trigger(config.schedule.trigger_by_hand());
    };
    if matches!(span, Span::OneRun(_)) {
        by_hand();
    } else if scenario == Scenario::Overlap
        && let Some(due) = config.schedule.occurrences(begin).next()
    {
        simulation.clock().sleep_until(due.at).await;
    }
    if scenario == Scenario::Overlap {
        tokio::time::sleep(TOO_EARLY).await;
        by_hand();
    }
    let end = match span {
        Span::OneRun(_) => begin,
        Span::Between(_, end) => end,
    };
    simulation.run_until(end).await;
    // A dyno that has reported may not have ended: it does so by its time to live at the latest.
    let settled = simulation.clock().now() + config.heroku.time_to_live * 2;
    simulation.clock().sleep_until(settled).await;
    let alerts = simulation.drain_alerts();
    let runs = app.runs().into_iter().rev();
    Ok(runs
        .map(|run| Recorded::of(app, run, &story, &alerts, scenario, true))
        .collect())
}

/// What a dyno does.
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
