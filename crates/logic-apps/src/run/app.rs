//! What a workflow's runs share, and a run from its beginning to its end.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Notify, broadcast};

use super::conditions::{self, Unfired};
use super::environment::Execution;
use super::event::Event;
use super::state::State;
use super::webhook::Callback;
use super::{EVENTS, Options, Services, execute, id};
use crate::clock::Clock;
use crate::definition::Definition;
use crate::history::{FiringRecord, Problem};
use crate::status::Status;
use crate::transport::Transport;

/// "Run duration: 90 days" (`logic-apps-limits-and-config.md`).
const LONGEST_RUN: Duration = Duration::from_hours(90 * 24);
/// What the runs of a workflow share.
pub(crate) struct App {
    pub(crate) name: Arc<str>,
    /// The workflow's id in URLs.
    pub(crate) key: String,
    pub(crate) definition: Definition,
    pub(crate) clock: Clock,
    pub(crate) deployed_at: Timestamp,
    pub(crate) options: Options,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) callback_base: String,
    random: Mutex<fastrand::Rng>,
    shared: Mutex<Shared>,
    pub(crate) events: broadcast::Sender<Event>,
    /// Told when a run has ended, and when the workflow is enabled.
    pub(crate) changed: Notify,
}

/// What changes of a workflow.
pub(crate) struct Shared {
    pub(crate) enabled: bool,
    pub(crate) runs: HashMap<Arc<str>, Arc<Run>>,
    /// Those that have ended, oldest first.
    ended: VecDeque<Arc<str>>,
    pub(crate) going: usize,
    /// By trigger.
    turns: Vec<Turns>,
    pub(crate) firings: VecDeque<FiringRecord>,
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
    /// What `workflow()` yields, once it was asked for.
    pub(super) workflow: OnceLock<Value>,
    state: Mutex<State>,
    callbacks: Mutex<Vec<Callback>>,
    pub(crate) cancelled: Notify,
}

/// A lock that is had even where another holder panicked.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    pub(crate) fn new(
        name: &str,
        definition: Definition,
        services: Services,
        deployed_at: Timestamp,
    ) -> Self {
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
        Self {
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
        }
    }

    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }

    pub(super) fn random(&self) -> MutexGuard<'_, fastrand::Rng> {
        lock(&self.random)
    }

    pub(crate) fn find(&self, run: &str) -> Option<Arc<Run>> {
        self.shared().runs.get(run).cloned()
    }

    /// The time that is so much later.
    pub(crate) fn later(&self, span: Duration) -> Timestamp {
        self.clock.now().checked_add(span).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn tell(&self, event: impl FnOnce() -> Event) {
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

    /// Fires a trigger: starts a run, or lets it wait for its turn. Looking for a place and taking
    /// it is one step, so that a run that is started by hand at the same time cannot come between.
    ///
    /// # Errors
    /// Why no run came of it; also noted as a firing, except for a `window` that finds no place.
    pub(crate) fn fire(
        self: &Arc<Self>,
        trigger: usize,
        scheduled: Timestamp,
        window: Option<Timestamp>,
    ) -> Result<Arc<str>, Unfired> {
        let now = self.clock.now();
        let declared = &self.definition.triggers[trigger];
        let mut shared = self.shared();
        if !shared.enabled {
            return Err(Unfired::Disabled);
        }
        let mut firing = FiringRecord {
            trigger: declared.name.clone(),
            scheduled,
            fired: now,
            status: Status::Succeeded,
            run: None,
        };
        if let Err(unfired) = conditions::check(self, trigger, &firing, window) {
            firing.status = unfired.status();
            self.note(&mut shared, firing);
            return Err(unfired);
        }
        let turns = &shared.turns[trigger];
        let (starts, waits) = match declared.concurrency {
            None => (true, false),
            Some(concurrency) => (
                turns.going < concurrency.runs,
                turns.waiting.len() < concurrency.waiting,
            ),
        };
        if !(starts || waits) {
            if window.is_none() {
                firing.status = Status::Skipped;
                self.note(&mut shared, firing);
            }
            return Err(Unfired::TooManyWaiting);
        }
        let run = Arc::new(self.new_run(&shared, trigger, now, scheduled, window));
        let id = run.id.clone();
        firing.run = Some(id.clone());
        shared.runs.insert(id.clone(), Arc::clone(&run));
        shared.going += 1;
        if starts {
            shared.turns[trigger].going += 1;
            tokio::spawn(drive(run));
        } else {
            shared.turns[trigger].waiting.push_back(run);
        }
        self.note(&mut shared, firing);
        Ok(id)
    }

    fn note(&self, shared: &mut Shared, firing: FiringRecord) {
        if firing.run.is_none() {
            self.tell(|| Event::NotStarted {
                trigger: firing.trigger.clone(),
                status: firing.status,
                at: firing.fired,
            });
        }
        if shared.firings.len() == self.options.kept {
            shared.firings.pop_front();
        }
        shared.firings.push_back(firing);
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
            let id = id::for_run(fired, &mut random);
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
            workflow: OnceLock::new(),
            state: Mutex::new(State::new(&self.definition)),
            callbacks: Mutex::default(),
            cancelled: Notify::new(),
        }
    }

    /// Ends a run that still waits for its turn; whether it did.
    pub(crate) fn withdraw(&self, run: &Arc<Run>) -> bool {
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

    pub(super) fn callbacks(&self) -> MutexGuard<'_, Vec<Callback>> {
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
    let execution = Execution {
        run: &run,
        frame: 0,
        iteration: None,
    };
    let longest = app.later(LONGEST_RUN);
    let flow = tokio::select! {
        biased;
        flow = execution.block(root) => Ok(flow),
        () = run.cancelled.notified() => Err(Status::Cancelled),
        () = app.clock.sleep_until(longest) => Err(Status::TimedOut),
    };
    let (status, problem) = match flow {
        Err(status) => (status, None),
        Ok(ControlFlow::Break(())) => {
            let mut state = run.state();
            (state.status, state.problem.take())
        }
        Ok(ControlFlow::Continue(())) if execution.has_failed(root) => {
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
