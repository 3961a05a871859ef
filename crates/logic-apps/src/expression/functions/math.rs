//! Math functions. Integers stay integers, and a result that exceeds 64 bits is an error.

use std::cmp::Ordering;

use serde_json::Value;

use super::arguments::Number;
use super::logical::compare_numbers;
use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

/// Maximum number of items that `range` returns, according to Microsoft's function reference.
const MAX_RANGE: usize = 100_000;

fn number<'e>(arguments: &Arguments<'_>, number: Number) -> Outcome<'e> {
    match number {
        Number::Integer(integer) => owned(integer),
        Number::Float(float) => match serde_json::Number::from_f64(float) {
            Some(number) => owned(Value::Number(number)),
            None => Err(arguments.fail("the result is not a finite number")),
        },
    }
}

fn calculate<'e>(
    arguments: &Arguments<'_>,
    whole: fn(i64, i64) -> Option<i64>,
    float: fn(f64, f64) -> f64,
) -> Outcome<'e> {
    let result = match (arguments.number(0)?, arguments.number(1)?) {
        (Number::Integer(one), Number::Integer(other)) => whole(one, other)
            .map(Number::Integer)
            .ok_or_else(|| arguments.fail("the result does not fit into 64 bits"))?,
        (one, other) => Number::Float(float(one.as_float(), other.as_float())),
    };
    number(arguments, result)
}

pub(crate) fn add(arguments: Arguments<'_>) -> Outcome<'_> {
    calculate(&arguments, i64::checked_add, |one, other| one + other)
}

pub(crate) fn sub(arguments: Arguments<'_>) -> Outcome<'_> {
    calculate(&arguments, i64::checked_sub, |one, other| one - other)
}

pub(crate) fn mul(arguments: Arguments<'_>) -> Outcome<'_> {
    calculate(&arguments, i64::checked_mul, |one, other| one * other)
}

fn check_divisor(arguments: &Arguments<'_>) -> Result<(), EvalError> {
    if compare_numbers(arguments.number(1)?, Number::Integer(0)) == Ordering::Equal {
        return Err(arguments.invalid(1, "a number other than 0", "it is 0"));
    }
    Ok(())
}

pub(crate) fn div(arguments: Arguments<'_>) -> Outcome<'_> {
    check_divisor(&arguments)?;
    calculate(&arguments, i64::checked_div, |one, other| one / other)
}

pub(crate) fn modulo(arguments: Arguments<'_>) -> Outcome<'_> {
    check_divisor(&arguments)?;
    calculate(&arguments, i64::checked_rem, |one, other| one % other)
}

fn extreme<'e>(arguments: &Arguments<'_>, wanted: Ordering) -> Outcome<'e> {
    let items: Vec<&Value> = match arguments.get(0) {
        Value::Array(items) if arguments.len() == 1 => items.iter().collect(),
        _ => (0..arguments.len())
            .map(|index| arguments.get(index))
            .collect(),
    };
    let mut best: Option<Number> = None;
    for item in items {
        let candidate = Number::from_value(item).ok_or_else(|| {
            arguments.fail(format!(
                "the arguments must be numbers or one array of numbers; found {}",
                super::type_name(item)
            ))
        })?;
        if best.is_none_or(|best| compare_numbers(candidate, best) == wanted) {
            best = Some(candidate);
        }
    }
    match best {
        Some(best) => number(arguments, best),
        None => Err(arguments.fail("the array is empty")),
    }
}

pub(crate) fn max(arguments: Arguments<'_>) -> Outcome<'_> {
    extreme(&arguments, Ordering::Greater)
}

pub(crate) fn min(arguments: Arguments<'_>) -> Outcome<'_> {
    extreme(&arguments, Ordering::Less)
}

pub(crate) fn rand(arguments: Arguments<'_>) -> Outcome<'_> {
    let (low, high) = (arguments.integer(0)?, arguments.integer(1)?);
    if low >= high {
        return Err(arguments.invalid(1, "greater than the first", "it is not"));
    }
    owned(fastrand::i64(low..high))
}

pub(crate) fn range(arguments: Arguments<'_>) -> Outcome<'_> {
    let (start, count) = (arguments.integer(0)?, arguments.count(1)?);
    if count > MAX_RANGE {
        return Err(arguments.invalid(1, "at most 100,000", "it is larger"));
    }
    let end = i64::try_from(count)
        .ok()
        .and_then(|count| start.checked_add(count))
        .filter(|end| *end <= i64::from(i32::MAX));
    match end {
        Some(end) => owned((start..end).map(Value::from).collect::<Vec<_>>()),
        None => Err(arguments.fail("the numbers exceed 2,147,483,647")),
    }
}
