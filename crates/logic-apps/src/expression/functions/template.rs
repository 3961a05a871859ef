//! Functions that only ARM templates have, or that behave differently there.
//!
//! Source: the articles "… functions for ARM templates".

use std::borrow::Cow;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::collection::{Collections, collections, distinct};
use super::object::{existing_name, property, property_index};
use super::{Arguments, Outcome, collection, conversion, math, owned, utf16, write_text};
use crate::expression::EvalError;

/// Maximum number of items that `range` returns in a template.
const MAX_RANGE: usize = 10_000;

/// Concatenates strings, or arrays.
pub(super) fn concat(arguments: Arguments<'_>) -> Outcome<'_> {
    if arguments.get(0).is_array() {
        let mut items = Vec::new();
        for index in 0..arguments.len() {
            items.extend(arguments.array(index)?.iter().cloned());
        }
        return owned(items);
    }
    let mut text = String::new();
    for index in 0..arguments.len() {
        match arguments.get(index) {
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(arguments.wrong_type(index, "a string, a number, or a Boolean"));
            }
            value => write_text(&mut text, value),
        }
    }
    owned(text)
}

/// Compares the property names of an object ignoring case.
pub(super) fn contains(arguments: Arguments<'_>) -> Outcome<'_> {
    if let Value::Object(object) = arguments.get(0) {
        let name = arguments.text(1)?;
        return owned(property_index(object, name).is_some());
    }
    collection::contains(arguments)
}

pub(super) fn length(arguments: Arguments<'_>) -> Outcome<'_> {
    match arguments.get(0) {
        Value::Object(object) => owned(object.len()),
        _ => collection::length(arguments),
    }
}

/// Returns the count in the second argument; a negative count is 0.
fn count(arguments: &Arguments<'_>) -> Result<usize, EvalError> {
    Ok(usize::try_from(arguments.integer(1)?).unwrap_or(0))
}

pub(super) fn skip(arguments: Arguments<'_>) -> Outcome<'_> {
    let count = count(&arguments)?;
    match arguments.get(0) {
        Value::String(text) => {
            let length = utf16::length(text);
            let start = count.min(length);
            owned(utf16::substring(text, start, length - start).unwrap_or_default())
        }
        Value::Array(items) => owned(items.iter().skip(count).cloned().collect::<Vec<_>>()),
        _ => Err(arguments.wrong_type(0, "a string or an array")),
    }
}

pub(super) fn take(arguments: Arguments<'_>) -> Outcome<'_> {
    let count = count(&arguments)?;
    match arguments.get(0) {
        Value::String(text) => {
            owned(utf16::substring(text, 0, count.min(utf16::length(text))).unwrap_or_default())
        }
        Value::Array(items) => owned(items.iter().take(count).cloned().collect::<Vec<_>>()),
        _ => Err(arguments.wrong_type(0, "a string or an array")),
    }
}

pub(super) fn range(arguments: Arguments<'_>) -> Outcome<'_> {
    if arguments.count(1)? > MAX_RANGE {
        return Err(arguments.invalid(1, "at most 10,000", "the value is larger"));
    }
    math::range(arguments)
}

pub(super) fn array(mut arguments: Arguments<'_>) -> Outcome<'_> {
    if arguments.get(0).is_array() {
        return Ok(arguments.take(0));
    }
    conversion::array(arguments)
}

/// Merges objects recursively; an array replaces an array.
pub(super) fn union(arguments: Arguments<'_>) -> Outcome<'_> {
    match collections(&arguments)? {
        Collections::Arrays(arrays) => owned(distinct(&arrays)),
        Collections::Objects(objects) => {
            let mut merged = Map::new();
            for object in objects {
                merge(&mut merged, object);
            }
            owned(merged)
        }
    }
}

fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (name, value) in from {
        let name = existing_name(into, name);
        match (into.get_mut(&name), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            _ => {
                into.insert(name, value.clone());
            }
        }
    }
}

/// Merges the objects in an array, at the first level only.
pub(super) fn shallow_merge(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut merged = Map::new();
    for item in arguments.array(0)? {
        let object = item
            .as_object()
            .ok_or_else(|| arguments.wrong_type(0, "an array of objects"))?;
        merged.extend(
            object
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    owned(merged)
}

pub(super) fn create_object(mut arguments: Arguments<'_>) -> Outcome<'_> {
    if !arguments.len().is_multiple_of(2) {
        return Err(arguments.fail("the number of arguments must be even (names and values)"));
    }
    let mut object = Map::new();
    for index in (0..arguments.len()).step_by(2) {
        let name = arguments.text(index)?.to_owned();
        object.insert(name, arguments.take(index + 1).into_owned());
    }
    owned(object)
}

fn sorted(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut pairs: Vec<_> = object.iter().collect();
    pairs.sort_by_key(|(name, _)| *name);
    pairs
}

/// "Sorts the objects in the alphabetical order".
pub(super) fn items(arguments: Arguments<'_>) -> Outcome<'_> {
    let pairs = sorted(arguments.object(0)?).into_iter();
    owned(
        pairs
            .map(|(name, value)| serde_json::json!({ "key": name, "value": value }))
            .collect::<Vec<_>>(),
    )
}

pub(super) fn object_keys(arguments: Arguments<'_>) -> Outcome<'_> {
    let pairs = sorted(arguments.object(0)?).into_iter();
    owned(
        pairs
            .map(|(name, _)| Value::from(name.as_str()))
            .collect::<Vec<_>>(),
    )
}

/// Follows property names and indexes in turn. Null if one of them is missing.
pub(super) fn try_get(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut value = arguments.get(0);
    for index in 1..arguments.len() {
        let found = match (value, arguments.get(index)) {
            (Value::Object(object), Value::String(name)) => property(object, name),
            (Value::Array(items), Value::Number(index)) => index
                .as_u64()
                .and_then(|index| usize::try_from(index).ok())
                .and_then(|index| items.get(index)),
            (Value::Object(_), _) => return Err(arguments.wrong_type(index, "a string")),
            (Value::Array(_), _) => return Err(arguments.wrong_type(index, "an integer")),
            _ => None,
        };
        match found {
            Some(found) => value = found,
            None => return owned(Value::Null),
        }
    }
    owned(value.clone())
}

/// Flattens an array of arrays by one level.
pub(super) fn flatten(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut items = Vec::new();
    for item in arguments.array(0)? {
        let inner = item
            .as_array()
            .ok_or_else(|| arguments.wrong_type(0, "an array of arrays"))?;
        items.extend(inner.iter().cloned());
    }
    owned(items)
}

/// Accepts one delimiter or an array of delimiters.
pub(super) fn split(arguments: Arguments<'_>) -> Outcome<'_> {
    let delimiters: Vec<&str> = match arguments.get(1) {
        Value::Array(items) => items
            .iter()
            .map(|item| {
                item.as_str()
                    .ok_or_else(|| arguments.wrong_type(1, "an array of strings"))
            })
            .collect::<Result<_, _>>()?,
        _ => vec![arguments.text(1)?],
    };
    if delimiters.iter().any(|delimiter| delimiter.is_empty()) {
        return Err(arguments.invalid(1, "a non-empty string", "it is empty"));
    }
    let mut parts = Vec::new();
    let mut rest = arguments.text(0)?;
    loop {
        let next = delimiters
            .iter()
            .filter_map(|delimiter| Some((rest.find(delimiter)?, delimiter.len())))
            .min();
        let Some((at, length)) = next else {
            parts.push(Value::from(rest));
            return owned(parts);
        };
        parts.push(Value::from(&rest[..at]));
        rest = &rest[at + length..];
    }
}

pub(super) fn pad_left(arguments: Arguments<'_>) -> Outcome<'_> {
    /// .NET has no limit here; this one is the size limit of a template, 4 MB.
    const MAX_LENGTH: usize = 4 * 1024 * 1024;
    let text = match arguments.get(0) {
        Value::String(_) => arguments.as_text(0),
        _ => Cow::Owned(arguments.integer(0)?.to_string()),
    };
    let padding = match arguments.optional_text(2)? {
        None => " ",
        Some(padding) if padding.chars().count() == 1 => padding,
        Some(_) => {
            return Err(arguments.invalid(2, "one character", "the string has another length"));
        }
    };
    let missing = arguments.count(1)?.saturating_sub(utf16::length(&text));
    if missing > MAX_LENGTH {
        return Err(arguments.invalid(1, "at most 4,194,304", "the value is larger"));
    }
    owned(format!("{}{text}", padding.repeat(missing)))
}

/// The service writes `utf8` here, but `utf-8` in a workflow.
pub(super) fn data_uri(arguments: Arguments<'_>) -> Outcome<'_> {
    let workflow = conversion::data_uri(arguments)?;
    owned(
        workflow
            .as_str()
            .unwrap_or_default()
            .replacen("utf-8", "utf8", 1),
    )
}

pub(super) fn base64_to_json(mut arguments: Arguments<'_>) -> Outcome<'_> {
    let (function, environment) = (arguments.function, arguments.environment);
    let decoded = conversion::base64_to_string(Arguments {
        function,
        environment,
        values: vec![arguments.take(0)],
    })?;
    conversion::json(Arguments {
        function,
        environment,
        values: vec![decoded],
    })
}

/// Resolves a relative URI against an absolute one.
pub(super) fn uri(arguments: Arguments<'_>) -> Outcome<'_> {
    let base = url::Url::parse(arguments.text(0)?)
        .map_err(|error| arguments.invalid(0, "a URI", &error.to_string()))?;
    match base.join(arguments.text(1)?) {
        Ok(uri) => owned(uri.as_str()),
        Err(error) => Err(arguments.invalid(1, "a relative URI", &error.to_string())),
    }
}

fn texts(arguments: &Arguments<'_>) -> Result<String, EvalError> {
    let texts: Vec<&str> = (0..arguments.len())
        .map(|index| arguments.text(index))
        .collect::<Result<_, _>>()?;
    Ok(texts.join("-"))
}

/// FNV-1a hash with a seed.
fn hash(text: &str, seed: u64) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// Returns 13 characters that depend only on the arguments. The service's hash function is not
/// published, so its result differs but has the same form.
pub(super) fn unique_string(arguments: Arguments<'_>) -> Outcome<'_> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let hash = hash(&texts(&arguments)?, 0);
    let letters = (0..13).map(|position| {
        let index = usize::try_from(hash >> (position * 5) & 31).unwrap_or(0);
        char::from(LETTERS[index])
    });
    owned(letters.collect::<String>())
}

/// Returns a GUID that depends only on the arguments. As with `uniqueString`, the service's result
/// differs.
pub(super) fn guid(arguments: Arguments<'_>) -> Outcome<'_> {
    let text = texts(&arguments)?;
    owned(Uuid::from_u64_pair(hash(&text, 1), hash(&text, 2)).to_string())
}

pub(super) fn null(_: Arguments<'_>) -> Outcome<'_> {
    owned(Value::Null)
}

pub(super) fn true_value(_: Arguments<'_>) -> Outcome<'_> {
    owned(true)
}

pub(super) fn false_value(_: Arguments<'_>) -> Outcome<'_> {
    owned(false)
}
