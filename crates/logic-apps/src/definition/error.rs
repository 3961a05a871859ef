//! Load errors with their paths, and typed access to JSON.

use std::fmt;

use serde_json::{Map, Value};

use crate::suggest::did_you_mean;

/// Error of loading a workflow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct LoadError {
    /// Path of the property from the outermost action's name on, such as
    /// `Start.actions.Run.inputs.uri`.
    pub path: String,
    /// What is wrong, with a suggestion for a misspelled word.
    pub message: String,
    /// Whether the property itself is invalid, as opposed to an action, parameter, or variable that
    /// it refers to.
    pub is_structural: bool,
}

/// The path of a property in the workflow.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    outer: Option<&'a At<'a>>,
    key: &'a str,
}

impl<'a> At<'a> {
    /// The path of an outermost property.
    pub(super) fn root(key: &'a str) -> Self {
        Self { outer: None, key }
    }

    /// The path of a property of this one.
    pub(super) fn to(&'a self, key: &'a str) -> Self {
        Self {
            outer: Some(self),
            key,
        }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> LoadError {
        LoadError {
            path: self.to_string(),
            message: message.into(),
            is_structural: true,
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            write!(formatter, "{outer}.")?;
        }
        formatter.write_str(self.key)
    }
}

/// An object with known properties only.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) at: &'a At<'a>,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Checks that `value` is an object that has no properties other than `known`.
    pub(super) fn read(
        value: &'a Value,
        at: &'a At<'a>,
        known: &[&str],
    ) -> Result<Self, LoadError> {
        let map = object(value, at)?;
        for key in map.keys() {
            if !known.contains(&key.as_str()) {
                return Err(at
                    .to(key)
                    .error(format!("unknown property{}", did_you_mean(key, known))));
            }
        }
        Ok(Self { at, map })
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    pub(super) fn require(&self, key: &str) -> Result<&'a Value, LoadError> {
        self.get(key)
            .ok_or_else(|| self.at.to(key).error("missing property"))
    }
}

/// Returns `value` as an object.
pub(super) fn object<'v>(
    value: &'v Value,
    at: &At<'_>,
) -> Result<&'v Map<String, Value>, LoadError> {
    value
        .as_object()
        .ok_or_else(|| at.error(format!("must be an object, not {}", json_type(value))))
}

/// Returns `value` as a string.
pub(super) fn text<'v>(value: &'v Value, at: &At<'_>) -> Result<&'v str, LoadError> {
    value
        .as_str()
        .ok_or_else(|| at.error(format!("must be a string, not {}", json_type(value))))
}

/// Returns `value` as an array.
pub(super) fn array<'v>(value: &'v Value, at: &At<'_>) -> Result<&'v [Value], LoadError> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| at.error(format!("must be an array, not {}", json_type(value))))
}

/// Returns `value` as an integer from `min` to `max`.
pub(super) fn integer(value: &Value, at: &At<'_>, min: i64, max: i64) -> Result<i64, LoadError> {
    value
        .as_i64()
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| {
            at.error(format!(
                "must be an integer from {min} to {max}, not {}",
                describe(value)
            ))
        })
}

/// Returns the meaning of a keyword, ignoring case. Errors refer to the keyword as `what`.
pub(super) fn keyword<T: Copy>(
    value: &Value,
    at: &At<'_>,
    what: &str,
    keywords: &[(&str, T)],
) -> Result<T, LoadError> {
    let text = text(value, at)?;
    keywords
        .iter()
        .find(|(keyword, _)| keyword.eq_ignore_ascii_case(text))
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| {
            let names: Vec<_> = keywords.iter().map(|(keyword, _)| *keyword).collect();
            let known = did_you_mean(text, &names);
            let known = if known.is_empty() {
                format!(" (expected one of {})", names.join(", "))
            } else {
                known
            };
            at.error(format!("unknown {what} {}{known}", describe(value)))
        })
}

/// The JSON type of a value, with an article.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Formats a short value, or else its JSON type.
fn describe(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= 60 => format!("{text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => json_type(value).to_owned(),
    }
}
