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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_masked_and_names_numbers_and_states_are_kept() {
        let body = br#"{"id":"x","state":"Enabled","status":"has spaces","n":[1,true,"y",null]}"#;
        let shape = body_shape(body).unwrap();
        let expected = r#"{"id":"…","state":"Enabled","status":"…","n":[1,true,"…",null]}"#;
        let value: Value = serde_json::from_str(&shape).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(expected).unwrap());
        assert_eq!(body_shape(b"<html>"), None);
    }
}
