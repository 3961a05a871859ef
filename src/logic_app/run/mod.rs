//! Workflows that run: one that is deployed, its runs, and what they have done.
//!
//! A run is one task, and all that it does at once goes on within that task: ending it ends
//! everything in it. Time is the [`Clock`]'s, the world is the [`Transport`]'s.

mod concurrent;
mod data;
mod environment;
mod event;
mod execute;
mod http;
mod id;
mod state;
mod status;
mod webhook;

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Notify, broadcast};
use tokio::task::AbortHandle;

pub(crate) use self::data::unit;
use self::environment::Place;
pub use self::event::Event;
pub(crate) use self::http::REQUEST_LIMIT;
pub(crate) use self::id::guid;
pub use self::state::Problem;
pub(crate) use self::state::{Record, State};
pub use self::status::Status;
use self::webhook::Callback;
use super::clock::Clock;
use super::definition::{Definition, LoadError};
use super::history::{self, RunRecord};
use super::transport::Transport;
use super::trigger::{self, Firing};

/// "Run duration: 90 days" (`logic-apps-limits-and-config.md`).
const LONGEST_RUN: Duration = Duration::from_hours(90 * 24);
/// How many events a slow subscriber can be behind.
const EVENTS: usize = 4096;

/// What a workflow needs of the world.
#[derive(Clone)]
pub struct Services {
    /// What time it is.
    pub clock: Clock,
    /// How its requests are sent.
    pub transport: Arc<dyn Transport>,
    /// Where requests that call its actions back arrive, such as `http://127.0.0.1:8080`; the
    /// path `/workflows/…` is appended.
    pub callback_base: String,
    /// What its random numbers follow from.
    pub seed: u64,
    /// What else can be chosen.
    pub options: Options,
}

/// What can be chosen of how a workflow is executed.
#[derive(Debug, Clone)]
pub struct Options {
    /// What becomes of a report that comes before the subscribe request is answered.
    pub early_callback: EarlyCallback,
    /// How many ended runs and how many firings of triggers the history keeps.
    pub kept: usize,
    /// The resource group's id, which the workflow's own begins with.
    pub resource_group: String,
    /// The workflow's location.
    pub location: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            early_callback: EarlyCallback::Accepted,
            kept: 1000,
            resource_group:
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/picletter"
                    .to_owned(),
            location: "westeurope".to_owned(),
        }
    }
}

/// What becomes of a report that comes before the subscribe request is answered. The service's
/// documents do not say, so that both must be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyCallback {
    /// It completes the action.
    Accepted,
    /// It is answered with an error.
    Refused,
}

/// Why a run was not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// There is no trigger of that name.
    #[error("the workflow has no trigger {0:?}")]
    NoTrigger(String),
    /// The workflow is disabled.
    #[error("the workflow is disabled; enable it first")]
    Disabled,
    /// As many runs of the trigger wait as may.
    #[error("as many runs of {0} wait to start as its maximumWaitingRuns allows")]
    TooManyWaiting(String),
}

/// A deployed workflow. Clones are the same workflow; with the last of them its triggers stop.
#[derive(Clone)]
pub struct LogicApp {
    deployed: Arc<Deployed>,
}

struct Deployed {
    app: Arc<App>,
    triggers: Mutex<Vec<AbortHandle>>,
}

impl Drop for Deployed {
    fn drop(&mut self) {
        for trigger in lock(&self.triggers).drain(..) {
            trigger.abort();
        }
    }
}

/// What the runs of a workflow share.
pub(crate) struct App {
    pub(crate) name: Arc<str>,
    /// The workflow's id in URLs.
    pub(crate) key: String,
    pub(crate) definition: Definition,
    pub(crate) clock: Clock,
    pub(crate) deployed_at: Timestamp,
    pub(crate) options: Options,
    transport: Arc<dyn Transport>,
    callback_base: String,
    random: Mutex<fastrand::Rng>,
    shared: Mutex<Shared>,
    events: broadcast::Sender<Event>,
    /// Told when a run has ended, and when the workflow is enabled.
    pub(crate) changed: Notify,
}

/// What changes of a workflow.
pub(crate) struct Shared {
    pub(crate) enabled: bool,
    runs: HashMap<Arc<str>, Arc<Run>>,
    /// Those that have ended, oldest first.
    ended: VecDeque<Arc<str>>,
    going: usize,
    /// By trigger.
    turns: Vec<Turns>,
    firings: VecDeque<Firing>,
}

