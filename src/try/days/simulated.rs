//! Runs the simulation of days.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::scenario::{Dynos, fault, outages};
use super::totals::{DynoTotals, Requests, SimulatedDays};
use super::{Days, DaysError, may_overlap};
use crate::r#try::simulation::{Plan, Simulation};
use jiff::SignedDuration;
use picletter_core::config::Job;
use picletter_core::template;
use picletter_logic_apps::{EarlyCallback, Event, LogicApp};
use picletter_sandbox::faults::Faults;
use picletter_sandbox::heroku::Observer;

/// How many runs a workflow's history keeps. Each run is read when it ends.
const KEPT: usize = 1000;

/// Simulates `days` on a separate runtime with a paused clock.
pub(crate) fn simulate(days: &Days) -> Result<SimulatedDays, DaysError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(DaysError::Runtime)?
        .block_on(run(days))
}

async fn run(days: &Days) -> Result<SimulatedDays, DaysError> {
    let jobs = days.jobs();
    let outages: Arc<[_]> = outages(days.seed, mean_gap(jobs), days.due()).into();
    let totals = Arc::new(DynoTotals::new(jobs.len()));
    let requests = Arc::new(Mutex::new(Requests::default()));
    let (out, count) = (Arc::clone(&outages), Arc::clone(&requests));
    let (dynos, started) = (dynos(days), Arc::clone(&totals));
    let parameters = jobs
        .iter()
        .map(|job| template::parameters(&days.config, job, days.begin));
    let plan = Plan {
        jobs: parameters.collect(),
        script: Box::new(move |job, start| {
            started.began(job, &start.dyno);
            dynos[job].script()
        }),
        faults: Faults::new(move |call| {
            if call.uri.host() != Some("api.heroku.com") {
                return None;
            }
            let mut requests = count.lock().unwrap_or_else(PoisonError::into_inner);
            requests.add(call.at);
            fault(&out, call.at)
        }),
        observer: Arc::clone(&totals) as Arc<dyn Observer>,
        early_callback: EarlyCallback::Accepted,
        eager_arguments: false,
        kept: KEPT,
        seed: days.seed,
    };
    let simulation = Simulation::start(plan, days.begin)?;
    let mut results = SimulatedDays::new(jobs.len(), outages.to_vec());
    let mut events = events(simulation.apps());
    let longest = jobs.iter().map(|job| job.time_to_live).max();
    let finished = async {
        simulation.run_until(days.end).await;
        // A dyno that has reported may still run, until its time to live at the latest.
        let settled = simulation.clock().now() + longest.unwrap_or_default() * 2;
        simulation.clock().sleep_until(settled).await;
    };
    tokio::pin!(finished);
    loop {
        tokio::select! {
            biased;
            Some((job, event)) = events.recv() => {
                let event = event.ok_or(DaysError::Lost)?;
                results.add(jobs, job, &totals, &simulation, &event);
            }
            () = &mut finished => break,
        }
    }
    let requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
    results.end(&totals, &requests);
    Ok(results)
}

/// The scripts of each job's dynos.
fn dynos(days: &Days) -> Vec<Dynos> {
    let jobs = (0..).zip(days.jobs());
    jobs.map(|(n, job)| {
        let overlap_after = may_overlap(job).then(|| job.schedule.min_gap());
        Dynos::new(days.seed.wrapping_add(n), job, overlap_after)
    })
    .collect()
}

/// The average time between two runs of any job; the minimum for a single job.
fn mean_gap(jobs: &[Job]) -> SignedDuration {
    let each = jobs.iter().map(|job| job.schedule.min_gap().as_secs_f64());
    let a_second: f64 = each.map(f64::recip).sum();
    SignedDuration::from_secs_f64(a_second.recip())
}

/// The events about whole runs, with the index of the workflow; none if some were lost.
fn events(apps: &[LogicApp]) -> UnboundedReceiver<(usize, Option<Event>)> {
    let (sender, events) = unbounded_channel();
    for (n, app) in apps.iter().enumerate() {
        tokio::spawn(forward(n, app.subscribe(), sender.clone()));
    }
    events
}

async fn forward(
    job: usize,
    mut events: tokio::sync::broadcast::Receiver<Event>,
    sender: UnboundedSender<(usize, Option<Event>)>,
) {
    loop {
        let event = match events.recv().await {
            Ok(event @ (Event::RunEnded { .. } | Event::NotStarted { .. })) => Some(event),
            Ok(_) => continue,
            Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => return,
        };
        // Fails once the days are over.
        let _ = sender.send((job, event));
    }
}
