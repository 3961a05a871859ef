//! Every function, checked with the examples of Microsoft's "Reference guide to functions in
//! expressions".
//!
//! A comment marks each example that is wrong in the reference. Cases that the reference leaves
//! open are from the tests of IllogicApps (<https://github.com/ScoreUnder/IllogicApps>), which were
//! compared with the real service.

mod collections;
mod conversions;
mod logic;
mod math;
mod strings;
mod times;

use serde_json::Value;

use super::value;

/// Checks that each expression has the value after it, as JSON. Numbers are compared by value: the
/// reference writes `3` for `mul(1.5, 2)`.
fn assert_values(examples: &[(&str, &str)]) {
    let wrong: Vec<String> = examples
        .iter()
        .filter_map(|(expression, expected)| {
            let expected: Value = serde_json::from_str(expected).expect(expected);
            match value(expression) {
                Ok(value) if same(&value, &expected) => None,
                other => Some(format!("{expression}: {other:?} instead of {expected}")),
            }
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn same(value: &Value, expected: &Value) -> bool {
    match (value.as_f64(), expected.as_f64()) {
        (Some(value), Some(expected)) => (value - expected).abs() < f64::EPSILON,
        _ => value == expected,
    }
}
