//! Collection functions for arrays, objects, and strings.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::arguments::Number;
use super::logical::{compare_numbers, compare_texts, equivalent};
use super::object::{existing_name, property};
use super::{Arguments, Outcome, owned, type_name, utf16, write_text};
use crate::expression::EvalError;

/// Case-sensitive, also for property names: "This function is case-sensitive" (function reference).
pub(crate) fn contains(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(match arguments.get(0) {
        Value::String(text) => text.contains(arguments.text(1)?),
        Value::Array(items) => items.iter().any(|item| equivalent(item, arguments.get(1))),
        Value::Object(object) => object.contains_key(arguments.text(1)?),
        _ => return Err(arguments.wrong_type(0, "a string, an array, or an object")),
    })
}

pub(crate) fn empty(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(match arguments.get(0) {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => return Err(arguments.wrong_type(0, "a string, an array, or an object")),
    })
}

pub(crate) fn length(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(match arguments.get(0) {
        Value::String(text) => utf16::length(text),
        Value::Array(items) => items.len(),
        _ => return Err(arguments.wrong_type(0, "a string or an array")),
    })
}

/// Returns the item at index `position(length)`. For an empty array, returns null.
fn item_at(mut arguments: Arguments<'_>, position: fn(usize) -> usize) -> Outcome<'_> {
    if let Value::String(text) = arguments.get(0) {
        let characters: Vec<char> = text.chars().collect();
        let character = characters.get(position(characters.len()));
        return owned(character.map_or_else(String::new, char::to_string));
    }
    let index = position(arguments.array(0)?.len());
    Ok(match arguments.take(0) {
        Cow::Borrowed(Value::Array(items)) => items
            .get(index)
            .map_or(Cow::Owned(Value::Null), Cow::Borrowed),
        Cow::Owned(Value::Array(mut items)) if index < items.len() => {
            Cow::Owned(items.swap_remove(index))
        }
        _ => Cow::Owned(Value::Null),
    })
}

pub(crate) fn first(arguments: Arguments<'_>) -> Outcome<'_> {
    item_at(arguments, |_| 0)
}

pub(crate) fn last(arguments: Arguments<'_>) -> Outcome<'_> {
    item_at(arguments, |length| length.saturating_sub(1))
}

pub(crate) fn skip(arguments: Arguments<'_>) -> Outcome<'_> {
    let (items, count) = (arguments.array(0)?, arguments.count(1)?);
    owned(items.iter().skip(count).cloned().collect::<Vec<_>>())
}

pub(crate) fn take(arguments: Arguments<'_>) -> Outcome<'_> {
    let count = arguments.count(1)?;
    match arguments.get(0) {
        Value::String(text) => {
            let part =
                utf16::substring(text, 0, count.min(utf16::length(text))).unwrap_or_default();
            owned(part)
        }
        Value::Array(items) => owned(items.iter().take(count).cloned().collect::<Vec<_>>()),
        _ => Err(arguments.wrong_type(0, "a string or an array")),
    }
}

pub(crate) fn join(arguments: Arguments<'_>) -> Outcome<'_> {
    let (items, delimiter) = (arguments.array(0)?, arguments.text(1)?);
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push_str(delimiter);
        }
        write_text(&mut text, item);
        if text.len() > super::text::MAX_LENGTH {
            return Err(arguments.fail(super::text::TOO_LONG));
        }
    }
    owned(text)
}

/// Splits a string or an array into chunks of the size in the second argument. The last may be
/// shorter.
pub(crate) fn chunk(arguments: Arguments<'_>) -> Outcome<'_> {
    let size = arguments.count(1)?;
    if size == 0 {
        return Err(arguments.invalid(1, "1 or more", "it is 0"));
    }
    match arguments.get(0) {
        Value::String(text) => {
            let characters: Vec<char> = text.chars().collect();
            let chunks = characters.chunks(size);
            owned(
                chunks
                    .map(|chunk| Value::from(chunk.iter().collect::<String>()))
                    .collect::<Vec<_>>(),
            )
        }
        Value::Array(items) => {
            let chunks = items.chunks(size).map(|chunk| Value::from(chunk.to_vec()));
            owned(chunks.collect::<Vec<_>>())
        }
        _ => Err(arguments.wrong_type(0, "a string or an array")),
    }
}

pub(crate) fn reverse(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(
        arguments
            .array(0)?
            .iter()
            .rev()
            .cloned()
            .collect::<Vec<_>>(),
    )
}

/// Sorts an array of numbers, strings, or Booleans, or an array of objects by the property named in
/// the second argument.
pub(crate) fn sort(arguments: Arguments<'_>) -> Outcome<'_> {
    let items = arguments.array(0)?;
    let by = arguments.optional_text(1)?;
    let mut keyed: Vec<(&Value, &Value)> = Vec::with_capacity(items.len());
    for item in items {
        let key = match by {
            None => item,
            Some(name) => item
                .as_object()
                .and_then(|item| property(item, name))
                .ok_or_else(|| arguments.fail("an item lacks the property to sort by"))?,
        };
        let invalid = |key: &Value| {
            arguments.fail(format!(
                "all values must be numbers, all strings, or all Booleans; found {}",
                type_name(key)
            ))
        };
        let fits = matches!(
            (key, keyed.first()),
            (Value::Number(_), None | Some((Value::Number(_), _)))
                | (Value::String(_), None | Some((Value::String(_), _)))
                | (Value::Bool(_), None | Some((Value::Bool(_), _)))
        );
        if !fits {
            return Err(invalid(key));
        }
        keyed.push((key, item));
    }
    keyed.sort_by(|(one, _), (other, _)| match (one, other) {
        (Value::String(one), Value::String(other)) => compare_texts(one, other),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => match (Number::from_value(one), Number::from_value(other)) {
            (Some(one), Some(other)) => compare_numbers(one, other),
            _ => std::cmp::Ordering::Equal,
        },
    });
    owned(
        keyed
            .into_iter()
            .map(|(_, item)| item.clone())
            .collect::<Vec<_>>(),
    )
}

/// The arguments of a call: either all arrays or all objects.
pub(crate) enum Collections<'a> {
    Arrays(Vec<&'a Vec<Value>>),
    Objects(Vec<&'a Map<String, Value>>),
}

pub(crate) fn collections<'a>(arguments: &'a Arguments<'_>) -> Result<Collections<'a>, EvalError> {
    let all = 0..arguments.len();
    match arguments.get(0) {
        Value::Array(_) => Ok(Collections::Arrays(
            all.map(|index| arguments.array(index))
                .collect::<Result<_, _>>()?,
        )),
        Value::Object(_) => Ok(Collections::Objects(
            all.map(|index| arguments.object(index))
                .collect::<Result<_, _>>()?,
        )),
        _ => Err(arguments.wrong_type(0, "an array or an object")),
    }
}

/// Returns the distinct items, in the order of their first appearance.
pub(crate) fn distinct(arrays: &[&Vec<Value>]) -> Vec<Value> {
    let mut items: Vec<Value> = Vec::new();
    for item in arrays.iter().copied().flatten() {
        if !items.iter().any(|known| equivalent(known, item)) {
            items.push(item.clone());
        }
    }
    items
}

/// Returns the items that all arrays contain.
pub(crate) fn intersect(arrays: &[&Vec<Value>]) -> Vec<Value> {
    let Some((first, others)) = arrays.split_first() else {
        return Vec::new();
    };
    let in_all = |item: &Value| {
        others
            .iter()
            .all(|array| array.iter().any(|other| equivalent(other, item)))
    };
    let first: Vec<Value> = first.iter().filter(|item| in_all(item)).cloned().collect();
    distinct(&[&first])
}

pub(crate) fn union(arguments: Arguments<'_>) -> Outcome<'_> {
    match collections(&arguments)? {
        Collections::Arrays(arrays) => owned(distinct(&arrays)),
        Collections::Objects(objects) => {
            let mut all = Map::new();
            for object in objects {
                for (name, value) in object {
                    all.insert(existing_name(&all, name), value.clone());
                }
            }
            owned(all)
        }
    }
}

/// For objects, returns the properties that have the same value in all of them. Source: IllogicApps,
/// which was compared with the real service.
pub(crate) fn intersection(arguments: Arguments<'_>) -> Outcome<'_> {
    match collections(&arguments)? {
        Collections::Arrays(arrays) => owned(intersect(&arrays)),
        Collections::Objects(objects) => {
            let mut shared = Map::new();
            for (name, value) in objects.first().copied().into_iter().flatten() {
                let everywhere = objects.iter().all(|object| {
                    property(object, name).is_some_and(|other| equivalent(value, other))
                });
                if everywhere {
                    shared.insert(name.clone(), value.clone());
                }
            }
            owned(shared)
        }
    }
}

pub(crate) fn create_array(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(
        arguments
            .values
            .into_iter()
            .map(Cow::into_owned)
            .collect::<Vec<_>>(),
    )
}
