//! Workflow functions that evaluate only the arguments that they need.
//!
//! The function reference does not document this. It is the observed behavior of the real service,
//! according to the test suite of IllogicApps (<https://github.com/ScoreUnder/IllogicApps>) and
//! microsoft/data-factory-testing-framework#66.
//!
//! An [eager](crate::expression::Environment::is_eager) environment evaluates all arguments. Tests
//! use it to check that a workflow works with both behaviors.

use serde_json::Value;

use super::{Arguments, Outcome, logical, owned};
use crate::expression::{EvalContext, EvalError, Node, evaluate};

/// Evaluates arguments from left to right, until `decides` returns true for one of them. An eager
/// environment evaluates all of them.
fn evaluated<'e>(
    function: &'static str,
    nodes: &'e [Node],
    context: EvalContext<'e>,
    mut decides: impl FnMut(&Arguments<'e>, usize) -> Result<bool, EvalError>,
) -> Result<Arguments<'e>, EvalError> {
    let mut arguments = Arguments {
        function,
        values: Vec::with_capacity(nodes.len()),
        environment: context.environment,
    };
    for (index, node) in nodes.iter().enumerate() {
        arguments.values.push(evaluate(node, context)?);
        if decides(&arguments, index)? && !context.environment.is_eager() {
            break;
        }
    }
    Ok(arguments)
}

pub(super) fn and<'e>(nodes: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let is_false = |arguments: &Arguments<'e>, index| arguments.boolean(index).map(|flag| !flag);
    logical::and(evaluated("and", nodes, context, is_false)?)
}

pub(super) fn or<'e>(nodes: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let is_true = |arguments: &Arguments<'e>, index| arguments.boolean(index);
    logical::or(evaluated("or", nodes, context, is_true)?)
}

pub(super) fn coalesce<'e>(nodes: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let is_value = |arguments: &Arguments<'e>, index| Ok(!arguments.get(index).is_null());
    logical::coalesce(evaluated("coalesce", nodes, context, is_value)?)
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
