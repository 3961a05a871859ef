//! Functions of ARM templates that take a lambda.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Outcome, owned, type_of};
use crate::expression::{EvalError, Node, Place, Scope, value_of};

/// A lambda as it is written: the names of its variables and what it yields.
struct Lambda<'e> {
    function: &'static str,
    names: Vec<&'e str>,
    body: &'e Node,
    place: Place<'e>,
}

impl<'e> Lambda<'e> {
    /// The argument at `index`, which must be a lambda of `count` variables.
    fn of(
        function: &'static str,
        arguments: &'e [Node],
        index: usize,
        count: usize,
        place: Place<'e>,
    ) -> Result<Self, EvalError> {
        let wrong = || {
            EvalError(format!(
                "function '{function}' expects argument {} to be lambda(…) with {count} variable{} named by texts",
                index + 1,
                if count == 1 { "" } else { "s" }
            ))
        };
        let Some(Node::Call(call)) = arguments.get(index) else {
            return Err(wrong());
        };
        let Some((body, names)) = call
            .arguments
            .split_last()
            .filter(|_| &*call.name == "lambda")
        else {
            return Err(wrong());
        };
        let names: Option<Vec<&str>> = names
            .iter()
            .map(|name| match name {
                Node::Literal(Value::String(name)) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        match names {
            Some(names) if names.len() == count => Ok(Self {
                function,
                names,
                body,
                place,
            }),
            _ => Err(wrong()),
        }
    }

    fn value(&self, values: &[&Value]) -> Result<Value, EvalError> {
        let scope = Scope {
            variables: self
                .names
                .iter()
                .zip(values)
                .map(|(name, value)| (*name, *value))
                .collect(),
            outer: self.place.variables,
        };
        let place = Place {
            environment: self.place.environment,
            variables: Some(&scope),
        };
        value_of(self.body, place).map(Cow::into_owned)
    }

    fn flag(&self, values: &[&Value]) -> Result<bool, EvalError> {
        let value = self.value(values)?;
        value
            .as_bool()
            .ok_or_else(|| self.wrong("true or false", &value))
    }

    fn name(&self, values: &[&Value]) -> Result<String, EvalError> {
        match self.value(values)? {
            Value::String(name) => Ok(name),
            value => Err(self.wrong("a text", &value)),
        }
    }

    fn wrong(&self, expected: &str, value: &Value) -> EvalError {
        EvalError(format!(
            "function '{}' expects its lambda to yield {expected}; it was {}",
            self.function,
            type_of(value)
        ))
    }
}

fn first<'e>(
    function: &str,
    arguments: &'e [Node],
    place: Place<'e>,
) -> Result<Cow<'e, Value>, EvalError> {
    match arguments.first() {
        Some(node) => value_of(node, place),
        None => Err(EvalError(format!("function '{function}' takes arguments"))),
    }
}

fn items<'a>(function: &str, value: &'a Value) -> Result<&'a Vec<Value>, EvalError> {
    value.as_array().ok_or_else(|| {
        EvalError(format!(
            "function '{function}' expects its first argument to be an array; it was {}",
            type_of(value)
        ))
    })
}

pub(super) fn map<'e>(arguments: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let lambda = Lambda::of("map", arguments, 1, 1, place)?;
    let value = first("map", arguments, place)?;
    let mapped = items("map", &value)?
        .iter()
        .map(|item| lambda.value(&[item]));
    owned(mapped.collect::<Result<Vec<_>, _>>()?)
}

pub(super) fn filter<'e>(arguments: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let lambda = Lambda::of("filter", arguments, 1, 1, place)?;
    let value = first("filter", arguments, place)?;
    let mut kept = Vec::new();
    for item in items("filter", &value)? {
        if lambda.flag(&[item])? {
            kept.push(item.clone());
        }
    }
    owned(kept)
}

pub(super) fn reduce<'e>(arguments: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let lambda = Lambda::of("reduce", arguments, 2, 2, place)?;
    let value = first("reduce", arguments, place)?;
    let mut sum = match arguments.get(1) {
        Some(initial) => value_of(initial, place)?.into_owned(),
        None => Value::Null,
    };
    for item in items("reduce", &value)? {
        sum = lambda.value(&[&sum, item])?;
    }
    Ok(Cow::Owned(sum))
}

/// Sorts by a lambda that says whether its first variable comes before its second. Its answers need
/// not agree with each other, which Rust's own sort does not allow.
pub(super) fn sort<'e>(arguments: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let lambda = Lambda::of("sort", arguments, 1, 2, place)?;
    let value = first("sort", arguments, place)?;
    let mut sorted: Vec<Value> = Vec::new();
    for item in items("sort", &value)? {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if lambda.flag(&[item, &sorted[middle]])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        sorted.insert(low, item.clone());
    }
    owned(sorted)
}

pub(super) fn to_object<'e>(arguments: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let keys = Lambda::of("toObject", arguments, 1, 1, place)?;
    let values = match arguments.len() {
        3 => Some(Lambda::of("toObject", arguments, 2, 1, place)?),
        _ => None,
    };
    let value = first("toObject", arguments, place)?;
    let mut object = Map::new();
    for item in items("toObject", &value)? {
        let value = match &values {
            Some(lambda) => lambda.value(&[item])?,
            None => item.clone(),
        };
        object.insert(keys.name(&[item])?, value);
    }
    owned(object)
}

/// A lambda anywhere but as an argument of the functions above.
pub(super) fn lambda<'e>(_: &'e [Node], _: Place<'e>) -> Outcome<'e> {
    Err(EvalError(
        "'lambda' can only be an argument of filter, map, reduce, sort and toObject".to_owned(),
    ))
}

pub(super) fn lambda_variables<'e>(arguments: &'e [Node], place: Place<'e>) -> Outcome<'e> {
    let value = first("lambdaVariables", arguments, place)?;
    let name = value.as_str().unwrap_or_default();
    let mut scope = place.variables;
    while let Some(here) = scope {
        let found = here.variables.iter().find(|(known, _)| *known == name);
        if let Some((_, value)) = found {
            return Ok(Cow::Borrowed(value));
        }
        scope = here.outer;
    }
    Err(EvalError(
        "function 'lambdaVariables' expects the name of a variable of a lambda around it"
            .to_owned(),
    ))
}