/// The runs of one trigger.
#[derive(Default)]
struct Turns {
    going: usize,
    waiting: VecDeque<Arc<Run>>,
}

/// One run.
pub(crate) struct Run {
    pub(crate) app: Arc<App>,
    pub(crate) id: Arc<str>,
    pub(crate) trigger: usize,
    pub(crate) fired: Timestamp,
    pub(crate) scheduled: Timestamp,
    /// Of a sliding window, its end.
    pub(crate) window_end: Option<Timestamp>,
    /// What its tracking ids follow from.
    pub(crate) tracking: u64,
    state: Mutex<State>,
    callbacks: Mutex<Vec<Callback>>,
    cancelled: Notify,
}

/// A lock that is had even where another holder panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LogicApp {
    /// Deploys a workflow: reads the `properties` of a `Microsoft.Logic/workflows` resource, whose
    /// ARM expressions have been evaluated. Nothing runs before [`LogicApp::start`] or
    /// [`LogicApp::run_trigger`].
    ///
    /// # Errors
    /// The first thing in the definition that is wrong, unknown or not supported.
    pub fn deploy(name: &str, properties: &Value, services: Services) -> Result<Self, LoadError> {
        let deployed_at = services.clock.now();
        let definition = Definition::load(properties, deployed_at)?;
        let mut random = fastrand::Rng::with_seed(services.seed);
        let key = format!("{:032x}", random.u128(..));
        let turns = definition.triggers.iter().map(|_| Turns::default());
        let shared = Shared {
            enabled: definition.enabled,
            runs: HashMap::new(),
            ended: VecDeque::new(),
            going: 0,
            turns: turns.collect(),
            firings: VecDeque::new(),
        };
        let app = App {
            name: name.into(),
            key,
            definition,
            clock: services.clock,
            deployed_at,
            options: services.options,
            transport: services.transport,
            callback_base: services.callback_base,
            random: Mutex::new(random),
            shared: Mutex::new(shared),
            events: broadcast::Sender::new(EVENTS),
            changed: Notify::new(),
        };
        Ok(Self {
            deployed: Arc::new(Deployed {
                app: Arc::new(app),
                triggers: Mutex::default(),
            }),
        })
    }

    fn app(&self) -> &Arc<App> {
        &self.deployed.app
    }

    /// Lets the triggers fire, where they do not already, on the runtime that this is called on.
    pub fn start(&self) {
        let mut loops = lock(&self.deployed.triggers);
        if !loops.is_empty() {
            return;
        }
        for trigger in 0..self.app().definition.triggers.len() {
            let watch = trigger::watch(Arc::clone(self.app()), trigger);
            loops.push(tokio::spawn(watch).abort_handle());
        }
    }

    /// Stops the triggers; runs that have begun go on.
    pub fn stop(&self) {
        for trigger in lock(&self.deployed.triggers).drain(..) {
            trigger.abort();
        }
    }

    /// Starts a run as the trigger would now, and yields its id.
    ///
    /// # Errors
    /// There is no such trigger, the workflow is disabled, or too many runs wait.
    pub fn run_trigger(&self, name: &str) -> Result<Arc<str>, StartError> {
        let app = self.app();
        let triggers = &app.definition.triggers;
        let trigger = triggers
            .iter()
            .position(|trigger| trigger.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| StartError::NoTrigger(name.to_owned()))?;
        if !app.shared().enabled {
            return Err(StartError::Disabled);
        }
        app.fire(trigger, app.clock.now(), None)
            .ok_or_else(|| StartError::TooManyWaiting(name.to_owned()))
    }

    /// Answers a request to a callback URL.
    pub fn callback(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.app().callback(request)
    }

    /// The runs that the history has, newest first.
    pub fn runs(&self) -> Vec<RunRecord> {
        let runs: Vec<_> = self.app().shared().runs.values().cloned().collect();
        let mut records: Vec<_> = runs.iter().map(|run| RunRecord::of(run)).collect();
        records.sort_by(|one, other| (other.fired, &other.id).cmp(&(one.fired, &one.id)));
        records
    }

    /// A run, while the history has it.
    pub fn run(&self, id: &str) -> Option<RunRecord> {
        self.app().find(id).map(|run| RunRecord::of(&run))
    }

    /// What a run's actions did, in the order of the definition and in the shape of the REST API
    /// 2019-05-01 (`workflowRunActions`): of an action in a loop, its latest pass. Hidden values
    /// are left out, and `secureData` says which.
    pub fn actions(&self, run: &str) -> Option<Vec<Value>> {
        self.app().find(run).map(|run| history::actions(&run))
    }

    /// Every pass of a run's action, oldest first, in the shape of the REST API.
    pub fn passes(&self, run: &str, action: &str) -> Option<Vec<Value>> {
        let run = self.app().find(run)?;
        let id = self.app().definition.names.get(&action.to_lowercase())?;
        Some(history::passes(&run, *id))
    }

    /// When the triggers fired, oldest first.
    pub fn firings(&self) -> Vec<Firing> {
        self.app().shared().firings.iter().cloned().collect()
    }

    /// The names of the triggers.
    pub fn trigger_names(&self) -> Vec<Arc<str>> {
        let triggers = &self.app().definition.triggers;
        triggers
            .iter()
            .map(|trigger| trigger.name.clone())
            .collect()
    }

    /// Lets no trigger fire any more; runs that have begun or wait go on ("no new runs are
    /// instantiated. All in-progress and pending runs continue until they finish").
    pub fn disable(&self) {
        self.app().shared().enabled = false;
    }

    /// Lets the triggers fire again.
    pub fn enable(&self) {
        self.app().shared().enabled = true;
        self.app().changed.notify_waiters();
    }

    /// Cancels a run; whether there was one that had not ended.
    pub fn cancel(&self, run: &str) -> bool {
        let Some(run) = self.app().find(run) else {
            return false;
        };
        if run.state().status.has_ended() {
            return false;
        }
        if !self.app().withdraw(&run) {
            run.cancelled.notify_one();
        }
        true
    }

    /// Waits until a run has ended.
    pub async fn join(&self, run: &str) -> Option<RunRecord> {
        let app = self.app();
        let run = app.find(run)?;
        app.until(|| run.state().ended.is_some()).await;
        Some(RunRecord::of(&run))
    }

    /// Waits until no run goes on or waits.
    pub async fn idle(&self) {
        let app = self.app();
        app.until(|| app.shared().going == 0).await;
    }

    /// What happens from now on. One who is too far behind loses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.app().events.subscribe()
    }
}

