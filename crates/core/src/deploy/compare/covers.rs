//! Compares what a service returns with what the template requires.

use serde_json::Value;

/// How to treat members that are not in the template.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum More {
    /// They are additions of the service.
    Ignored,
    /// They are changes, unless they are empty.
    Counts,
}

/// Whether `there` matches what was `asked`. The service changes the case of resource ids, and
/// omits or adds empty members.
pub(super) fn covers(asked: &Value, there: &Value, more: More) -> bool {
    match (asked, there) {
        (Value::Object(asked), Value::Object(there)) => {
            let all = asked
                .iter()
                .all(|(name, value)| covers(value, there.get(name).unwrap_or(&Value::Null), more));
            let added = || {
                let mut members = there.iter();
                members.any(|(name, value)| !asked.contains_key(name) && !is_empty(value))
            };
            all && (more == More::Ignored || !added())
        }
        (Value::Array(asked), Value::Array(there)) => {
            asked.len() == there.len()
                && asked
                    .iter()
                    .zip(there)
                    .all(|(asked, there)| covers(asked, there, more))
        }
        (Value::Number(asked), Value::Number(there)) => {
            asked == there || asked.as_f64() == there.as_f64()
        }
        (Value::String(asked), Value::String(there)) => {
            asked == there
                || asked.starts_with("/subscriptions/") && asked.eq_ignore_ascii_case(there)
        }
        (asked, Value::Null) => is_empty(asked),
        (asked, there) => asked == there,
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

/// Azure writes `West Europe` and `westeurope`.
pub(super) fn same_location(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.replace(' ', "").to_lowercase();
    plain(one) == plain(other)
}
