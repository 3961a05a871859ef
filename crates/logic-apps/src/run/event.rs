//! What happens, for those who watch.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::history::Problem;
use crate::status::Status;

/// Something that has happened in a workflow. It holds no inputs and no outputs.
#[derive(Debug, Clone)]
pub enum Event {
    /// A trigger fired and started no run. It is billed as one execution.
    NotStarted {
        /// The trigger's name.
        trigger: Arc<str>,
        /// `Skipped`, or `Failed` where a condition could not be evaluated.
        status: Status,
        /// When.
        at: Timestamp,
    },
    /// A run has begun.
    RunStarted {
        /// The run's id.
        run: Arc<str>,
        /// The trigger's name.
        trigger: Arc<str>,
        /// The time that the run is for.
        scheduled: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// An action has begun.
    ActionStarted {
        /// The run's id.
        run: Arc<str>,
        /// The action's name.
        action: Arc<str>,
        /// When.
        at: Timestamp,
    },
    /// An action has ended, or was skipped.
    ActionEnded {
        /// The run's id.
        run: Arc<str>,
        /// The action's name.
        action: Arc<str>,
        /// How.
        status: Status,
        /// The service's word for it, such as `OK` or `NotFound`.
        code: Cow<'static, str>,
        /// When it began.
        started: Timestamp,
        /// When it ended.
        ended: Timestamp,
    },
    /// A run has ended.
    RunEnded {
        /// The run's id.
        run: Arc<str>,
        /// How.
        status: Status,
        /// Why it did not succeed.
        problem: Option<Problem>,
        /// When.
        at: Timestamp,
    },
}

impl Event {
    /// The id of the run that it happened in.
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
