//! The evaluation context of a workflow's expressions.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::state::{FrameId, Record, State};
use super::{App, Run, objects};
use crate::definition::action::{ActionId, Condition, Kind};
use crate::expression::{Environment, EvalError, Templated};
use crate::status::Status;

/// The scope in which a block of actions is executed: the whole run, or an iteration of a loop.
#[derive(Clone, Copy)]
pub(super) struct Execution<'a> {
    pub(super) run: &'a Run,
    pub(super) frame: FrameId,
    pub(super) iteration: Option<&'a Iteration<'a>>,
}

/// One iteration of a loop.
pub(super) struct Iteration<'a> {
    pub(super) loop_id: ActionId,
    pub(super) index: usize,
    pub(super) item: Option<&'a Value>,
    pub(super) outer: Option<&'a Iteration<'a>>,
}

impl Iteration<'_> {
    /// This iteration and those of the enclosing loops, innermost first.
    pub(super) fn outwards(&self) -> impl Iterator<Item = &Iteration<'_>> {
        std::iter::successors(Some(self), |iteration| iteration.outer)
    }
}

impl Execution<'_> {
    /// Returns the evaluation context for expressions of the action `id`.
    pub(super) fn context<'s>(&'s self, state: &'s State, id: ActionId) -> EvalContext<'s> {
        EvalContext {
            execution: *self,
            state,
            id,
            item: None,
            callback: None,
        }
    }

    /// Evaluates a part of the inputs of the action `id`.
    pub(super) fn evaluate(&self, id: ActionId, value: &Templated) -> Result<Value, EvalError> {
        let state = self.run.state();
        let context = self.context(&state, id);
        Ok(value.evaluate(&context)?.into_owned())
    }

    /// Evaluates a condition of the action `id`.
    pub(super) fn holds(&self, id: ActionId, condition: &Condition) -> Result<bool, EvalError> {
        let state = self.run.state();
        holds(&self.context(&state, id), condition)
    }
}

fn holds(context: &EvalContext<'_>, condition: &Condition) -> Result<bool, EvalError> {
    match condition {
        Condition::Expression(expression) => to_bool(&*expression.evaluate(context)?),
        Condition::All(conditions) => all_or_any(context, conditions, false),
        Condition::Any(conditions) => all_or_any(context, conditions, true),
        Condition::Not(condition) => holds(context, condition).map(|holds| !holds),
        Condition::Comparison(comparison) => {
            let right = comparison
                .right
                .as_ref()
                .map(|right| right.evaluate(context));
            let operands = Operands {
                left: comparison.left.evaluate(context)?,
                right: right.transpose()?.unwrap_or(Cow::Borrowed(&NULL)),
                now: context.now(),
            };
            to_bool(&*comparison.function.evaluate(&operands)?)
        }
    }
}

/// Evaluates `and` if `deciding` is false, and `or` if it is true. Stops at the first condition with
/// that value, as the functions `and` and `or` do.
fn all_or_any(
    context: &EvalContext<'_>,
    conditions: &[Condition],
    deciding: bool,
) -> Result<bool, EvalError> {
    let mut decided = false;
    for condition in conditions {
        decided |= holds(context, condition)? == deciding;
        if decided && !context.is_eager() {
            break;
        }
    }
    Ok(decided == deciding)
}

/// Converts the value of a condition, which must be a Boolean.
pub(super) fn to_bool(value: &Value) -> Result<bool, EvalError> {
    value.as_bool().ok_or_else(|| {
        EvalError::new(format!(
            "a condition must be true or false, not {}",
            crate::definition::json_type(value)
        ))
    })
}

/// Environment for a comparison in a condition: `left()` and `right()` return its operands.
struct Operands<'a> {
    left: Cow<'a, Value>,
    right: Cow<'a, Value>,
    now: Timestamp,
}