impl App {
    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }

    fn random(&self) -> MutexGuard<'_, fastrand::Rng> {
        lock(&self.random)
    }

    fn find(&self, run: &str) -> Option<Arc<Run>> {
        self.shared().runs.get(run).cloned()
    }

    /// The time that is so much later.
    pub(crate) fn later(&self, span: Duration) -> Timestamp {
        self.clock.now().checked_add(span).unwrap_or(Timestamp::MAX)
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        if self.events.receiver_count() > 0 {
            // Without receivers there is nobody to miss it.
            let _ = self.events.send(event());
        }
    }

    /// Waits until something holds that a run's end or an enabling can make true.
    pub(crate) async fn until(&self, mut holds: impl FnMut() -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if holds() {
                return;
            }
            changed.await;
        }
    }

    /// Whether a run of a trigger could start or wait.
    pub(crate) fn has_place(&self, trigger: usize) -> bool {
        let Some(concurrency) = self.definition.triggers[trigger].concurrency else {
            return true;
        };
        let shared = self.shared();
        let turns = &shared.turns[trigger];
        turns.going < concurrency.runs || turns.waiting.len() < concurrency.waiting
    }

    /// Starts a run, or lets it wait for its turn. Nothing where too many wait.
    pub(crate) fn fire(
        self: &Arc<Self>,
        trigger: usize,
        scheduled: Timestamp,
        window_end: Option<Timestamp>,
    ) -> Option<Arc<str>> {
        let now = self.clock.now();
        let concurrency = self.definition.triggers[trigger].concurrency;
        let mut shared = self.shared();
        let turns = &shared.turns[trigger];
        let (starts, waits) = match concurrency {
            None => (true, false),
            Some(concurrency) => (
                turns.going < concurrency.runs,
                turns.waiting.len() < concurrency.waiting,
            ),
        };
        let mut firing = Firing {
            trigger: self.definition.triggers[trigger].name.clone(),
            scheduled,
            fired: now,
            run: None,
        };
        if starts || waits {
            let run = Arc::new(self.new_run(&shared, trigger, now, scheduled, window_end));
            firing.run = Some(run.id.clone());
            shared.runs.insert(run.id.clone(), Arc::clone(&run));
            shared.going += 1;
            if starts {
                shared.turns[trigger].going += 1;
                tokio::spawn(drive(run));
            } else {
                shared.turns[trigger].waiting.push_back(run);
            }
        }
        let id = firing.run.clone();
        if shared.firings.len() == self.options.kept {
            shared.firings.pop_front();
        }
        shared.firings.push_back(firing);
        id
    }

    fn new_run(
        self: &Arc<Self>,
        shared: &Shared,
        trigger: usize,
        fired: Timestamp,
        scheduled: Timestamp,
        window_end: Option<Timestamp>,
    ) -> Run {
        let mut random = self.random();
        let id = loop {
            let id = id::of_run(fired, &mut random);
            if !shared.runs.contains_key(id.as_str()) {
                break id;
            }
        };
        Run {
            app: Arc::clone(self),
            id: id.into(),
            trigger,
            fired,
            scheduled,
            window_end,
            tracking: random.u64(..),
            state: Mutex::new(State::new(&self.definition)),
            callbacks: Mutex::default(),
            cancelled: Notify::new(),
        }
    }

    /// Ends a run that still waits for its turn; whether it did.
    fn withdraw(&self, run: &Arc<Run>) -> bool {
        let mut shared = self.shared();
        let waiting = &mut shared.turns[run.trigger].waiting;
        let Some(place) = waiting.iter().position(|other| Arc::ptr_eq(other, run)) else {
            return false;
        };
        waiting.remove(place);
        drop(shared);
        run.end(Status::Cancelled, None);
        self.ended(run, false);
        true
    }

    /// Notes that a run has ended, and lets the next take its turn.
    fn ended(&self, run: &Arc<Run>, had_turn: bool) {
        let mut shared = self.shared();
        shared.going -= 1;
        shared.ended.push_back(run.id.clone());
        while shared.ended.len() > self.options.kept {
            if let Some(oldest) = shared.ended.pop_front() {
                shared.runs.remove(&oldest);
            }
        }
        if had_turn {
            let turns = &mut shared.turns[run.trigger];
            if let Some(next) = turns.waiting.pop_front() {
                tokio::spawn(drive(next));
            } else {
                turns.going -= 1;
            }
        }
        drop(shared);
        self.changed.notify_waiters();
    }
}

