//! Conversion functions.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::uri::{escape, unescape};
use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

pub(crate) fn string(mut arguments: Arguments<'_>) -> Outcome<'_> {
    if arguments.get(0).is_string() {
        return Ok(arguments.take(0));
    }
    owned(arguments.as_text(0))
}

/// Accepts a float without a fraction, also in a string: `1.0` (IllogicApps, compared with the real
/// service).
pub(crate) fn int(arguments: Arguments<'_>) -> Outcome<'_> {
    let whole = |number: &serde_json::Number| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        format!("{float}").parse::<i64>().ok()
    };
    match arguments.get(0) {
        Value::Number(number) => match number.as_i64().or_else(|| whole(number)) {
            Some(integer) => owned(integer),
            None => Err(arguments.invalid(0, "an integer", "it has a fraction or is too large")),
        },
        Value::String(text) => {
            let plain = text.trim().parse::<i64>().ok();
            match plain.or_else(|| whole(&parse_float(text.trim())?)) {
                Some(integer) => owned(integer),
                None => {
                    Err(arguments.invalid(0, "an integer in a string", "the string is not valid"))
                }
            }
        }
        _ => Err(arguments.wrong_type(0, "an integer or a string that contains one")),
    }
}

/// Parses a number as .NET does: commas are allowed before the decimal point, and the sign may be
/// at the start or the end.
fn parse_float(text: &str) -> Option<serde_json::Number> {
    let (signed, suffix_sign) = match text.strip_suffix('-') {
        Some(digits) => (digits, "-"),
        None => (text.strip_suffix('+').unwrap_or(text), ""),
    };
    let signs_twice = signed.len() < text.len() && signed.starts_with(['-', '+']);
    let (whole, fraction) = signed.split_at(signed.find('.').unwrap_or(signed.len()));
    let plain = format!("{suffix_sign}{}{fraction}", whole.replace(',', ""));
    let digits_only = plain
        .chars()
        .all(|character| character.is_ascii_digit() || "+-.eE".contains(character));
    if signs_twice || !digits_only {
        return None;
    }
    plain.parse().ok().and_then(serde_json::Number::from_f64)
}

/// Checks the second argument of `float` and `isFloat`, the locale.
fn english_only(arguments: &Arguments<'_>) -> Result<(), EvalError> {
    match arguments.optional_text(1)? {
        None => Ok(()),
        Some(locale) if locale.eq_ignore_ascii_case("en-us") => Ok(()),
        Some(_) => Err(arguments.invalid(1, "en-us", "no other locale is supported")),
    }
}

pub(crate) fn float(mut arguments: Arguments<'_>) -> Outcome<'_> {
    english_only(&arguments)?;
    match arguments.get(0) {
        Value::Number(_) => Ok(arguments.take(0)),
        Value::String(text) => match parse_float(text.trim()) {
            Some(number) => owned(Value::Number(number)),
            None => Err(arguments.invalid(0, "a number in a string", "the string is not valid")),
        },
        _ => Err(arguments.wrong_type(0, "a number or a string that contains one")),
    }
}

pub(crate) fn is_int(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(arguments.text(0)?.trim().parse::<i64>().is_ok())
}

pub(crate) fn is_float(arguments: Arguments<'_>) -> Outcome<'_> {
    english_only(&arguments)?;
    owned(parse_float(arguments.text(0)?.trim()).is_some())
}

pub(crate) fn bool(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(match arguments.get(0) {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) if text.eq_ignore_ascii_case("true") => true,
        Value::String(text) if text.eq_ignore_ascii_case("false") => false,
        Value::String(_) => {
            return Err(arguments.invalid(0, "'true' or 'false'", "the string is not valid"));
        }
        _ => return Err(arguments.wrong_type(0, "a Boolean, a number, 'true', or 'false'")),
    })
}

pub(crate) fn json(arguments: Arguments<'_>) -> Outcome<'_> {
    match serde_json::from_str(arguments.text(0)?) {
        Ok(value) => Ok(Cow::Owned(value)),
        // Messages of `serde_json` contain no part of the text.
        Err(error) => Err(arguments.invalid(0, "JSON", &error.to_string())),
    }
}

pub(crate) fn array(arguments: Arguments<'_>) -> Outcome<'_> {
    if arguments.get(0).is_array() {
        return Err(
            arguments.wrong_type(0, "a single value, which becomes the only item of an array")
        );
    }
    super::collection::create_array(arguments)
}

pub(crate) fn base64(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(STANDARD.encode(arguments.text(0)?))
}

/// Decodes argument 0, which is base64 or, if `data_uri`, a data URI. Returns the content type and
/// the bytes.
fn decode(arguments: &Arguments<'_>, data_uri: bool) -> Result<(String, Vec<u8>), EvalError> {
    let text = arguments.text(0)?;
    let invalid = |what: &str| arguments.invalid(0, what, "the string is not valid");
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
        None => (kind, unescape(data)),
    };
    // The default of RFC 2397.
    let kind = if kind.is_empty() {
        "text/plain;charset=US-ASCII"
    } else {
        kind
    };
    Ok((kind.to_owned(), bytes))
}

fn decode_utf8<'e>(arguments: &Arguments<'_>, bytes: Vec<u8>) -> Outcome<'e> {
    match String::from_utf8(bytes) {
        Ok(text) => owned(text),
        Err(_) => Err(arguments.fail("the bytes are not valid UTF-8")),
    }
}

/// Wraps binary content in the service's JSON representation.
fn envelope<'e>(kind: &str, bytes: &[u8]) -> Outcome<'e> {
    Ok(Cow::Owned(json!({
        "$content-type": kind,
        "$content": STANDARD.encode(bytes),
    })))
}

pub(crate) fn base64_to_string(arguments: Arguments<'_>) -> Outcome<'_> {
    let (_, bytes) = decode(&arguments, false)?;
    decode_utf8(&arguments, bytes)
}

pub(crate) fn base64_to_binary(arguments: Arguments<'_>) -> Outcome<'_> {
    let (kind, bytes) = decode(&arguments, false)?;
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
    let (_, bytes) = decode(&arguments, true)?;
    decode_utf8(&arguments, bytes)
}

pub(crate) fn data_uri_to_binary(arguments: Arguments<'_>) -> Outcome<'_> {
    let (kind, bytes) = decode(&arguments, true)?;
    envelope(&kind, &bytes)
}

pub(crate) fn uri_component(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(escape(arguments.text(0)?))
}

pub(crate) fn uri_component_to_string(arguments: Arguments<'_>) -> Outcome<'_> {
    let bytes = unescape(arguments.text(0)?);
    decode_utf8(&arguments, bytes)
}

pub(crate) fn uri_component_to_binary(arguments: Arguments<'_>) -> Outcome<'_> {
    envelope("application/octet-stream", &unescape(arguments.text(0)?))
}
