//! Records of runs, actions, and trigger firings. They do not contain values that the workflow secures;
//! see [`Content::Redacted`].

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::status::Status;

/// Error of a run or an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Identifier for programs, such as `ActionFailed`.
    pub code: String,
    /// Description for people.
    pub message: String,
}

/// One run of a workflow.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// The run's id. Ids of later runs sort before those of earlier ones.
    pub id: Arc<str>,
    /// Name of the trigger that started the run.
    pub trigger: Arc<str>,
    /// Time that the run was scheduled for.
    pub scheduled: Timestamp,
    /// End of the window that starts at `scheduled`; only for a `SlidingWindow` trigger.
    pub window_end: Option<Timestamp>,
    /// Time at which the trigger fired.
    pub fired: Timestamp,
    /// Time at which the first action could start. Later than `fired` if the run was queued.
    pub started: Option<Timestamp>,
    /// Time at which the run ended.
    pub ended: Option<Timestamp>,
    /// Current status.
    pub status: Status,
    /// Why the run did not succeed.
    pub problem: Option<Problem>,
    /// Executions that the service would bill: one for the trigger, and one for every repetition of
    /// every action that was not skipped.
    pub billed: u64,
}

/// One repetition of one action of a run. An action outside of loops has exactly one.
#[derive(Debug, Clone)]
pub struct ActionRecord {
    /// The action's name.
    pub name: Arc<str>,
    /// Current status.
    pub status: Status,
    /// The service's result code, such as `OK`, `NotFound`, or `ActionSkipped`; empty while the action
    /// runs.
    pub code: Cow<'static, str>,
    /// Why the action did not succeed.
    pub problem: Option<Problem>,
    /// Time at which the action started or was skipped. `None` if it is in a branch that was not
    /// taken.
    pub started: Option<Timestamp>,
    /// Time at which the action ended.
    pub ended: Option<Timestamp>,
    /// The evaluated inputs.
    pub inputs: Content,
    /// The outputs.
    pub outputs: Content,
    /// Attempts that were followed by a retry, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// For a loop, the number of its repetitions so far.
    pub repetitions: Option<u32>,
    /// The enclosing loops, outermost first, and which of their repetitions this is.
    pub loops: Vec<LoopIndex>,
    /// Identifies the repetition. `None` if the action is in a branch that was not taken.
    pub tracking_id: Option<Uuid>,
}

/// Inputs or outputs of an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The action has none, or none yet.
    None,
    /// Secured by `secureData`, directly or because it uses a secured value.
    Redacted,
    /// The value.
    Value(Arc<Value>),
}

impl Content {
    /// The value, if there is one that is not redacted.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::None | Self::Redacted => None,
        }
    }
}

/// An attempt of an HTTP request that was followed by a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Time at which the request was sent.
    pub started: Timestamp,
    /// Time at which the response or the error was received.
    pub ended: Timestamp,
    /// The service's result code, such as `ServiceUnavailable`.
    pub code: Cow<'static, str>,
}

/// A repetition of a loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopIndex {
    /// The loop's name.
    pub name: Arc<str>,
    /// Index of the repetition, from 0.
    pub index: usize,
}

/// One firing of a trigger. The service bills each as one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiringRecord {
    /// The trigger's name.
    pub trigger: Arc<str>,
    /// Time that the trigger fired for.
    pub scheduled: Timestamp,
    /// Time at which the trigger fired.
    pub fired: Timestamp,
    /// `Succeeded` if a run was started; `Skipped` if a condition was false or the queue of waiting
    /// runs was full; `Failed` if a condition could not be evaluated.
    pub status: Status,
    /// Id of the run that was started.
    pub run: Option<Arc<str>>,
}
