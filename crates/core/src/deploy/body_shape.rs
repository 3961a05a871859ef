//! The shape of a successful answer, as `-vv` prints it: without text from a live system, since any
//! text may be a secret.

use serde_json::Value;

/// Members whose values are vendor-defined keywords.
const VOCABULARY: [&str; 6] = [
    "status",
    "state",
    "provisioningState",
    "registrationState",
    "changeType",
    "propertyChangeType",
];

/// The placeholder of each string.
const MASK: &str = "…";

/// The body with its strings masked; `None` if it is not JSON.
pub(super) fn body_shape(body: &[u8]) -> Option<String> {
    let mut body: Value = serde_json::from_slice(body).ok()?;
    mask(&mut body);
    Some(body.to_string())
}

fn mask(value: &mut Value) {
    match value {
        Value::String(text) => MASK.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Object(members) => {
            for (name, value) in members {
                let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
                let known = VOCABULARY.contains(&name.as_str());
                if !(known && value.as_str().is_some_and(is_word)) {
                    mask(value);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
