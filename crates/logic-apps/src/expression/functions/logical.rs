//! Comparison functions.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::arguments::Number;
use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

/// Whether two values are equal: numbers by value, `true` as 1 and `false` as 0, and strings with
/// case. Null only equals null: "comparing a null value isn't the same as comparing an empty
/// string" (`string` in the function reference).
pub(crate) fn equivalent(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Bool(flag), Value::Number(_)) => equivalent(&Value::from(i64::from(*flag)), other),
        (Value::Number(_), Value::Bool(flag)) => equivalent(one, &Value::from(i64::from(*flag))),
        (Value::Number(_), Value::Number(_)) => {
            match (Number::from_value(one), Number::from_value(other)) {
                (Some(one), Some(other)) => compare_numbers(one, other) == Ordering::Equal,
                _ => false,
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| equivalent(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| {
                    other.get(key).is_some_and(|other| equivalent(value, other))
                })
        }
        _ => one == other,
    }
}

pub(super) fn compare_numbers(one: Number, other: Number) -> Ordering {
    match (one, other) {
        (Number::Integer(one), Number::Integer(other)) => one.cmp(&other),
        _ => one.as_float().total_cmp(&other.as_float()),
    }
}

/// Compares letters and digits like .NET's invariant culture: case-insensitively, then lowercase
/// first.
pub(super) fn compare_texts(one: &str, other: &str) -> Ordering {
    let folded = |text: &str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    folded(one).cmp(&folded(other)).then_with(|| other.cmp(one))
}

fn compare(arguments: &Arguments<'_>) -> Result<Ordering, EvalError> {
    match (arguments.get(0), arguments.get(1)) {
        (Value::String(one), Value::String(other)) => Ok(compare_texts(one, other)),
        (Value::String(_), _) => Err(arguments.wrong_type(1, "a string like the first")),
        (Value::Number(_), Value::String(_)) => {
            Err(arguments.wrong_type(1, "a number like the first"))
        }
        _ => Ok(compare_numbers(arguments.number(0)?, arguments.number(1)?)),
    }
}

pub(crate) fn equals(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(equivalent(arguments.get(0), arguments.get(1)))
}

pub(crate) fn greater(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(compare(&arguments)?.is_gt())
}

pub(crate) fn greater_or_equals(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(compare(&arguments)?.is_ge())
}

pub(crate) fn less(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(compare(&arguments)?.is_lt())
}

pub(crate) fn less_or_equals(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(compare(&arguments)?.is_le())
}

pub(crate) fn not(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(!arguments.boolean(0)?)
}

pub(crate) fn and(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut all = true;
    for index in 0..arguments.len() {
        all &= arguments.boolean(index)?;
    }
    owned(all)
}

pub(crate) fn or(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut any = false;
    for index in 0..arguments.len() {
        any |= arguments.boolean(index)?;
    }
    owned(any)
}

pub(crate) fn coalesce(arguments: Arguments<'_>) -> Outcome<'_> {
    Ok(arguments
        .values
        .into_iter()
        .find(|value| !value.is_null())
        .unwrap_or(Cow::Owned(Value::Null)))
}
