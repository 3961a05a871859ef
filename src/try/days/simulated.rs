//! Simulates the days.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::broadcast::error::RecvError;

use super::scenario::{Dynos, Outage, fault, outages};
use super::{Days, DaysError};
use crate::config::{Job, Report};
use crate::cost::Executions;
use crate::schedule::Overlap;
use crate::template;
use crate::r#try::simulation::{Plan, Simulation};
use picletter_logic_apps::history::RunRecord;
use picletter_logic_apps::{EarlyCallback, Event, Status};
use picletter_sandbox::faults::Faults;
use picletter_sandbox::heroku::{DynoRecord, Observer};

/// How many runs the workflow's history keeps; they are looked at when they end.
const KEPT: usize = 1000;

/// How many alerts are kept.
const ALERTS: usize = 100;

/// What happened.
pub(crate) struct Happened {
    /// Sorted by when they were due.
    pub(crate) runs: Vec<Run>,
    pub(crate) outages: Vec<Outage>,
    /// The first ones.
    pub(crate) alerts: Vec<(Timestamp, String)>,
    pub(crate) alert_count: usize,
    pub(crate) executions: Executions,
    /// To Heroku.
    pub(crate) requests: u64,
    pub(crate) dynos: u64,
    pub(crate) dyno_time: SignedDuration,
}

/// A run that has ended.
pub(crate) struct Run {
    pub(crate) due: Timestamp,
    pub(crate) status: Status,
    /// Such as `sent`.
    pub(crate) outcome: String,
    pub(crate) took: SignedDuration,
    /// Why it failed.
    pub(crate) words: Option<String>,
}

/// Adds up the lives of dynos.
#[derive(Default)]
struct Lives(Mutex<(u64, SignedDuration)>);

impl Lives {
    fn sums(&self) -> (u64, SignedDuration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Lives {
    fn ended(&self, record: &DynoRecord) {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sums.0 += 1;
        sums.1 += record.ended_at.duration_since(record.dyno.started_at);
    }
}

/// Simulates `days` on a runtime of its own, whose clock is paused.
pub(crate) fn simulate(days: &Days) -> Result<Happened, DaysError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(DaysError::Runtime)?
        .block_on(pass(days))
}

async fn pass(days: &Days) -> Result<Happened, DaysError> {
    let (config, job) = (&days.config, &days.job);
    let gap = job.schedule.min_gap();
    let overlap_after = days.may_overlap().then_some(gap);
    let outages: Arc<[Outage]> = outages(days.seed, gap, days.due()).into();
    let dynos = Dynos::new(days.seed, job, overlap_after);
    let requests = Arc::new(AtomicU64::new(0));
    let lives = Arc::new(Lives::default());
    let (out, count) = (Arc::clone(&outages), Arc::clone(&requests));
    let plan = Plan {
        parameters: template::parameters(config, job, days.begin),
        script: Box::new(move |_| dynos.script()),
        faults: Faults::new(move |call| {
            if call.uri.host() != Some("api.heroku.com") {
                return None;
            }
            count.fetch_add(1, Ordering::Relaxed);
            fault(&out, call.at)
        }),
        observer: Arc::clone(&lives) as Arc<dyn Observer>,
        early_callback: EarlyCallback::Accepted,
        eager_arguments: false,
        kept: KEPT,
        seed: days.seed,
    };
    let simulation = Simulation::start(plan, days.begin)?;
    let mut happened = Happened {
        runs: Vec::new(),
        outages: outages.to_vec(),
        alerts: Vec::new(),
        alert_count: 0,
        executions: Executions::default(),
        requests: 0,
        dynos: 0,
        dyno_time: SignedDuration::ZERO,
    };
    let mut events = simulation.app().subscribe();
    {
        let over = simulation.run_until(days.end);
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                event = events.recv() => match event {
                    Ok(event) => happened.add(days, &simulation, &event),
                    Err(RecvError::Lagged(_)) => return Err(DaysError::Lost),
                    Err(RecvError::Closed) => break,
                },
                () = &mut over => break,
            }
        }
    }
    while let Ok(event) = events.try_recv() {
        happened.add(days, &simulation, &event);
    }
    happened.runs.sort_by_key(|run| run.due);
    happened.requests = requests.load(Ordering::Relaxed);
    // A dyno that has reported may not have ended: it does so by its time to live at the latest.
    let settled = simulation.clock().now() + job.time_to_live * 2;
    simulation.clock().sleep_until(settled).await;
    (happened.dynos, happened.dyno_time) = lives.sums();
    Ok(happened)
}

impl Happened {
    fn add(&mut self, days: &Days, simulation: &Simulation, event: &Event) {
        let run = match event {
            Event::RunEnded { run, .. } => run,
            Event::NotStarted { at, .. } => return self.executions.add(*at, 1),
            _ => return,
        };
        let Some(record) = simulation.app().run(run) else {
            return;
        };
        self.executions.add(record.fired, record.billed);
        self.runs.push(Run::of(days, record));
        for alert in simulation.drain_alerts() {
            self.alert_count += 1;
            if self.alerts.len() < ALERTS {
                self.alerts.push(alert);
            }
        }
    }
}

/// Why the workflow cancels its own runs: it gives no code.
pub(crate) fn cancelled(job: &Job) -> &'static str {
    match job.schedule.overlap() {
        Overlap::Replace => "replaced",
        Overlap::Skip | Overlap::Allow | Overlap::Queue => "skipped",
    }
}

impl Run {
    fn of(days: &Days, record: RunRecord) -> Self {
        let job = &days.job;
        let problem = record.problem;
        let outcome = match (record.status, &problem) {
            (Status::Succeeded, _) => match job.report {
                Report::Worker => "sent".to_owned(),
                Report::Shell => "exit status 0".to_owned(),
                Report::None => "ended".to_owned(),
            },
            (Status::Cancelled, _) => cancelled(job).to_owned(),
            (_, Some(problem)) => problem.code.clone(),
            (status, None) => status.name().to_owned(),
        };
        let ended = record.ended.unwrap_or(record.fired);
        Self {
            due: record.scheduled,
            status: record.status,
            outcome,
            took: ended.duration_since(record.fired),
            words: problem.map(|problem| problem.message.lines().take(1).collect()),
        }
    }
}
