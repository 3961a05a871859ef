//! Differences between the desired and the live state, for display in a plan.
//!
//! A value from a live system may be a secret, whatever its name. [`LiveValue`] has no constructor
//! that keeps arbitrary text, so no plan can print one.

use std::fmt;

use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::Value;

use super::fingerprint::fingerprint;
use super::recurrence_words::Recurrences;
use crate::config::known_location;

/// Longer values are truncated.
const LONGEST: usize = 100;

/// A change of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The key of `picletter.toml`, such as `[heroku] command`; otherwise the environment variable,
    /// or the part of Picletter's template.
    pub name: String,
    /// The live value.
    pub old: Option<LiveValue>,
    /// The desired value.
    pub new: Option<DesiredValue>,
}

impl Difference {
    /// A change of `name` from `old` to `new`.
    pub fn new(name: impl Into<String>, old: Option<LiveValue>, new: Option<DesiredValue>) -> Self {
        Self {
            name: name.into(),
            old,
            new,
        }
    }

    /// A change without values.
    pub fn unspecified(name: impl Into<String>) -> Self {
        Self::new(name, None, None)
    }
}

/// A live value without unknown text: a fingerprint, a number, an image's digest, or a word that
/// Picletter or the desired state contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LiveValue(String);

impl LiveValue {
    /// The fingerprint of a value.
    pub fn fingerprint(scope: &str, value: &SecretString) -> Self {
        Self(labeled(&fingerprint(scope, value)))
    }

    /// The fingerprint of a value that may not be secret.
    pub(crate) fn fingerprint_json(scope: &str, value: &Value) -> Self {
        Self::fingerprint(scope, &text(value).into())
    }

    /// A fingerprint that was recorded in the live system.
    pub fn recorded(scope: &str, text: &str) -> Self {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 12 && text.bytes().all(is_hex) {
            Self(labeled(text))
        } else {
            Self::fingerprint(scope, &text.into())
        }
    }

    /// The value if it is one of `words`, otherwise its fingerprint.
    pub fn one_of(
        scope: &str,
        value: &Value,
        words: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let word = words
            .into_iter()
            .find(|word| value.as_str() == Some(word))
            .or(match value {
                Value::Bool(true) => Some("true"),
                Value::Bool(false) => Some("false"),
                _ => None,
            });
        word.map_or_else(
            || Self::fingerprint_json(scope, value),
            |word| Self(word.to_owned()),
        )
    }

    /// A number of seconds, otherwise the value's fingerprint.
    pub fn seconds(scope: &str, value: &Value) -> Self {
        value.as_u64().map_or_else(
            || Self::fingerprint_json(scope, value),
            |seconds| Self(duration(seconds)),
        )
    }

    /// The name of a known Azure location, otherwise the value's fingerprint.
    pub(super) fn location(scope: &str, location: &str) -> Self {
        known_location(location).map_or_else(
            || Self::fingerprint(scope, &location.into()),
            |name| Self(name.to_owned()),
        )
    }

    /// A count.
    pub fn count(count: u32) -> Self {
        Self(count.to_string())
    }

    /// An image's digest, of which Heroku may return only the first digits; otherwise its
    /// fingerprint.
    pub fn digest(scope: &str, digest: &str) -> Self {
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if (12..=64).contains(&hex.len()) && hex.bytes().all(is_hex) {
            Self(digest.to_owned())
        } else {
            Self::fingerprint(scope, &digest.into())
        }
    }

    /// Recurrences that were parsed into numbers and known words.
    pub(super) fn recurrences(recurrences: &Recurrences) -> Self {
        Self(recurrences.to_string())
    }

    /// The value itself if the desired state contains it, otherwise its fingerprint.
    pub(super) fn if_desired(scope: &str, value: &Value, desired: &DesiredValues) -> Self {
        if desired.0.contains(value) {
            Self(cut(text(value)))
        } else {
            Self::one_of(scope, value, [])
        }
    }
}

impl fmt::Display for LiveValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value of `picletter.toml`, or a secret's fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DesiredValue(String);

impl DesiredValue {
    /// A value of the file.
    pub(crate) fn from_file(value: impl Into<String>) -> Self {
        Self(cut(value.into()))
    }

    /// A secret's fingerprint.
    pub fn secret(scope: &str, value: &SecretString) -> Self {
        Self(labeled(&fingerprint(scope, value)))
    }

    /// A precomputed fingerprint of a secret.
    pub(super) fn secret_by_fingerprint(fingerprint: &str) -> Self {
        Self(labeled(fingerprint))
    }

    /// A config var's value.
    pub(super) fn config_var(scope: &str, value: &SecretString, is_secret: bool) -> Self {
        if is_secret {
            Self::secret(scope, value)
        } else {
            Self(value.expose_secret().to_owned())
        }
    }

    /// A number of seconds.
    pub(super) fn seconds(value: &Value) -> Self {
        Self(value.as_u64().map_or_else(|| text(value), duration))
    }

    /// Any other template parameter's value.
    pub(super) fn from_parameter(value: &Value) -> Self {
        Self::from_file(text(value))
    }
}

impl fmt::Display for DesiredValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All values of the desired state, including nested ones.
#[derive(Debug, Default)]
pub(super) struct DesiredValues(Vec<Value>);

impl DesiredValues {
    /// Adds a value and its nested values.
    pub(super) fn add(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.add(value)),
            Value::Object(members) => members.values().for_each(|value| self.add(value)),
            _ => {}
        }
        self.0.push(value.clone());
    }
}

fn labeled(fingerprint: &str) -> String {
    format!("fingerprint {fingerprint}")
}

fn duration(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    format!("{:#}", SignedDuration::from_secs(seconds))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cut(text: String) -> String {
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}
