//! Evaluation of trigger conditions, before a run starts.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use super::environment::{parameter, to_bool};
use super::{App, objects};
use crate::expression::{Environment, EvalError};
use crate::history::FiringRecord;
use crate::status::Status;

/// Why a firing did not start a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FireError {
    /// The workflow is disabled.
    Disabled,
    /// A condition is false.
    ConditionNotMet,
    /// A condition cannot be evaluated.
    ConditionFailed(String),
    /// The queue of waiting runs is full.
    TooManyWaiting,
}

impl FireError {
    /// The status in the firing's record.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::ConditionFailed(_) => Status::Failed,
            Self::Disabled | Self::ConditionNotMet | Self::TooManyWaiting => Status::Skipped,
        }
    }
}

/// Checks that all conditions of a trigger are true.
pub(super) fn check(
    app: &App,
    trigger: usize,
    firing: &FiringRecord,
    window_end: Option<Timestamp>,
) -> Result<(), FireError> {
    let context = FiringContext {
        app,
        firing,
        window_end,
    };
    for condition in &app.definition.triggers[trigger].conditions {
        let holds = condition
            .evaluate(&context)
            .and_then(|value| to_bool(&value));
        match holds {
            Ok(true) => {}
            Ok(false) => return Err(FireError::ConditionNotMet),
            Err(error) => return Err(FireError::ConditionFailed(error.to_string())),
        }
    }
    Ok(())
}

struct FiringContext<'a> {
    app: &'a App,
    firing: &'a FiringRecord,
    window_end: Option<Timestamp>,
}

impl Environment for FiringContext<'_> {
    fn call(
        &self,
        name: &str,
        arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>> {
        let outputs = || objects::trigger_outputs(self.firing.scheduled, self.window_end);
        Some(match name {
            "parameters" => Ok(Cow::Borrowed(parameter(self.app, arguments)?)),
            "trigger" => Ok(Cow::Owned(objects::firing(self.firing, &outputs()))),
            "triggeroutputs" => Ok(Cow::Owned(outputs())),
            "triggerbody" => Ok(Cow::Owned(Value::Null)),
            _ => return None,
        })
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    fn is_eager(&self) -> bool {
        self.app.options.eager_arguments
    }
}
