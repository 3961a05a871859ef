//! Execution of runs.
//!
//! A run is one task; dropping it cancels everything in it. Time comes from the [`Clock`],
//! responses come from the [`Transport`].

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
pub(crate) use self::conditions::FireError;
pub use self::event::Event;
use crate::clock::Clock;
use crate::transport::Transport;

/// Maximum number of unread events of a subscriber. Beyond it, the oldest are lost.
const EVENTS: usize = 4096;

/// External dependencies of a workflow.
#[derive(Clone)]
pub struct Services {
    /// Source of the time.
    pub clock: Clock,
    /// Sends the workflow's requests.
    pub transport: Arc<dyn Transport>,
    /// Base URL for reports to `HttpWebhook` actions, such as `http://127.0.0.1:8080`.
    /// `/workflows/…` is appended.
    pub callback_base: String,
    /// Seed of the random numbers: ids, signatures, and retry intervals.
    pub seed: u64,
    /// Behavior and limits.
    pub options: Options,
}

/// Limits, Azure ids, and behavior that the service does not document.
#[derive(Debug, Clone)]
pub struct Options {
    /// Treatment of a report that arrives before the response to the subscribe request.
    pub early_callback: EarlyCallback,
    /// Whether `and`, `or`, `if`, and `coalesce` evaluate all their arguments. The service stops at
    /// the deciding argument but does not document it, so a workflow should not depend on it.
    pub eager_arguments: bool,
    /// How early a `Recurrence` trigger fires. "The timestamp for the triggered run might vary up
    /// to 1 minute from the scheduled time" (`connectors-native-recurrence.md`); one second was
    /// observed (Azure/logicapps#1476). Whether `scheduledTime` is exact in this case is not
    /// documented; here it is equally early.
    pub fires_early: SignedDuration,
    /// Maximum number of ended runs, and of trigger firings, in the history.
    pub kept: usize,
    /// Id of the resource group, the prefix of the workflow's id.
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

/// Treatment of a report that arrives before the response to the subscribe request. The service
/// does not document it, so a workflow must support both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyCallback {
    /// The report completes the action.
    Accepted,
    /// The report is rejected with an error.
    Refused,
}
