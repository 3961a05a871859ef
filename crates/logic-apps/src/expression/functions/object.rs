//! Functions that change the properties of an object.
//!
//! Names are compared exactly first and then without regard to case. That is not documented; the
//! test suite of IllogicApps (<https://github.com/ScoreUnder/IllogicApps>), whose results were
//! compared with the service's host, has it for property access and for these functions.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Arguments, Outcome};
use crate::expression::EvalError;

/// The place of the property `name` in `object`: that of the same name, or else of the first that
/// differs only in case.
pub(crate) fn place_of(object: &Map<String, Value>, name: &str) -> Option<usize> {
    let place = |same: fn(&str, &str) -> bool| object.keys().position(|key| same(key, name));
    place(|key, name| key == name).or_else(|| place(same_name))
}

/// The property `name` of `object`, as [`place_of`] finds it.
pub(super) fn property<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o Value> {
    object.values().nth(place_of(object, name)?)
}

/// The name that `object` has for `name`; `name` itself where it has none.
pub(super) fn name_in(object: &Map<String, Value>, name: &str) -> String {
    let existing = place_of(object, name).and_then(|place| object.keys().nth(place));
    existing.map_or_else(|| name.to_owned(), Clone::clone)
}

fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || !(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase()
}

/// The first argument with the property of its second removed; and that property's name, as the
/// object has it.
fn without(arguments: &mut Arguments<'_>) -> Result<(Value, String), EvalError> {
    let name = name_in(arguments.object(0)?, arguments.text(1)?);
    let mut object = arguments.take(0).into_owned();
    if let Value::Object(object) = &mut object {
        object.shift_remove(&name);
    }
    Ok((object, name))
}

/// A property that exists keeps its name and moves to the end, as observed on the host.
pub(crate) fn set_property(mut arguments: Arguments<'_>) -> Outcome<'_> {
    let (mut object, name) = without(&mut arguments)?;
    if let Value::Object(object) = &mut object {
        object.insert(name, arguments.take(2).into_owned());
    }
    Ok(Cow::Owned(object))
}

pub(crate) fn add_property(arguments: Arguments<'_>) -> Outcome<'_> {
    let name = arguments.text(1)?;
    if place_of(arguments.object(0)?, name).is_some() {
        return Err(arguments.fail("there is such a property already; setProperty replaces it"));
    }
    set_property(arguments)
}

pub(crate) fn remove_property(mut arguments: Arguments<'_>) -> Outcome<'_> {
    without(&mut arguments).map(|(object, _)| Cow::Owned(object))
}
