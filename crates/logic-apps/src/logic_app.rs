//! A deployed workflow: its triggers, its runs, and their history.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use crate::definition::{Definition, LoadError};
use crate::history::{ActionRecord, FiringRecord, RunRecord};
use crate::run::{App, Event, FireError, Services, lock};
use crate::trigger;

/// Why a trigger started no run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The workflow has no trigger of that name.
    #[error("the workflow has no trigger {0:?}")]
    NoTrigger(String),
    /// The workflow is disabled.
    #[error("the workflow is disabled; enable it first")]
    Disabled,
    /// The trigger already has as many waiting runs as its `maximumWaitingRuns` allows.
    #[error("trigger {0} already has as many waiting runs as its maximumWaitingRuns allows")]
    TooManyWaiting(String),
    /// A condition of the trigger is false.
    #[error("a condition of trigger {0} is false")]
    ConditionNotMet(String),
    /// A condition of the trigger cannot be evaluated.
    #[error("a condition of trigger {trigger} cannot be evaluated: {message}")]
    ConditionFailed {
        /// Name of the trigger.
        trigger: String,
        /// The evaluation error.
        message: String,
    },
}

/// A deployed workflow. Clones share the workflow; dropping the last one stops its triggers.
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

impl LogicApp {
    /// Deploys a workflow from the `properties` of a `Microsoft.Logic/workflows` resource whose
    /// ARM expressions have been evaluated. Nothing runs before [`LogicApp::start`] or
    /// [`LogicApp::run_trigger`].
    ///
    /// # Errors
    /// The first part of the definition that is invalid, unknown, or not supported.
    pub fn deploy(name: &str, properties: &Value, services: Services) -> Result<Self, LoadError> {
        let deployed_at = services.clock.now();
        let definition = Definition::load(properties, deployed_at)?;
        let app = App::new(name, definition, services, deployed_at);
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

    /// Starts the triggers on the current tokio runtime. Does nothing if they are started.
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

    /// Stops the triggers. Runs in progress continue.
    pub fn stop(&self) {
        for trigger in lock(&self.deployed.triggers).drain(..) {
            trigger.abort();
        }
    }

    /// Fires a trigger now and returns the id of the run.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn run_trigger(&self, name: &str) -> Result<Arc<str>, StartError> {
        let app = self.app();
        let triggers = &app.definition.triggers;
        let trigger = triggers
            .iter()
            .position(|trigger| trigger.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| StartError::NoTrigger(name.to_owned()))?;
        let name = name.to_owned();
        app.fire(trigger, app.clock.now(), None)
            .map_err(|error| match error {
                FireError::Disabled => StartError::Disabled,
                FireError::TooManyWaiting => StartError::TooManyWaiting(name),
                FireError::ConditionNotMet => StartError::ConditionNotMet(name),
                FireError::ConditionFailed(message) => StartError::ConditionFailed {
                    trigger: name,
                    message,
                },
            })
    }

    /// Handles a request to a callback URL, such as the report to an `HttpWebhook` action.
    pub fn callback(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.app().callback(request)
    }

    /// The runs in the history, newest first.
    pub fn runs(&self) -> Vec<RunRecord> {
        let runs: Vec<_> = self.app().shared().runs.values().cloned().collect();
        let mut records: Vec<_> = runs.iter().map(|run| run.record()).collect();
        records.sort_by(|one, other| (other.fired, &other.id).cmp(&(one.fired, &one.id)));
        records
    }

    /// A run; `None` if the history does not contain it.
    pub fn run(&self, id: &str) -> Option<RunRecord> {
        self.app().find(id).map(|run| run.record())
    }

    /// The actions of a run, in the order of the definition. For an action in a loop, the latest
    /// repetition. `None` if the history does not contain the run.
    pub fn actions(&self, run: &str) -> Option<Vec<ActionRecord>> {
        self.app().find(run).map(|run| run.action_records())
    }

    /// Every repetition of a run's action, oldest first. `None` if the history does not contain the
    /// run, or the definition does not contain the action.
    pub fn repetitions(&self, run: &str, action: &str) -> Option<Vec<ActionRecord>> {
        let run = self.app().find(run)?;
        let id = self.app().definition.names.get(&action.to_lowercase())?;
        Some(run.repetitions(*id))
    }

    /// The firings of the triggers, oldest first.
    pub fn firings(&self) -> Vec<FiringRecord> {
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

    /// Disables the workflow: triggers no longer fire. Runs in progress and waiting runs continue
    /// ("no new runs are instantiated. All in-progress and pending runs continue until they
    /// finish").
    pub fn disable(&self) {
        self.app().shared().enabled = false;
    }

    /// Enables the workflow: triggers fire again.
    pub fn enable(&self) {
        self.app().shared().enabled = true;
        self.app().changed.notify_waiters();
    }

    /// Cancels a run. Returns `false` if there is no such run or it has ended.
    pub fn cancel(&self, run: &str) -> bool {
        let Some(run) = self.app().find(run) else {
            return false;
        };
        if run.state().status.has_ended() {
            return false;
        }
        if !self.app().cancel_waiting(&run) {
            run.cancelled.notify_one();
        }
        true
    }

    /// Waits for a run to end; `None` if the history does not contain it.
    pub async fn join(&self, run: &str) -> Option<RunRecord> {
        let app = self.app();
        let run = app.find(run)?;
        app.until(|| run.state().ended.is_some()).await;
        Some(run.record())
    }

    /// Waits until no run is in progress or waiting.
    pub async fn idle(&self) {
        let app = self.app();
        app.until(|| app.shared().unfinished == 0).await;
    }

    /// Subscribes to the events from now on. A receiver that falls too far behind loses the oldest
    /// events.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.app().events.subscribe()
    }
}
