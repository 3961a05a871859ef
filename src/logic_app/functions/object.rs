//! Functions that change the properties of an object.

use std::borrow::Cow;

use serde_json::Value;

use super::{Arguments, Outcome};

/// The first argument with the property of its second set to the third.
fn with(mut arguments: Arguments<'_>) -> Outcome<'_> {
    arguments.object(0)?;
    let name = arguments.text(1)?.to_owned();
    let value = arguments.take(2).into_owned();
    let mut object = arguments.take(0).into_owned();
    if let Value::Object(object) = &mut object {
        object.insert(name, value);
    }
    Ok(Cow::Owned(object))
}

pub(crate) fn add_property(arguments: Arguments<'_>) -> Outcome<'_> {
    let name = arguments.text(1)?;
    if arguments.object(0)?.contains_key(name) {
        return Err(arguments.fail("there is such a property already; setProperty replaces it"));
    }
    with(arguments)
}

pub(crate) fn set_property(arguments: Arguments<'_>) -> Outcome<'_> {
    with(arguments)
}

pub(crate) fn remove_property(mut arguments: Arguments<'_>) -> Outcome<'_> {
    arguments.object(0)?;
    let name = arguments.text(1)?.to_owned();
    let mut object = arguments.take(0).into_owned();
    if let Value::Object(object) = &mut object {
        object.shift_remove(&name);
    }
    Ok(Cow::Owned(object))
}
