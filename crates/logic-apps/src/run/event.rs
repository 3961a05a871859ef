//! Events of a workflow: starts and ends of runs and actions.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::history::Problem;
use crate::status::Status;

/// An event of a workflow. Events contain no inputs and no outputs.
#[derive(Debug, Clone)]
pub enum Event {
    /// A trigger fired but did not start a run. The service bills it as one execution.
    NotStarted {
        /// The trigger's name.
        trigger: Arc<str>,
        /// `Skipped`, or `Failed` if a condition could not be evaluated.
        status: Status,
        /// Time of the event.
        at: Timestamp,
    },
    /// A run started.
    RunStarted {
        /// The run's id.
        run: Arc<str>,
        /// The trigger's name.
        trigger: Arc<str>,
        /// Time that the run was scheduled for.
        scheduled: Timestamp,
        /// Time of the event.
        at: Timestamp,
    },
    /// An action started.
    ActionStarted {
        /// The run's id.
        run: Arc<str>,
        /// The action's name.
        action: Arc<str>,
        /// Time of the event.
        at: Timestamp,
    },
    /// An action ended or was skipped.
    ActionEnded {
        /// The run's id.
        run: Arc<str>,
        /// The action's name.
        action: Arc<str>,
        /// Final status.
        status: Status,
        /// The service's result code, such as `OK` or `NotFound`.
        code: Cow<'static, str>,
        /// Start time.
        started: Timestamp,
        /// End time.
        ended: Timestamp,
    },
    /// A run ended.
    RunEnded {
        /// The run's id.
        run: Arc<str>,
        /// Final status.
        status: Status,
        /// Why the run did not succeed.
        problem: Option<Problem>,
        /// Time of the event.
        at: Timestamp,
    },
}

impl Event {
    /// Id of the run, if the event belongs to one.
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::NotStarted { .. } => None,
            Self::RunStarted { run, .. }
            | Self::ActionStarted { run, .. }
            | Self::ActionEnded { run, .. }
            | Self::RunEnded { run, .. } => Some(run),
        }
    }
}
