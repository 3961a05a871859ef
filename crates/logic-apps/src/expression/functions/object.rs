//! Functions that change the properties of an object.
//!
//! Names are compared exactly first, then ignoring case, as in property access. This is not
//! documented. Source: the test suite of IllogicApps (<https://github.com/ScoreUnder/IllogicApps>),
//! which was compared with the real service.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Arguments, Outcome};
use crate::expression::EvalError;

/// Index of the property `name` in `object`: an exact match, or else the first that differs only in
/// case.
pub(crate) fn property_index(object: &Map<String, Value>, name: &str) -> Option<usize> {
    let find = |matches: fn(&str, &str) -> bool| object.keys().position(|key| matches(key, name));
    find(|key, name| key == name).or_else(|| find(same_name))
}

/// The value of the property that [`property_index`] finds.
pub(super) fn property<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o Value> {
    object.values().nth(property_index(object, name)?)
}

/// The spelling of `name` in `object`; `name` itself if there is no such property.
pub(super) fn existing_name(object: &Map<String, Value>, name: &str) -> String {
    let existing = property_index(object, name).and_then(|index| object.keys().nth(index));
    existing.map_or_else(|| name.to_owned(), Clone::clone)
}

fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || !(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase()
}

/// Returns the first argument without the property named in the second, and that property's name as
/// spelled in the object.
fn without(arguments: &mut Arguments<'_>) -> Result<(Value, String), EvalError> {
    let name = existing_name(arguments.object(0)?, arguments.text(1)?);
    let mut object = arguments.take(0).into_owned();
    if let Value::Object(object) = &mut object {
        object.shift_remove(&name);
    }
    Ok((object, name))
}

/// An existing property keeps its name and moves to the end, as observed on the real service.
pub(crate) fn set_property(mut arguments: Arguments<'_>) -> Outcome<'_> {
    let (mut object, name) = without(&mut arguments)?;
    if let Value::Object(object) = &mut object {
        object.insert(name, arguments.take(2).into_owned());
    }
    Ok(Cow::Owned(object))
}

pub(crate) fn add_property(arguments: Arguments<'_>) -> Outcome<'_> {
    let name = arguments.text(1)?;
    if property_index(arguments.object(0)?, name).is_some() {
        return Err(arguments.fail("the property already exists; use setProperty to replace it"));
    }
    set_property(arguments)
}

pub(crate) fn remove_property(mut arguments: Arguments<'_>) -> Outcome<'_> {
    without(&mut arguments).map(|(object, _)| Cow::Owned(object))
}
