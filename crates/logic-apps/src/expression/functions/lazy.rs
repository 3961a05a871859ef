//! The functions of a workflow that evaluate only the arguments that they need.
//!
//! The function reference does not say so. The host does (the test suite of IllogicApps,
//! <https://github.com/ScoreUnder/IllogicApps>; microsoft/data-factory-testing-framework#66). An
//! environment that is [eager](crate::expression::Environment::is_eager) has all
//! arguments evaluated, so that a test can check that a workflow does not depend on it.

use serde_json::Value;

use super::{Arguments, Outcome, logical, owned};
use crate::expression::{EvalError, Node, Place, value_of};

/// Evaluates arguments in turn until `decided` holds of the last one, or all of them in an eager
/// environment.
fn evaluated<'e>(
    function: &'static str,
    nodes: &'e [Node],
    place: Place<'e>,
    mut decided: impl FnMut(&Arguments<'e>, usize) -> Result<bool, EvalError>,
) -> Result<Arguments<'e>, EvalError> {
    let mut arguments = Arguments {
        function,
        values: Vec::with_capacity(nodes.len()),
        environment: place.environment,
    };
    for (index, node) in nodes.iter().enumerate() {
        arguments.values.push(value_of(node, place)?);
        if decided(&arguments, index)? && !place.environment.is_eager() {
            break;
        }
    }
    Ok(arguments)
}

pub(super) fn and<'e>(nodes: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let no = |arguments: &Arguments<'e>, index| arguments.boolean(index).map(|flag| !flag);
    logical::and(evaluated("and", nodes, place, no)?)
}

pub(super) fn or<'e>(nodes: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let yes = |arguments: &Arguments<'e>, index| arguments.boolean(index);
    logical::or(evaluated("or", nodes, place, yes)?)
}

pub(super) fn coalesce<'e>(nodes: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let found = |arguments: &Arguments<'e>, index| Ok(!arguments.get(index).is_null());
    logical::coalesce(evaluated("coalesce", nodes, place, found)?)
}

/// `if` of a workflow, and of an ARM template: "when the condition is True, only the true value is
/// evaluated".
pub(super) fn choose<'e>(nodes: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let mut arguments = evaluated("if", nodes, place, |_, _| Ok(true))?;
    let chosen = if arguments.boolean(0)? { 1 } else { 2 };
    match nodes.get(chosen) {
        Some(_) if place.environment.is_eager() => Ok(arguments.take(chosen)),
        Some(node) => value_of(node, place),
        None => owned(Value::Null),
    }
}
