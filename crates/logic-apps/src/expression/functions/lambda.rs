//! Lambda functions of ARM templates.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Outcome, owned, type_name};
use crate::expression::{EvalContext, EvalError, Node, Scope, evaluate};

/// A lambda: the names of its variables and its body.
struct Lambda<'e> {
    function: &'static str,
    names: Vec<&'e str>,
    body: &'e Node,
    context: EvalContext<'e>,
}

impl<'e> Lambda<'e> {
    /// Parses the argument at `index`, which must be a lambda with `count` variables.
    fn parse(
        function: &'static str,
        arguments: &'e [Node],
        index: usize,
        count: usize,
        context: EvalContext<'e>,
    ) -> Result<Self, EvalError> {
        let wrong = || {
            EvalError::new(format!(
                "function '{function}' expects argument {} to be lambda(…) with {count} variable{} named by string literals",
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
                context,
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
            outer: self.context.variables,
        };
        let context = EvalContext {
            environment: self.context.environment,
            variables: Some(&scope),
        };
        evaluate(self.body, context).map(Cow::into_owned)
    }

    fn flag(&self, values: &[&Value]) -> Result<bool, EvalError> {
        let value = self.value(values)?;
        value
            .as_bool()
            .ok_or_else(|| self.wrong_result("true or false", &value))
    }

    fn name(&self, values: &[&Value]) -> Result<String, EvalError> {
        match self.value(values)? {
            Value::String(name) => Ok(name),
            value => Err(self.wrong_result("a string", &value)),
        }
    }

    fn wrong_result(&self, expected: &str, value: &Value) -> EvalError {
        EvalError::new(format!(
            "function '{}' expects its lambda to return {expected}, not {}",
            self.function,
            type_name(value)
        ))
    }
}

fn first<'e>(
    function: &str,
    arguments: &'e [Node],
    context: EvalContext<'e>,
) -> Result<Cow<'e, Value>, EvalError> {
    match arguments.first() {
        Some(node) => evaluate(node, context),
        None => Err(EvalError::new(format!(
            "function '{function}' requires arguments"
        ))),
    }
}

fn items<'a>(function: &str, value: &'a Value) -> Result<&'a Vec<Value>, EvalError> {
    value.as_array().ok_or_else(|| {
        EvalError::new(format!(
            "function '{function}' expects its first argument to be an array, not {}",
            type_name(value)
        ))
    })
}

pub(super) fn map<'e>(arguments: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let lambda = Lambda::parse("map", arguments, 1, 1, context)?;
    let value = first("map", arguments, context)?;
    let mapped = items("map", &value)?
        .iter()
        .map(|item| lambda.value(&[item]));
    owned(mapped.collect::<Result<Vec<_>, _>>()?)
}

pub(super) fn filter<'e>(arguments: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let lambda = Lambda::parse("filter", arguments, 1, 1, context)?;
    let value = first("filter", arguments, context)?;
    let mut kept = Vec::new();
    for item in items("filter", &value)? {
        if lambda.flag(&[item])? {
            kept.push(item.clone());
        }
    }
    owned(kept)
}

pub(super) fn reduce<'e>(arguments: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let lambda = Lambda::parse("reduce", arguments, 2, 2, context)?;
    let value = first("reduce", arguments, context)?;
    let mut sum = match arguments.get(1) {
        Some(initial) => evaluate(initial, context)?.into_owned(),
        None => Value::Null,
    };
    for item in items("reduce", &value)? {
        sum = lambda.value(&[&sum, item])?;
    }
    Ok(Cow::Owned(sum))
}

/// Sorts by a lambda that returns whether its first variable comes before its second. Uses binary
/// insertion, because Rust's own sort may panic if the lambda's results are inconsistent.
pub(super) fn sort<'e>(arguments: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let lambda = Lambda::parse("sort", arguments, 1, 2, context)?;
    let value = first("sort", arguments, context)?;
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

pub(super) fn to_object<'e>(arguments: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let keys = Lambda::parse("toObject", arguments, 1, 1, context)?;
    let values = match arguments.len() {
        3 => Some(Lambda::parse("toObject", arguments, 2, 1, context)?),
        _ => None,
    };
    let value = first("toObject", arguments, context)?;
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

/// Error for a `lambda` that is not an argument of one of the functions above.
pub(super) fn lambda<'e>(_: &'e [Node], _: EvalContext<'e>) -> Outcome<'e> {
    Err(EvalError::new(
        "'lambda' can only be an argument of filter, map, reduce, sort, or toObject".to_owned(),
    ))
}

pub(super) fn lambda_variables<'e>(arguments: &'e [Node], context: EvalContext<'e>) -> Outcome<'e> {
    let value = first("lambdaVariables", arguments, context)?;
    let name = value.as_str().unwrap_or_default();
    let mut scope = context.variables;
    while let Some(current) = scope {
        let found = current.variables.iter().find(|(known, _)| *known == name);
        if let Some((_, value)) = found {
            return Ok(Cow::Borrowed(value));
        }
        scope = current.outer;
    }
    Err(EvalError::new(
        "function 'lambdaVariables' expects the name of a variable of an enclosing lambda"
            .to_owned(),
    ))
}
