//! Workflows that run: one that is deployed, its runs, and what they have done.
//!
//! A run is one task, and all that it does at once goes on within that task: ending it ends
//! everything in it. Time is the [`Clock`]'s, the world is the [`Transport`]'s.

mod app;
mod concurrent;
mod conditions;
mod data;
mod environment;
mod event;
mod execute;
mod http;
mod id;
mod loops;
mod message;
mod state;
mod status;
mod webhook;

use std::sync::{Arc, Mutex};

use ::http::{Request, Response};
use bytes::Bytes;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use self::app::lock;
pub(crate) use self::app::{App, Run};
pub(crate) use self::conditions::Unfired;
pub(crate) use self::data::unit;
pub use self::event::Event;
pub(crate) use self::http::REQUEST_LIMIT;
pub use self::id::{falling, guid};
pub use self::state::Problem;
pub(crate) use self::state::Record;
pub use self::status::Status;
use super::clock::Clock;
use super::definition::{Definition, LoadError};
use super::history::{self, RunRecord};
use super::transport::Transport;
use super::trigger::{self, Firing};

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
    /// Whether `and`, `or`, `if` and `coalesce` evaluate all their arguments. The service evaluates
    /// only those that decide, but does not document it; a workflow had better not depend on it.
    pub eager_arguments: bool,
    /// How early a Recurrence trigger fires. "The timestamp for the triggered run might vary up to 1
    /// minute from the scheduled time" (`connectors-native-recurrence.md`); a second is observed
    /// (Azure/logicapps#1476). Whether `scheduledTime` is exact then is not documented: here it is as
    /// early.
    pub fires_early: SignedDuration,
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
            eager_arguments: false,
            fires_early: SignedDuration::ZERO,
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
    /// A condition of the trigger is false.
    #[error("a condition of the trigger {0} is false, so it starts no run now")]
    ConditionNotMet(String),
    /// A condition of the trigger cannot be evaluated.
    #[error("a condition of the trigger {trigger} cannot be evaluated: {message}")]
    ConditionFailed {
        /// The trigger.
        trigger: String,
        /// What is wrong.
        message: String,
    },
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
    /// There is no such trigger, the workflow is disabled, too many runs wait, or the trigger has
    /// conditions that do not hold now.
    pub fn run_trigger(&self, name: &str) -> Result<Arc<str>, StartError> {
        let app = self.app();
        let triggers = &app.definition.triggers;
        let trigger = triggers
            .iter()
            .position(|trigger| trigger.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| StartError::NoTrigger(name.to_owned()))?;
        let name = name.to_owned();
        app.fire(trigger, app.clock.now(), None)
            .map_err(|unfired| match unfired {
                Unfired::Disabled => StartError::Disabled,
                Unfired::TooManyWaiting => StartError::TooManyWaiting(name),
                Unfired::ConditionNotMet => StartError::ConditionNotMet(name),
                Unfired::ConditionFailed(message) => StartError::ConditionFailed {
                    trigger: name,
                    message,
                },
            })
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
