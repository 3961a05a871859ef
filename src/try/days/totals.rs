//! The results and totals of simulated days.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::scenario::Outage;
use crate::cost::Executions;
use crate::r#try::simulation::Simulation;
use picletter_core::config::{Job, Report};
use picletter_core::schedule::Overlap;
use picletter_logic_apps::history::RunRecord;
use picletter_logic_apps::{Event, Status};
use picletter_sandbox::heroku::{DynoInfo, DynoRecord, Observer};

/// Number of alerts that are kept.
const ALERTS: usize = 100;

/// The results.
pub(crate) struct SimulatedDays {
    /// Runs of all jobs, sorted by due time.
    pub(crate) runs: Vec<Run>,
    /// Totals of each job, in the order of the file.
    pub(crate) jobs: Vec<JobTotals>,
    pub(crate) outages: Vec<Outage>,
    /// The first alerts.
    pub(crate) alerts: Vec<(Timestamp, String)>,
    pub(crate) alert_count: usize,
    /// Billed executions of all jobs.
    pub(crate) executions: Executions,
    /// Requests to Heroku.
    pub(crate) requests: u64,
    /// Maximum number of requests to Heroku in any hour.
    pub(crate) most_requests: usize,
    /// Maximum number of simultaneous dynos.
    pub(crate) most_dynos: usize,
}

/// The totals of a job.
#[derive(Default)]
pub(crate) struct JobTotals {
    pub(crate) executions: Executions,
    pub(crate) dynos: u64,
    pub(crate) dyno_time: SignedDuration,
}

/// A run that has ended.
pub(crate) struct Run {
    /// Index of its job in the file.
    pub(crate) job: usize,
    pub(crate) due: Timestamp,
    pub(crate) status: Status,
    /// Such as `sent`.
    pub(crate) outcome: String,
    pub(crate) took: SignedDuration,
    /// Delay between the due time and the start of its first dyno, if any.
    pub(crate) delay: Option<SignedDuration>,
    /// Why it failed.
    pub(crate) reason: Option<String>,
}

/// Adds up the time of dynos.
pub(super) struct DynoTotals(Mutex<Sums>);

struct Sums {
    /// The number and total time of the dynos of each job that have ended.
    ended: Vec<(u64, SignedDuration)>,
    /// The job of each running dyno, by the dyno's id.
    running: HashMap<String, usize>,
    most_running: usize,
    /// The start of the first dyno of each active run, by the run's id.
    started: HashMap<String, Timestamp>,
}

impl DynoTotals {
    pub(super) fn new(jobs: usize) -> Self {
        Self(Mutex::new(Sums {
            ended: vec![(0, SignedDuration::ZERO); jobs],
            running: HashMap::new(),
            most_running: 0,
            started: HashMap::new(),
        }))
    }

    /// Adds a started dyno of a job.
    pub(super) fn began(&self, job: usize, dyno: &DynoInfo) {
        let mut sums = self.sums();
        sums.running.insert(dyno.id.clone(), job);
        sums.most_running = sums.most_running.max(sums.running.len());
        if let Some(run) = &dyno.run_id {
            let started = sums.started.entry(run.clone());
            started.or_insert(dyno.started_at);
        }
    }

    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for DynoTotals {
    fn ended(&self, record: &DynoRecord) {
        let mut sums = self.sums();
        let job = sums.running.remove(&record.dyno.id);
        if let Some((count, time)) = job.and_then(|job| sums.ended.get_mut(job)) {
            *count += 1;
            *time += record.ended_at.duration_since(record.dyno.started_at);
        }
    }
}

/// Counts requests.
#[derive(Default)]
pub(super) struct Requests {
    count: u64,
    /// The requests of the last hour, oldest first.
    last: VecDeque<Timestamp>,
    most_in_an_hour: usize,
}

impl Requests {
    pub(super) fn add(&mut self, at: Timestamp) {
        const HOUR: SignedDuration = SignedDuration::from_hours(1);
        let is_over = |one: &mut Timestamp| at.duration_since(*one) >= HOUR;
        while self.last.pop_front_if(is_over).is_some() {}
        self.last.push_back(at);
        self.count += 1;
        self.most_in_an_hour = self.most_in_an_hour.max(self.last.len());
    }
}

impl SimulatedDays {
    pub(super) fn new(jobs: usize, outages: Vec<Outage>) -> Self {
        Self {
            runs: Vec::new(),
            jobs: std::iter::repeat_with(JobTotals::default)
                .take(jobs)
                .collect(),
            outages,
            alerts: Vec::new(),
            alert_count: 0,
            executions: Executions::default(),
            requests: 0,
            most_requests: 0,
            most_dynos: 0,
        }
    }

    /// The number and total time of the dynos of all jobs.
    pub(crate) fn dynos(&self) -> (u64, SignedDuration) {
        let each = self.jobs.iter().map(|job| (job.dynos, job.dyno_time));
        each.fold((0, SignedDuration::ZERO), |(n, time), (more, longer)| {
            (n + more, time + longer)
        })
    }

    /// Adds an event of the workflow of job `n`.
    pub(super) fn add(
        &mut self,
        jobs: &[Job],
        n: usize,
        dynos: &DynoTotals,
        simulation: &Simulation,
        event: &Event,
    ) {
        let (Some(job), Some(app)) = (jobs.get(n), simulation.apps().get(n)) else {
            return;
        };
        let id = match event {
            Event::RunEnded { run, .. } => run,
            Event::NotStarted { at, .. } => return self.bill(n, *at, 1),
            _ => return,
        };
        let Some(record) = app.run(id) else {
            return;
        };
        self.bill(n, record.fired, record.billed);
        let started = dynos.sums().started.remove(&**id);
        self.runs.push(Run::new(n, job, record, started));
        for alert in simulation.drain_alerts() {
            self.alert_count += 1;
            if self.alerts.len() < ALERTS {
                self.alerts.push(alert);
            }
        }
    }

    fn bill(&mut self, job: usize, at: Timestamp, executions: u64) {
        self.executions.add(at, executions);
        if let Some(job) = self.jobs.get_mut(job) {
            job.executions.add(at, executions);
        }
    }

    /// Adds the totals after the end of the simulation.
    pub(super) fn end(&mut self, dynos: &DynoTotals, requests: &Requests) {
        self.runs.sort_by_key(|run| (run.due, run.job));
        let sums = dynos.sums();
        for (job, (dynos, time)) in self.jobs.iter_mut().zip(&sums.ended) {
            (job.dynos, job.dyno_time) = (*dynos, *time);
        }
        self.most_dynos = sums.most_running;
        self.requests = requests.count;
        self.most_requests = requests.most_in_an_hour;
    }
}

/// The outcome of runs that the workflow cancels, which have no code.
pub(crate) fn cancelled(job: &Job) -> &'static str {
    match job.schedule.overlap() {
        Overlap::Replace => "replaced",
        Overlap::Skip | Overlap::Allow | Overlap::Queue => "skipped",
    }
}

impl Run {
    fn new(n: usize, job: &Job, record: RunRecord, started: Option<Timestamp>) -> Self {
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
            job: n,
            due: record.scheduled,
            status: record.status,
            outcome,
            took: ended.duration_since(record.fired),
            delay: started.map(|started| started.duration_since(record.scheduled)),
            reason: problem.map(|problem| problem.message.lines().take(1).collect()),
        }
    }
}
