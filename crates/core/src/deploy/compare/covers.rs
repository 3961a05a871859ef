//! Compares what a service returns with what the template requires.

use serde_json::Value;

use crate::config::normalized_location;

/// How to treat members that are not in the template.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum More {
    /// Ignored: the service adds members.
    Ignored,
    /// Counted as changes, unless they are empty.
    Counts,
}

/// Whether the `actual` value has everything that is `required`. The service changes the case of
/// resource ids, and omits or adds empty members.
pub(super) fn covers(required: &Value, actual: &Value, more: More) -> bool {
    match (required, actual) {
        (Value::Object(required), Value::Object(actual)) => {
            let all = required
                .iter()
                .all(|(name, value)| covers(value, actual.get(name).unwrap_or(&Value::Null), more));
            let added = || {
                let mut members = actual.iter();
                members.any(|(name, value)| !required.contains_key(name) && !is_empty(value))
            };
            all && (more == More::Ignored || !added())
        }
        (Value::Array(required), Value::Array(actual)) => {
            required.len() == actual.len()
                && required
                    .iter()
                    .zip(actual)
                    .all(|(required, actual)| covers(required, actual, more))
        }
        (Value::Number(required), Value::Number(actual)) => {
            required == actual || required.as_f64() == actual.as_f64()
        }
        (Value::String(required), Value::String(actual)) => {
            required == actual
                || required.starts_with("/subscriptions/") && required.eq_ignore_ascii_case(actual)
        }
        (required, Value::Null) => is_empty(required),
        (required, actual) => required == actual,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Whether two names mean the same location.
pub(in crate::deploy) fn same_location(one: &str, other: &str) -> bool {
    normalized_location(one) == normalized_location(other)
}
