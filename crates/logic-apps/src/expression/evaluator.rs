//! From expression to value.

use std::borrow::Cow;

use serde_json::Value;

use super::ast::{CallNode, Node, Selector, Step};
use super::{Environment, EvalError};
use crate::expression::functions::{Arguments, Body, place_of, type_of};

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Place<'e> {
    pub(crate) environment: &'e dyn Environment,
    /// The variables of the lambdas around it.
    pub(crate) variables: Option<&'e Scope<'e>>,
}

/// A lambda's variables.
pub(crate) struct Scope<'e> {
    pub(crate) variables: Vec<(&'e str, &'e Value)>,
    pub(crate) outer: Option<&'e Scope<'e>>,
}

/// The value of `node`.
pub(crate) fn value_of<'e>(node: &'e Node, place: Place<'e>) -> Result<Cow<'e, Value>, EvalError> {
    match node {
        Node::Literal(value) => Ok(Cow::Borrowed(value)),
        Node::Call(call) => call_of(call, place),
        Node::Path { of, steps } => {
            let mut value = value_of(of, place)?;
            for step in steps {
                value = step_into(value, step, place)?;
            }
            Ok(value)
        }
    }
}

fn call_of<'e>(call: &'e CallNode, place: Place<'e>) -> Result<Cow<'e, Value>, EvalError> {
    if let Some(function) = call.function
        && let Body::Lazy(body) = function.body
    {
        return body(&call.arguments, place);
    }
    let values = call
        .arguments
        .iter()
        .map(|argument| value_of(argument, place))
        .collect::<Result<Vec<_>, _>>()?;
    match call
        .function
        .map(|function| (function.name, &function.body))
    {
        Some((name, Body::Eager(body))) => body(Arguments {
            function: name,
            values,
            environment: place.environment,
        }),
        _ => place
            .environment
            .call(&call.name, &values)
            .unwrap_or_else(|| {
                Err(EvalError(format!(
                    "there is no function '{}' here",
                    call.written
                )))
            }),
    }
}

fn step_into<'e>(
    value: Cow<'e, Value>,
    step: &'e Step,
    place: Place<'e>,
) -> Result<Cow<'e, Value>, EvalError> {
    match &step.selector {
        Selector::Name(name) => property(value, name, name, step.optional),
        Selector::Index(index) => item(value, *index, step.optional),
        // A computed name is a value, and values are not shown.
        Selector::Computed(node) => match &*value_of(node, place)? {
            Value::String(name) => property(value, name, "…", step.optional),
            Value::Number(number) if number.is_i64() => {
                item(value, number.as_i64().unwrap_or_default(), step.optional)
            }
            other => Err(EvalError(format!(
                "what stands in `[ ]` must be a String or an Integer; it was {}",
                type_of(other)
            ))),
        },
    }
}

/// The property `name`, which errors call `shown`.
fn property<'e>(
    value: Cow<'e, Value>,
    name: &str,
    shown: &str,
    optional: bool,
) -> Result<Cow<'e, Value>, EvalError> {
    let place = match &*value {
        Value::Object(object) => place_of(object, name),
        Value::Null if optional => return Ok(value),
        Value::Null => {
            return Err(EvalError(format!(
                "property '{shown}' can not be taken from Null; write ?['{shown}'] where there may be nothing"
            )));
        }
        other => {
            return Err(EvalError(format!(
                "property '{shown}' can not be taken from {}",
                type_of(other)
            )));
        }
    };
    match place {
        Some(place) => Ok(match value {
            Cow::Borrowed(value) => value
                .as_object()
                .and_then(|object| object.values().nth(place))
                .map_or(Cow::Owned(Value::Null), Cow::Borrowed),
            Cow::Owned(Value::Object(object)) => Cow::Owned(
                object
                    .into_iter()
                    .nth(place)
                    .map_or(Value::Null, |(_, value)| value),
            ),
            Cow::Owned(_) => Cow::Owned(Value::Null),
        }),
        None if optional => Ok(Cow::Owned(Value::Null)),
        None => Err(EvalError(format!(
            "there is no property '{shown}'; there {}",
            names_in(&value)
        ))),
    }
}

/// Names only: values may be secret.
fn names_in(value: &Value) -> String {
    const SHOWN: usize = 20;
    let names: Vec<&str> = match value {
        Value::Object(object) => object.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    match names.as_slice() {
        [] => "are none".to_owned(),
        [name] => format!("is '{name}'"),
        names if names.len() > SHOWN => {
            format!("are '{}' and more", names[..SHOWN].join("', '"))
        }
        names => format!("are '{}'", names.join("', '")),
    }
}

fn item(value: Cow<'_, Value>, index: i64, optional: bool) -> Result<Cow<'_, Value>, EvalError> {
    let length = match &*value {
        Value::Array(items) => items.len(),
        Value::Null if optional => return Ok(value),
        other => {
            return Err(EvalError(format!(
                "item {index} can not be taken from {}",
                type_of(other)
            )));
        }
    };
    match usize::try_from(index).ok().filter(|index| *index < length) {
        Some(index) => Ok(match value {
            Cow::Borrowed(Value::Array(items)) => Cow::Borrowed(&items[index]),
            Cow::Owned(Value::Array(mut items)) => Cow::Owned(items.swap_remove(index)),
            other => other,
        }),
        None if optional => Ok(Cow::Owned(Value::Null)),
        None => Err(EvalError(format!(
            "there is no item {index}; the array has {length}, counted from 0"
        ))),
    }
}
