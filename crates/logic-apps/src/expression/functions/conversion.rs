//! Conversion functions.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::uri::{escaped, unescaped};
use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

pub(crate) fn string(mut arguments: Arguments<'_>) -> Outcome<'_> {
    if arguments.get(0).is_string() {
        return Ok(arguments.take(0));
    }
    owned(arguments.as_text(0))
}

/// A float without a fraction is an integer, also in a text: `1.0` (IllogicApps, compared with the
/// host).
pub(crate) fn int(arguments: Arguments<'_>) -> Outcome<'_> {
    let whole = |number: &serde_json::Number| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        format!("{float}").parse::<i64>().ok()
    };
    match arguments.get(0) {
        Value::Number(number) => match number.as_i64().or_else(|| whole(number)) {
            Some(integer) => owned(integer),
            None => Err(arguments.unfit(0, "an integer", "it has a fraction or is too large")),
        },
        Value::String(text) => {
            let plain = text.trim().parse::<i64>().ok();
            match plain.or_else(|| whole(&float_in(text.trim())?)) {
                Some(integer) => owned(integer),
                None => Err(arguments.unfit(0, "a text that is an integer", "it was another text")),
            }
        }
        _ => Err(arguments.wrong(0, "an integer or a text that is one")),
    }
}

/// As .NET reads a number: with commas anywhere before the point, and the sign before or behind.
fn float_in(text: &str) -> Option<serde_json::Number> {
    let (signed, behind) = match text.strip_suffix('-') {
        Some(digits) => (digits, "-"),
        None => (text.strip_suffix('+').unwrap_or(text), ""),
    };
    let signs_twice = signed.len() < text.len() && signed.starts_with(['-', '+']);
    let (whole, fraction) = signed.split_at(signed.find('.').unwrap_or(signed.len()));
    let plain = format!("{behind}{}{fraction}", whole.replace(',', ""));
    let digits_only = plain
        .chars()
        .all(|character| character.is_ascii_digit() || "+-.eE".contains(character));
    if signs_twice || !digits_only {
        return None;
    }
    plain.parse().ok().and_then(serde_json::Number::from_f64)
}

/// The second argument of `float` and `isFloat`.
fn english_only(arguments: &Arguments<'_>) -> Result<(), EvalError> {
    match arguments.optional_text(1)? {
        None => Ok(()),
        Some(locale) if locale.eq_ignore_ascii_case("en-us") => Ok(()),
        Some(_) => Err(arguments.unfit(1, "en-us", "no other locale is supported")),
    }
}

pub(crate) fn float(mut arguments: Arguments<'_>) -> Outcome<'_> {
    english_only(&arguments)?;
    match arguments.get(0) {
        Value::Number(_) => Ok(arguments.take(0)),
        Value::String(text) => match float_in(text.trim()) {
            Some(number) => owned(Value::Number(number)),
            None => Err(arguments.unfit(0, "a text that is a number", "it was another text")),
        },
        _ => Err(arguments.wrong(0, "a number or a text that is one")),
    }
}

pub(crate) fn is_int(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(arguments.text(0)?.trim().parse::<i64>().is_ok())
}

pub(crate) fn is_float(arguments: Arguments<'_>) -> Outcome<'_> {
    english_only(&arguments)?;
    owned(float_in(arguments.text(0)?.trim()).is_some())
}

pub(crate) fn bool(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(match arguments.get(0) {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) if text.eq_ignore_ascii_case("true") => true,
        Value::String(text) if text.eq_ignore_ascii_case("false") => false,
        Value::String(_) => {
            return Err(arguments.unfit(0, "'true' or 'false'", "it was another text"));
        }
        _ => return Err(arguments.wrong(0, "a Boolean, a number, 'true' or 'false'")),
    })
}

pub(crate) fn json(arguments: Arguments<'_>) -> Outcome<'_> {
    match serde_json::from_str(arguments.text(0)?) {
        Ok(value) => Ok(Cow::Owned(value)),
        // The error of serde_json shows no part of the text.
        Err(error) => Err(arguments.unfit(0, "JSON", &error.to_string())),
    }
}

pub(crate) fn array(arguments: Arguments<'_>) -> Outcome<'_> {
    if arguments.get(0).is_array() {
        return Err(arguments.wrong(0, "a single value, which becomes an array's only item"));
    }
    super::collection::create_array(arguments)
}

pub(crate) fn base64(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(STANDARD.encode(arguments.text(0)?))
}

/// The bytes of argument 0, which is base64 or, where `data_uri`, a data URI; and their type.
fn bytes_of(arguments: &Arguments<'_>, data_uri: bool) -> Result<(String, Vec<u8>), EvalError> {
    let text = arguments.text(0)?;
    let invalid = |what: &str| arguments.unfit(0, what, "it was another text");
    if !data_uri {
        let bytes = STANDARD.decode(text).map_err(|_| invalid("base64"))?;
        return Ok(("application/octet-stream".to_owned(), bytes));
    }
    let (kind, data) = text
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(','))
        .ok_or_else(|| invalid("a data URI"))?;
    let (kind, bytes) = match kind.strip_suffix(";base64") {
        Some(kind) => (
            kind,
            STANDARD.decode(data).map_err(|_| invalid("a data URI"))?,
        ),
        None => (kind, unescaped(data)),
    };
    // The default of RFC 2397.
    let kind = if kind.is_empty() {
        "text/plain;charset=US-ASCII"
    } else {
        kind
    };
    Ok((kind.to_owned(), bytes))
}

fn text_of<'e>(arguments: &Arguments<'_>, bytes: Vec<u8>) -> Outcome<'e> {
    match String::from_utf8(bytes) {
        Ok(text) => owned(text),
        Err(_) => Err(arguments.fail("the bytes are no UTF-8")),
    }
}

/// Binary content as the service writes it in JSON.
fn envelope<'e>(kind: &str, bytes: &[u8]) -> Outcome<'e> {
    Ok(Cow::Owned(json!({
        "$content-type": kind,
        "$content": STANDARD.encode(bytes),
    })))
}

pub(crate) fn base64_to_string(arguments: Arguments<'_>) -> Outcome<'_> {
    let (_, bytes) = bytes_of(&arguments, false)?;
    text_of(&arguments, bytes)
}

pub(crate) fn base64_to_binary(arguments: Arguments<'_>) -> Outcome<'_> {
    let (kind, bytes) = bytes_of(&arguments, false)?;
    envelope(&kind, &bytes)
}

pub(crate) fn binary(arguments: Arguments<'_>) -> Outcome<'_> {
    envelope("application/octet-stream", arguments.text(0)?.as_bytes())
}

pub(crate) fn data_uri(arguments: Arguments<'_>) -> Outcome<'_> {
    let encoded = STANDARD.encode(arguments.text(0)?);
    owned(format!("data:text/plain;charset=utf-8;base64,{encoded}"))
}

pub(crate) fn data_uri_to_string(arguments: Arguments<'_>) -> Outcome<'_> {
    let (_, bytes) = bytes_of(&arguments, true)?;
    text_of(&arguments, bytes)
}

pub(crate) fn data_uri_to_binary(arguments: Arguments<'_>) -> Outcome<'_> {
    let (kind, bytes) = bytes_of(&arguments, true)?;
    envelope(&kind, &bytes)
}

pub(crate) fn uri_component(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(escaped(arguments.text(0)?))
}

pub(crate) fn uri_component_to_string(arguments: Arguments<'_>) -> Outcome<'_> {
    let bytes = unescaped(arguments.text(0)?);
    text_of(&arguments, bytes)
}

pub(crate) fn uri_component_to_binary(arguments: Arguments<'_>) -> Outcome<'_> {
    envelope("application/octet-stream", &unescaped(arguments.text(0)?))
}
