//! Evaluation of a syntax tree.

use std::borrow::Cow;

use serde_json::Value;

use super::ast::{CallNode, Node, Selector, Step};
use super::{Environment, EvalError};
use crate::expression::functions::{Arguments, Body, property_index, type_name};

/// The context in which an expression is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct EvalContext<'e> {
    pub(crate) environment: &'e dyn Environment,
    /// Variables of the enclosing lambdas.
    pub(crate) variables: Option<&'e Scope<'e>>,
}

/// The variables of a lambda.
pub(crate) struct Scope<'e> {
    pub(crate) variables: Vec<(&'e str, &'e Value)>,
    pub(crate) outer: Option<&'e Scope<'e>>,
}

/// Returns the value of `node`.
pub(crate) fn evaluate<'e>(
    node: &'e Node,
    context: EvalContext<'e>,
) -> Result<Cow<'e, Value>, EvalError> {
    match node {
        Node::Literal(value) => Ok(Cow::Borrowed(value)),
        Node::Call(call) => evaluate_call(call, context),
        Node::Path { base, steps } => {
            let mut value = evaluate(base, context)?;
            for step in steps {
                value = apply_step(value, step, context)?;
            }
            Ok(value)
        }
    }
}

fn evaluate_call<'e>(
    call: &'e CallNode,
    context: EvalContext<'e>,
) -> Result<Cow<'e, Value>, EvalError> {
    if let Some(function) = call.function
        && let Body::Lazy(body) = function.body
    {
        return body(&call.arguments, context);
    }
    let values = call
        .arguments
        .iter()
        .map(|argument| evaluate(argument, context))
        .collect::<Result<Vec<_>, _>>()?;
    match call
        .function
        .map(|function| (function.name, &function.body))
    {
        Some((name, Body::Eager(body))) => body(Arguments {
            function: name,
            values,
            environment: context.environment,
        }),
        _ => context
            .environment
            .call(&call.name, &values)
            .unwrap_or_else(|| {
                Err(EvalError::new(format!(
                    "unknown function '{}'",
                    call.source
                )))
            }),
    }
}

fn apply_step<'e>(
    value: Cow<'e, Value>,
    step: &'e Step,
    context: EvalContext<'e>,
) -> Result<Cow<'e, Value>, EvalError> {
    match &step.selector {
        Selector::Name(name) => property(value, name, name, step.optional),
        Selector::Index(index) => item(value, *index, &index.to_string(), step.optional),
        // A computed name or index is a value, and errors contain no values.
        Selector::Computed(node) => match &*evaluate(node, context)? {
            Value::String(name) => property(value, name, "…", step.optional),
            Value::Number(number) if number.is_i64() => {
                let index = number.as_i64().unwrap_or_default();
                item(value, index, "…", step.optional)
            }
            other => Err(EvalError::new(format!(
                "the value in `[ ]` must be a String or an Integer, not {}",
                type_name(other)
            ))),
        },
    }
}

/// Reads the property `name`. Errors refer to it as `label`.
fn property<'e>(
    value: Cow<'e, Value>,
    name: &str,
    label: &str,
    optional: bool,
) -> Result<Cow<'e, Value>, EvalError> {
    let index = match &*value {
        Value::Object(object) => property_index(object, name),
        Value::Null if optional => return Ok(value),
        Value::Null => {
            return Err(EvalError::new(format!(
                "cannot read property '{label}' of Null; use ?['{label}'] if the value may be null"
            )));
        }
        other => {
            return Err(EvalError::new(format!(
                "cannot read property '{label}' of {}",
                type_name(other)
            )));
        }
    };
    match index {
        Some(index) => Ok(match value {
            Cow::Borrowed(value) => value
                .as_object()
                .and_then(|object| object.values().nth(index))
                .map_or(Cow::Owned(Value::Null), Cow::Borrowed),
            Cow::Owned(Value::Object(object)) => Cow::Owned(
                object
                    .into_iter()
                    .nth(index)
                    .map_or(Value::Null, |(_, value)| value),
            ),
            Cow::Owned(_) => Cow::Owned(Value::Null),
        }),
        None if optional => Ok(Cow::Owned(Value::Null)),
        None => Err(EvalError::new(format!(
            "property '{label}' does not exist; {}",
            property_names(&value)
        ))),
    }
}

/// Lists the names of the properties of `value` for an error message. Values are left out: they may
/// be secret.
fn property_names(value: &Value) -> String {
    const MAX_NAMES: usize = 20;
    let names: Vec<&str> = match value {
        Value::Object(object) => object.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    match names.as_slice() {
        [] => "the object has no properties".to_owned(),
        [name] => format!("the only property is '{name}'"),
        names if names.len() > MAX_NAMES => {
            format!(
                "available properties are '{}', and more",
                names[..MAX_NAMES].join("', '")
            )
        }
        names => format!("available properties are '{}'", names.join("', '")),
    }
}

/// Reads the item at `index`. Errors refer to it as `label`.
fn item<'e>(
    value: Cow<'e, Value>,
    index: i64,
    label: &str,
    optional: bool,
) -> Result<Cow<'e, Value>, EvalError> {
    let length = match &*value {
        Value::Array(items) => items.len(),
        Value::Null if optional => return Ok(value),
        other => {
            return Err(EvalError::new(format!(
                "cannot read item {label} of {}",
                type_name(other)
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
        None => Err(EvalError::new(format!(
            "index {label} is out of range; the array has {length} item{}, counted from 0",
            if length == 1 { "" } else { "s" }
        ))),
    }
}
