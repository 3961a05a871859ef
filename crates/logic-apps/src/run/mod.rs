//! Execution of runs.
//!
//! A run is one task: dropping it ends everything in it. Time comes from the [`Clock`], responses
//! come from the [`Transport`].

mod app;
mod conditions;
mod data;
mod environment;
mod event;
mod execute;
mod http;
mod id;
mod loops;
mod message;
mod objects;
mod records;
mod state;
mod webhook;

use std::sync::Arc;

use jiff::SignedDuration;

pub(crate) use self::app::{App, Run, lock};
pub(crate) use self::conditions::Unfired;
pub use self::event::Event;
use crate::clock::Clock;
use crate::transport::Transport;

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
