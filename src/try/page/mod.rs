//! The page of `picletter try`: the mails, the runs action by action, the dynos, the schedule, and
//! switches by which one can watch what happens when something fails.
//!
//! It is HTML from here, with forms that work without scripts; with them, what has changed comes by
//! itself. Only pages of its own may call it: see `security`.

mod calendar;
mod controls;
mod drive;
mod html_part;
mod layout;
mod legend;
mod mail;
mod overview;
mod record;
mod routes;
mod security;
mod simulated;
mod story;
mod switches;
mod timeline;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use jiff::civil::Date;
use serde_json::{Map, Value};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use self::record::Recorded;
use self::story::Story;
use self::switches::Scenario;
pub(super) use self::switches::Switches;
use crate::config::{self, Config};
use crate::deploy::redact::Redactor;
use picletter_logic_apps::LogicApp;
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::Observer;
use picletter_sandbox::hooks::{Alerts, Heartbeats};
use picletter_sandbox::inbox::Inbox;

/// How many simulated runs are shown.
const SIMULATED: usize = 1_440;

/// What the page shows. Clones show the same.
#[derive(Clone)]
pub struct Page {
    shared: Arc<Shared>,
}

/// What is run.
pub struct Job {
    /// The workflow as it runs.
    pub app: LogicApp,
    /// What it was made of.
    pub config: Config,
    /// The job that is run.
    pub job: config::Job,
    /// The template's parameters but for its secrets, as runs in simulated time are to have them.
    pub parameters: Map<String, Value>,
    /// Knows the secrets that no page shows.
    pub redactor: Redactor,
}

struct Shared {
    inbox: Inbox,
    alerts: Alerts,
    heartbeats: Heartbeats,
    switches: Switches,
    story: Arc<Story>,
    /// Counts what has changed.
    news: watch::Sender<u64>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    job: Option<Arc<Job>>,
    /// Whether a run was started here that goes on.
    busy: bool,
    /// Oldest first.
    simulated: Vec<Arc<Recorded>>,
    /// What was made to go wrong in runs that were started here, by their ids.
    scenarios: HashMap<Arc<str>, Scenario>,
    /// The last day that was let pass.
    passed: Option<Date>,
    /// What is to be said of what was asked for last.
    notice: Option<String>,
}

impl Page {
    /// A page that shows what reaches `sandbox`, and switches its faults by `switches`.
    pub(super) fn new(sandbox: &Sandbox, switches: Switches) -> Self {
        let news = watch::Sender::default();
        Self {
            shared: Arc::new(Shared {
                inbox: sandbox.inbox().clone(),
                alerts: sandbox.alerts().clone(),
                heartbeats: sandbox.heartbeats().clone(),
                switches,
                story: Arc::new(Story::new(news.clone())),
                news,
                state: Mutex::default(),
            }),
        }
    }

    /// Is to be told of dynos, and tells `next` too.
    pub fn observer(&self, next: Arc<dyn Observer>) -> Arc<dyn Observer> {
        self.shared.story.tell(next);
        self.shared.story.clone()
    }

    pub(super) fn router(&self) -> Router {
        routes::router(self)
    }

    pub(super) fn show(&self, job: Job) {
        let mut events = job.app.subscribe();
        self.state().job = Some(Arc::new(job));
        self.changed();
        let news = self.shared.news.clone();
        tokio::spawn(async move {
            while !matches!(events.recv().await, Err(RecvError::Closed)) {
                news.send_modify(|news| *news += 1);
            }
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.shared.news.send_modify(|news| *news += 1);
    }

    fn job(&self) -> Option<Arc<Job>> {
        self.state().job.clone()
    }

    /// Whether a run goes on, so that none is started here.
    fn is_busy(&self) -> bool {
        let (busy, job) = {
            let state = self.state();
            (state.busy, state.job.clone())
        };
        busy || job.is_some_and(|job| job.runs_go_on())
    }

    /// All runs, newest first.
    fn runs(&self) -> Vec<Arc<Recorded>> {
        let state = self.state();
        let alerts = self.shared.alerts.dated();
        let mut runs = state.simulated.clone();
        if let Some(job) = &state.job {
            runs.extend(job.app.runs().into_iter().map(|run| {
                let scenario = state.scenarios.get(&run.id).copied().unwrap_or_default();
                let recorded =
                    Recorded::of(&job.app, run, &self.shared.story, &alerts, scenario, false);
                Arc::new(recorded)
            }));
        }
        runs.sort_by_key(|one| std::cmp::Reverse((one.seen, one.run.fired)));
        runs
    }

    /// Takes the turn, where nothing goes on.
    fn begin(&self) -> Option<Arc<Job>> {
        let mut state = self.state();
        let job = state.job.clone()?;
        if state.busy || job.runs_go_on() {
            return None;
        }
        state.busy = true;
        state.notice = None;
        drop(state);
        self.changed();
        Some(job)
    }

    fn end(&self) {
        self.shared.switches.set(Scenario::None);
        self.state().busy = false;
        self.changed();
    }

    fn notice(&self) -> Option<String> {
        self.state().notice.clone()
    }
}

impl Job {
    fn runs_go_on(&self) -> bool {
        self.app.runs().iter().any(|run| !run.status.has_ended())
    }

    fn clean(&self, text: &str) -> String {
        self.redactor.clean(text).into_owned()
    }

    fn outcome(&self, run: &Recorded) -> String {
        run.outcome(self.job.report)
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}
