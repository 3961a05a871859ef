//! The page of `picletter try`: the dashboard of the fakes, with an inbox, fault injection, and simulated
//! days.

pub mod azure_records;
mod board;
mod cards;
mod controls;
mod drive;
mod dyno_recorder;
mod extras;
mod html_part;
mod mail;
mod record;
mod routes;
mod simulated;
mod switches;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use self::dyno_recorder::DynoRecorder;
use self::record::RecordedRun;
use self::switches::Scenario;
pub(super) use self::switches::Switches;
use crate::dashboard::page::{Options, router};
use crate::dashboard::view::AlertRule;
use picletter_core::config::{self};
use picletter_core::deploy::redact::Redactor;
use picletter_core::schedule::Zone;
use picletter_logic_apps::LogicApp;
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::Observer;
use picletter_sandbox::hooks::{Alerts, Heartbeats};
use picletter_sandbox::inbox::Inbox;

/// Name of the site.
const SITE: &str = "Picletter sandbox";

/// Simulated runs that are kept.
const SIMULATED: usize = 1_440;

/// The data of the page. Clones share it.
#[derive(Clone)]
pub struct Page {
    shared: Arc<Shared>,
}

/// The jobs of a file.
pub struct ShownJobs {
    /// Name of the Heroku app.
    pub app: String,
    /// In the order of the file, at least one.
    pub jobs: Vec<ShownJob>,
    /// Zone of times that belong to no single job.
    pub zone: Zone,
    /// Masks secrets on the pages.
    pub redactor: Redactor,
}

/// A job.
pub struct ShownJob {
    /// Its workflow.
    pub app: LogicApp,
    /// Its configuration.
    pub job: config::Job,
    /// The template's parameters for runs in simulated time, without the secrets.
    pub parameters: Map<String, Value>,
    /// Its alert rules.
    pub alerts: Vec<AlertRule>,
}

struct Shared {
    inbox: Inbox,
    alerts: Alerts,
    heartbeats: Heartbeats,
    switches: Switches,
    recorder: Arc<DynoRecorder>,
    /// Counts changes.
    changes: watch::Sender<u64>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: Option<Arc<ShownJobs>>,
    /// When the jobs were deployed.
    shown: Option<Timestamp>,
    /// Whether a run or a simulation that was started here is in progress.
    busy: bool,
    /// Oldest first.
    simulated: Vec<Arc<RecordedRun>>,
    /// Injected failures of runs that were started here, by the runs' ids.
    scenarios: HashMap<Arc<str>, Scenario>,
    /// The last simulated day.
    passed: Option<Date>,
    /// Indexes of jobs that are paused: simulated days have no runs of them.
    paused: HashSet<usize>,
    /// The result of the last simulation or refused run.
    notice: Option<String>,
}

impl Page {
    /// Creates the page for `sandbox`. The page sets the sandbox's injected faults with `switches`.
    pub(super) fn new(sandbox: &Sandbox, switches: Switches) -> Self {
        let changes = watch::Sender::default();
        notify_of_mails(sandbox.inbox(), &changes);
        Self {
            shared: Arc::new(Shared {
                inbox: sandbox.inbox().clone(),
                alerts: sandbox.alerts().clone(),
                heartbeats: sandbox.heartbeats().clone(),
                switches,
                recorder: Arc::new(DynoRecorder::new(changes.clone())),
                changes,
                state: Mutex::default(),
            }),
        }
    }

    /// An observer of dynos that forwards to `next`.
    pub fn observer(&self, next: Arc<dyn Observer>) -> Arc<dyn Observer> {
        self.shared.recorder.forward_to(next);
        self.shared.recorder.clone()
    }

    pub(super) fn router(&self) -> Router {
        let options = Options {
            site: SITE,
            read_only: false,
            extras: Box::new(self.clone()),
            routes: routes::router(self),
            styles: concat!(include_str!("controls.css"), include_str!("mail.css")),
        };
        router(self.clone(), options)
    }

    pub(super) fn show(&self, jobs: ShownJobs) {
        for job in &jobs.jobs {
            let mut events = job.app.subscribe();
            let changes = self.shared.changes.clone();
            tokio::spawn(async move {
                while !matches!(events.recv().await, Err(RecvError::Closed)) {
                    changes.send_modify(|changes| *changes += 1);
                }
            });
        }
        let mut state = self.state();
        state.jobs = Some(Arc::new(jobs));
        state.shown = Some(Timestamp::now());
        drop(state);
        self.changed();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.shared.changes.send_modify(|changes| *changes += 1);
    }

    fn jobs(&self) -> Option<Arc<ShownJobs>> {
        self.state().jobs.clone()
    }

    /// Whether a run or a simulation is in progress.
    fn is_busy(&self) -> bool {
        let (busy, jobs) = {
            let state = self.state();
            (state.busy, state.jobs.clone())
        };
        busy || jobs.is_some_and(|jobs| jobs.has_active_runs())
    }

    /// All runs, newest first.
    fn runs(&self) -> Vec<Arc<RecordedRun>> {
        let state = self.state();
        let alerts = self.shared.alerts.with_times();
        let mut runs = state.simulated.clone();
        let jobs = state.jobs.iter().flat_map(|jobs| &jobs.jobs);
        for (n, job) in jobs.enumerate() {
            runs.extend(job.app.runs().into_iter().map(|run| {
                let scenario = state.scenarios.get(&run.id).copied().unwrap_or_default();
                let recorder = &self.shared.recorder;
                let run = RecordedRun::new(n, &job.app, run, recorder, &alerts, scenario, None);
                Arc::new(run)
            }));
        }
        runs.sort_by_key(|one| std::cmp::Reverse((one.seen, one.run.fired)));
        runs
    }

    /// Marks the page as busy, before a run or a simulation. Returns false if one is already in
    /// progress, or no job is deployed.
    fn begin(&self) -> bool {
        let mut state = self.state();
        let jobs = state.jobs.as_ref();
        if state.busy || jobs.is_none_or(|jobs| jobs.has_active_runs()) {
            return false;
        }
        state.busy = true;
        state.notice = None;
        drop(state);
        self.changed();
        true
    }

    fn end(&self) {
        self.shared.switches.set(Scenario::None);
        self.state().busy = false;
        self.changed();
    }
}

/// Counts arriving mails as changes, until the page is dropped.
fn notify_of_mails(inbox: &Inbox, changes: &watch::Sender<u64>) {
    let (mut mails, changes) = (inbox.subscribe(), changes.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                result = mails.changed() => if result.is_err() { return },
                () = changes.closed() => return,
            }
            changes.send_modify(|changes| *changes += 1);
        }
    });
}

impl ShownJobs {
    fn has_active_runs(&self) -> bool {
        let mut runs = self.jobs.iter().flat_map(|job| job.app.runs());
        runs.any(|run| !run.status.has_ended())
    }

    fn are_several(&self) -> bool {
        self.jobs.len() > 1
    }

    fn clean(&self, text: &str) -> String {
        self.redactor.clean(text).into_owned()
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

impl fmt::Debug for ShownJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownJobs").finish_non_exhaustive()
    }
}

impl fmt::Debug for ShownJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownJob").finish_non_exhaustive()
    }
}