impl Environment for Operands<'_> {
    fn call(
        &self,
        name: &str,
        _arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>> {
        match name {
            "left" => Some(Ok(Cow::Borrowed(&self.left))),
            "right" => Some(Ok(Cow::Borrowed(&self.right))),
            _ => None,
        }
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

/// Evaluation context of an action's expressions.
pub(super) struct EvalContext<'a> {
    execution: Execution<'a>,
    state: &'a State,
    id: ActionId,
    pub(super) item: Option<&'a Value>,
    pub(super) callback: Option<&'a str>,
}

static NULL: Value = Value::Null;

impl EvalContext<'_> {
    /// The action whose name is the first argument.
    fn target(&self, arguments: &[Cow<'_, Value>]) -> Option<ActionId> {
        let name = first_text(arguments)?;
        let names = &self.execution.run.app.definition.names;
        names
            .get(name)
            .or_else(|| names.get(&name.to_lowercase()))
            .copied()
    }

    fn record(&self, id: ActionId) -> Option<&Record> {
        self.state.record(self.execution.frame, id)
    }

    fn outputs(&self, arguments: &[Cow<'_, Value>]) -> Option<&Value> {
        let record = self.record(self.target(arguments)?);
        let outputs = record.and_then(|record| record.outputs.as_deref());
        Some(outputs.unwrap_or(&NULL))
    }

    fn action(&self, id: ActionId) -> Cow<'_, Value> {
        let object = |record| objects::action(self.execution.run, id, record);
        match self.record(id) {
            // Cached, because expressions often read several properties.
            Some(record) if record.status.has_ended() => {
                Cow::Borrowed(record.object.get_or_init(|| object(record)))
            }
            Some(record) => Cow::Owned(object(record)),
            None => Cow::Owned(json!({
                "name": &*self.execution.run.app.definition.actions[id].name,
                "code": "ActionSkipped",
                "status": Status::Skipped.name(),
            })),
        }
    }

    fn result(&self, id: ActionId) -> Value {
        let actions = &self.execution.run.app.definition.actions;
        let last = actions[id].last_descendant;
        if matches!(actions[id].kind, Kind::Foreach { .. }) {
            let results = self.record(id).map(|record| record.results.clone());
            return Value::Array(results.unwrap_or_default());
        }
        (id + 1..=last)
            .filter(|inner| actions[*inner].parent == Some(id))
            .map(|inner| self.action(inner).into_owned())
            .collect()
    }

    fn iterations(&self) -> impl Iterator<Item = &Iteration<'_>> {
        self.execution
            .iteration
            .into_iter()
            .flat_map(Iteration::outwards)
    }

    fn find_iteration(&self, arguments: &[Cow<'_, Value>]) -> Option<&Iteration<'_>> {
        let id = self.target(arguments)?;
        self.iterations().find(|iteration| iteration.loop_id == id)
    }

    fn variable(&self, name: &str) -> Result<Cow<'_, Value>, EvalError> {
        let declared = &self.execution.run.app.definition.variables;
        let found = declared
            .iter()
            .position(|variable| variable.name.eq_ignore_ascii_case(name));
        found
            .and_then(|found| self.state.variables.get(found))
            .and_then(Option::as_ref)
            .map(Cow::Borrowed)
            // The `InitializeVariable` action was skipped.
            .ok_or_else(|| {
                EvalError::new(format!("the variable '{name}' has not been initialized"))
            })
    }
}

impl Environment for EvalContext<'_> {
    /// The loader accepts only calls that resolve: all names are literals of existing actions,
    /// loops, variables, and parameters, and the actions have ended.
    fn call(
        &self,
        name: &str,
        arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>> {
        let run = self.execution.run;
        let app = &run.app;
        Some(Ok(match name {
            "parameters" => Cow::Borrowed(parameter(app, arguments)?),
            "outputs" | "actionoutputs" => Cow::Borrowed(self.outputs(arguments)?),
            "body" | "actionbody" => {
                Cow::Borrowed(self.outputs(arguments)?.get("body").unwrap_or(&NULL))
            }
            "actions" => self.action(self.target(arguments)?),
            "action" => self.action(self.id),
            "result" => Cow::Owned(self.result(self.target(arguments)?)),
            "item" => {
                let loop_item = || self.iterations().find_map(|iteration| iteration.item);
                Cow::Borrowed(self.item.or_else(loop_item)?)
            }
            "items" => Cow::Borrowed(self.find_iteration(arguments)?.item?),
            "iterationindexes" => Cow::Owned(self.find_iteration(arguments)?.index.into()),
            "variables" => return Some(self.variable(first_text(arguments)?)),
            "trigger" => Cow::Owned(objects::trigger(run)),
            "triggeroutputs" => Cow::Owned(objects::trigger_outputs(run.scheduled, run.window_end)),
            "triggerbody" => Cow::Borrowed(&NULL),
            "workflow" => Cow::Borrowed(run.workflow.get_or_init(|| objects::workflow(run))),
            "listcallbackurl" => Cow::Owned(self.callback?.into()),
            _ => return None,
        }))
    }

    fn now(&self) -> Timestamp {
        self.execution.run.app.clock.now()
    }

    fn is_eager(&self) -> bool {
        self.execution.run.app.options.eager_arguments
    }
}

/// Returns the value of the parameter whose name is the first argument.
pub(super) fn parameter<'a>(app: &'a App, arguments: &[Cow<'_, Value>]) -> Option<&'a Value> {
    let name = first_text(arguments)?;
    let parameters = &app.definition.parameters;
    let value = parameters.get(name);
    value.or_else(|| parameters.get(&name.to_lowercase()))
}

fn first_text<'a>(arguments: &'a [Cow<'_, Value>]) -> Option<&'a str> {
    arguments.first()?.as_str()
}
