//! Parsing of Heroku's JSON.

use jiff::Timestamp;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use crate::deploy::http::Answer;
use crate::deploy::redact::Redactor;

const EXCERPT: usize = 80;

/// Parses an answer's body. The error contains no secrets, and no excerpt of a `redacted` body.
pub(super) fn read<T: DeserializeOwned>(
    answer: &Answer,
    redacted: bool,
    redactor: &Redactor,
) -> Result<T, String> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        if redacted {
            // The parser's message may quote a value.
            return format!("line {}, column {}", error.line(), error.column());
        }
        let begins = redactor.beginning(&answer.body, EXCERPT);
        let error = error.to_string();
        format!("{}; begins with {begins:?}", redactor.clean(&error))
    })
}

/// A string that Heroku may omit or send as null.
pub(super) fn or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The name in an object of id and name.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Named::deserialize(deserializer)?.name)
}

/// The same, but Heroku may omit it or send null.
pub(super) fn maybe_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let named = Option::<Named>::deserialize(deserializer)?;
    Ok(named.map(|named| named.name))
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

pub(super) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

pub(super) fn maybe_timestamp<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(D::Error::custom))
        .transpose()
}