impl Run {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn callbacks(&self) -> MutexGuard<'_, Vec<Callback>> {
        lock(&self.callbacks)
    }

    fn end(&self, status: Status, problem: Option<Problem>) {
        let now = self.app.clock.now();
        let actions = &self.app.definition.actions;
        self.state().end(status, problem.clone(), now, actions);
        self.app.tell(|| Event::RunEnded {
            run: self.id.clone(),
            status,
            problem,
            at: now,
        });
    }
}

/// Executes a run from its beginning to its end.
async fn drive(run: Arc<Run>) {
    let app = Arc::clone(&run.app);
    let now = app.clock.now();
    {
        let mut state = run.state();
        state.status = Status::Running;
        state.started = Some(now);
    }
    app.tell(|| Event::RunStarted {
        run: run.id.clone(),
        trigger: app.definition.triggers[run.trigger].name.clone(),
        scheduled: run.scheduled,
        at: now,
    });
    let root = &app.definition.root;
    let place = Place {
        run: &run,
        frame: 0,
        pass: None,
    };
    let longest = app.later(LONGEST_RUN);
    let flow = tokio::select! {
        biased;
        flow = place.block(root) => Ok(flow),
        () = run.cancelled.notified() => Err(Status::Cancelled),
        () = app.clock.sleep_until(longest) => Err(Status::TimedOut),
    };
    let (status, problem) = match flow {
        Err(status) => (status, None),
        Ok(ControlFlow::Break(())) => {
            let mut state = run.state();
            (state.status, state.problem.take())
        }
        Ok(ControlFlow::Continue(())) if place.has_failed(root) => {
            let problem = Problem {
                code: "ActionFailed".to_owned(),
                message: execute::ACTION_FAILED.to_owned(),
            };
            (Status::Failed, Some(problem))
        }
        Ok(ControlFlow::Continue(())) => (Status::Succeeded, None),
    };
    run.end(status, problem);
    app.ended(&run, true);
}
