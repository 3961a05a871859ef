//! URI functions and percent encoding.

use url::Url;

use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

/// Percent-encodes everything except the unreserved characters of RFC 3986.
pub(crate) fn escape(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push(char::from(HEX[usize::from(byte >> 4)]));
            escaped.push(char::from(HEX[usize::from(byte & 0x0F)]));
        }
    }
    escaped
}

/// Decodes `%XX`. A `%` without two hexadecimal digits stays as is.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut unescaped = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let value = match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        unescaped.push(value.unwrap_or(*byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    unescaped
}

fn parse(arguments: &Arguments<'_>) -> Result<Url, EvalError> {
    Url::parse(arguments.text(0)?)
        .map_err(|error| arguments.invalid(0, "a URI", &error.to_string()))
}

pub(crate) fn uri_host(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(parse(&arguments)?.host_str().unwrap_or_default())
}

pub(crate) fn uri_path(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(parse(&arguments)?.path())
}

pub(crate) fn uri_path_and_query(arguments: Arguments<'_>) -> Outcome<'_> {
    let uri = parse(&arguments)?;
    owned(match uri.query() {
        Some(query) => format!("{}?{query}", uri.path()),
        None => uri.path().to_owned(),
    })
}

pub(crate) fn uri_port(arguments: Arguments<'_>) -> Outcome<'_> {
    match parse(&arguments)?.port_or_known_default() {
        Some(port) => owned(port),
        None => Err(arguments.fail("the URI has no port and its scheme has no default port")),
    }
}

pub(crate) fn uri_query(arguments: Arguments<'_>) -> Outcome<'_> {
    let uri = parse(&arguments)?;
    owned(
        uri.query()
            .map_or_else(String::new, |query| format!("?{query}")),
    )
}

pub(crate) fn uri_scheme(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(parse(&arguments)?.scheme())
}
