//! Where in a workflow something is wrong, and what.

use std::fmt;

use serde_json::{Map, Value};

use crate::suggest::did_you_mean;

/// A workflow that cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct LoadError {
    /// The property, from the outermost action's name on, such as `Start.actions.Run.inputs.uri`.
    pub place: String,
    /// What is wrong with it, and the nearest right word where there is one.
    pub message: String,
    /// Whether the property itself is wrong, and not what it refers to.
    pub is_structural: bool,
}

/// A property's place in the workflow.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    outer: Option<&'a At<'a>>,
    key: &'a str,
}

impl<'a> At<'a> {
    /// The place of an outermost property.
    pub(super) fn root(key: &'a str) -> Self {
        Self { outer: None, key }
    }

    /// The place of a property within this one.
    pub(super) fn to(&'a self, key: &'a str) -> Self {
        Self {
            outer: Some(self),
            key,
        }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> LoadError {
        LoadError {
            place: self.to_string(),
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

/// An object whose every property must be one that is known.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) at: &'a At<'a>,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Reads `value` as an object that has no other properties than `known`.
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
            .ok_or_else(|| self.at.to(key).error("is missing"))
    }
}

/// Reads an object.
pub(super) fn object<'v>(
    value: &'v Value,
    at: &At<'_>,
) -> Result<&'v Map<String, Value>, LoadError> {
    value
        .as_object()
        .ok_or_else(|| at.error(format!("must be an object, not {}", kind_of(value))))
}

/// Reads a string.
pub(super) fn text<'v>(value: &'v Value, at: &At<'_>) -> Result<&'v str, LoadError> {
    value
        .as_str()
        .ok_or_else(|| at.error(format!("must be a string, not {}", kind_of(value))))
}

/// Reads an array.
pub(super) fn array<'v>(value: &'v Value, at: &At<'_>) -> Result<&'v [Value], LoadError> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| at.error(format!("must be an array, not {}", kind_of(value))))
}

/// Reads an integer from `least` to `most`.
pub(super) fn integer(value: &Value, at: &At<'_>, least: i64, most: i64) -> Result<i64, LoadError> {
    value
        .as_i64()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| {
            at.error(format!(
                "must be an integer from {least} to {most}, not {}",
                shown(value)
            ))
        })
}

/// Reads one of `words`, in any case.
pub(super) fn word<T: Copy>(
    value: &Value,
    at: &At<'_>,
    what: &str,
    words: &[(&str, T)],
) -> Result<T, LoadError> {
    let text = text(value, at)?;
    words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| {
            let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let known = did_you_mean(text, &names);
            let known = if known.is_empty() {
                format!("; one of {}", names.join(", "))
            } else {
                known
            };
            at.error(format!("unknown {what} {}{known}", shown(value)))
        })
}

/// What kind of value it is, with its article.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A short value itself, or else its kind.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= 60 => format!("{text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => kind_of(value).to_owned(),
    }
}
