//! Shared state of a workflow's runs, and the lifecycle of a run.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Notify, broadcast};

use super::conditions::{self, FireError};
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

/// Time limit of a run ("Run duration: 90 days", `logic-apps-limits-and-config.md`).
const MAX_DURATION: Duration = Duration::from_hours(90 * 24);

/// State that the runs of a workflow share.
pub(crate) struct App {
    pub(crate) name: Arc<str>,
    /// The workflow's id in callback URLs.
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
    /// Notified when a run ends and when the workflow is enabled.
    pub(crate) changed: Notify,
}

/// The mutable state of a workflow.
pub(crate) struct Shared {
    pub(crate) enabled: bool,
    pub(crate) runs: HashMap<Arc<str>, Arc<Run>>,
    /// Ended runs, oldest first.
    ended: VecDeque<Arc<str>>,
    /// Number of running and waiting runs.
    pub(crate) unfinished: usize,
    /// By index of the trigger.
    queues: Vec<RunQueue>,
    pub(crate) firings: VecDeque<FiringRecord>,
}

/// Running and waiting runs of a trigger.
#[derive(Default)]
struct RunQueue {
    running: usize,
    waiting: VecDeque<Arc<Run>>,
}

/// One run.
pub(crate) struct Run {
    pub(crate) app: Arc<App>,
    pub(crate) id: Arc<str>,
    pub(crate) trigger: usize,
    pub(crate) fired: Timestamp,
    pub(crate) scheduled: Timestamp,
    /// End of the window, for a `SlidingWindow` trigger.
    pub(crate) window_end: Option<Timestamp>,
    /// Seed of the tracking ids.
    pub(crate) tracking_seed: u64,
    /// The result of `workflow()`, created on first use.
    pub(super) workflow: OnceLock<Value>,
    state: Mutex<State>,
    callbacks: Mutex<Vec<Callback>>,
    pub(crate) cancelled: Notify,
}

/// Locks a mutex, even if it is poisoned.
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
        let queues = definition.triggers.iter().map(|_| RunQueue::default());
        let shared = Shared {
            enabled: definition.enabled,
            runs: HashMap::new(),
            ended: VecDeque::new(),
            unfinished: 0,
            queues: queues.collect(),
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

    /// Returns the time after `span` from now.
    pub(crate) fn after(&self, span: Duration) -> Timestamp {
        self.clock.now().checked_add(span).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn emit(&self, event: impl FnOnce() -> Event) {
        if self.events.receiver_count() > 0 {
            // `send` fails only if there are no receivers.
            let _ = self.events.send(event());
        }
    }

    /// Waits until `holds` returns true. It is re-evaluated whenever a run ends or the workflow is
    /// enabled.
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

    /// Fires a trigger: starts a run or queues it. Checking the concurrency limits and taking a
    /// slot is atomic, so that a concurrent manual run cannot exceed them.
    ///
    /// # Errors
    /// Why no run was created. The failure is also recorded as a firing, except if the workflow is
    /// disabled or the queue has no room for a `window`.
    pub(crate) fn fire(
        self: &Arc<Self>,
        trigger: usize,
        scheduled: Timestamp,
        window: Option<Timestamp>,
    ) -> Result<Arc<str>, FireError> {
        let now = self.clock.now();
        let declared = &self.definition.triggers[trigger];
        let mut shared = self.shared();
        if !shared.enabled {
            return Err(FireError::Disabled);
        }
        let mut firing = FiringRecord {
            trigger: declared.name.clone(),
            scheduled,
            fired: now,
            status: Status::Succeeded,
            run: None,
        };
        if let Err(error) = conditions::check(self, trigger, &firing, window) {
            firing.status = error.status();
            self.record_firing(&mut shared, firing);
            return Err(error);
        }
        let queue = &shared.queues[trigger];
        let (can_start, can_wait) = match declared.concurrency {
            None => (true, false),
            Some(concurrency) => (
                queue.running < concurrency.runs,
                queue.waiting.len() < concurrency.waiting,
            ),
        };
        if !(can_start || can_wait) {
            if window.is_none() {
                firing.status = Status::Skipped;
                self.record_firing(&mut shared, firing);
            }
            return Err(FireError::TooManyWaiting);
        }
        let run = Arc::new(self.new_run(&shared, trigger, now, scheduled, window));
        let id = run.id.clone();
        firing.run = Some(id.clone());
        shared.runs.insert(id.clone(), Arc::clone(&run));
        shared.unfinished += 1;
        if can_start {
            shared.queues[trigger].running += 1;
            tokio::spawn(execute_run(run));
        } else {
            shared.queues[trigger].waiting.push_back(run);
        }
        self.record_firing(&mut shared, firing);
        Ok(id)
    }

    fn record_firing(&self, shared: &mut Shared, firing: FiringRecord) {
        if firing.run.is_none() {
            self.emit(|| Event::NotStarted {
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
            tracking_seed: random.u64(..),
            workflow: OnceLock::new(),
            state: Mutex::new(State::new(&self.definition)),
            callbacks: Mutex::default(),
            cancelled: Notify::new(),
        }
    }

    /// Cancels a run that is still waiting. Returns whether it was.
    pub(crate) fn cancel_waiting(&self, run: &Arc<Run>) -> bool {
        let mut shared = self.shared();
        let waiting = &mut shared.queues[run.trigger].waiting;
        let Some(position) = waiting.iter().position(|other| Arc::ptr_eq(other, run)) else {
            return false;
        };
        waiting.remove(position);
        drop(shared);
        run.end(Status::Cancelled, None);
        self.finish(run, false);
        true
    }

    /// Records the end of a run, and starts the next waiting run if `had_slot`.
    fn finish(&self, run: &Arc<Run>, had_slot: bool) {
        let mut shared = self.shared();
        shared.unfinished -= 1;
        shared.ended.push_back(run.id.clone());
        while shared.ended.len() > self.options.kept {
            if let Some(oldest) = shared.ended.pop_front() {
                shared.runs.remove(&oldest);
            }
        }
        if had_slot {
            let queue = &mut shared.queues[run.trigger];
            if let Some(next) = queue.waiting.pop_front() {
                tokio::spawn(execute_run(next));
            } else {
                queue.running -= 1;
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
        self.app.emit(|| Event::RunEnded {
            run: self.id.clone(),
            status,
            problem,
            at: now,
        });
    }
}

/// Executes a run from start to end.
async fn execute_run(run: Arc<Run>) {
    let app = Arc::clone(&run.app);
    let now = app.clock.now();
    {
        let mut state = run.state();
        state.status = Status::Running;
        state.started = Some(now);
    }
    app.emit(|| Event::RunStarted {
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
    let deadline = app.after(MAX_DURATION);
    let flow = tokio::select! {
        biased;
        flow = execution.block(root) => Ok(flow),
        () = run.cancelled.notified() => Err(Status::Cancelled),
        () = app.clock.sleep_until(deadline) => Err(Status::TimedOut),
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
    app.finish(&run, true);
}
