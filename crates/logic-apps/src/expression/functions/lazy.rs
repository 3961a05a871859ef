//! Workflow functions that evaluate only the arguments that they need.
//!
//! The function reference does not document this, but the real service does it (the test suite of
//! IllogicApps, <https://github.com/ScoreUnder/IllogicApps>;
//! microsoft/data-factory-testing-framework#66). An
//! [eager](crate::expression::Environment::is_eager) environment evaluates all arguments, so that
//! tests can check that a workflow does not depend on it.

use serde_json::Value;

use super::{Arguments, Outcome, logical, owned};
use crate::expression::{EvalContext, EvalError, Node, evaluate};

/// Evaluates arguments from left to right until `decided` returns true for the argument just evaluated. An eager
/// environment evaluates all of them.
fn evaluated<'e>(
    function: &'static str,
    nodes: &'e [Node],
    context: EvalContext<'e>,
    mut decided: impl FnMut(&Arguments<'e>, usize) -> Result<bool, EvalError>,
) -> Result<Arguments<'e>, EvalError> {
    let mut arguments = Arguments {
        function,
        values: Vec::with_capacity(nodes.len()),
        environment: context.environment,
    };
    for (index, node) in nodes.iter().enumerate() {
        arguments.values.push(evaluate(node, context)?);
        if decided(&arguments, index)? && !context.environment.is_eager() {
            break;
        }
    }
    Ok(arguments)
}

pub(super) fn and<'e>(nodes: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let no = |arguments: &Arguments<'e>, index| arguments.boolean(index).map(|flag| !flag);
    logical::and(evaluated("and", nodes, context, no)?)
}

pub(super) fn or<'e>(nodes: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let yes = |arguments: &Arguments<'e>, index| arguments.boolean(index);
    logical::or(evaluated("or", nodes, context, yes)?)
}

pub(super) fn coalesce<'e>(nodes: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let found = |arguments: &Arguments<'e>, index| Ok(!arguments.get(index).is_null());
    logical::coalesce(evaluated("coalesce", nodes, context, found)?)
}

/// `if` of workflows and of ARM templates: "when the condition is True, only the true value is
/// evaluated".
pub(super) fn choose<'e>(nodes: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let mut arguments = evaluated("if", nodes, context, |_, _| Ok(true))?;
    let chosen = if arguments.boolean(0)? { 1 } else { 2 };
    match nodes.get(chosen) {
        Some(_) if context.environment.is_eager() => Ok(arguments.take(chosen)),
        Some(node) => evaluate(node, context),
        None => owned(Value::Null),
    }
}
