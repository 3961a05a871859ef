//! String functions.

use serde_json::Value;

use super::{Arguments, Outcome, owned, utf16, write_text};

/// Maximum length of a string that a function returns, in characters (function reference: `concat`
/// and `join`).
pub(super) const MAX_LENGTH: usize = 104_857_600;
pub(super) const TOO_LONG: &str = "the result is longer than 104,857,600 characters";

pub(crate) fn concat(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut text = String::new();
    for value in &arguments.values {
        write_text(&mut text, value);
    }
    if text.len() > MAX_LENGTH {
        return Err(arguments.fail(TOO_LONG));
    }
    owned(text)
}

/// Lowercases a text: the reference documents `startsWith`, `endsWith`, and `indexOf` as
/// case-insensitive.
fn lower(text: &str) -> String {
    text.to_lowercase()
}

pub(crate) fn starts_with(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, part) = (arguments.text(0)?, arguments.text(1)?);
    owned(text.starts_with(part) || lower(text).starts_with(&lower(part)))
}

pub(crate) fn ends_with(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, part) = (arguments.text(0)?, arguments.text(1)?);
    owned(text.ends_with(part) || lower(text).ends_with(&lower(part)))
}

fn position<'e>(text: &str, offset: Option<usize>) -> Outcome<'e> {
    owned(offset.map_or(-1, |offset| {
        i64::try_from(utf16::from_byte_offset(text, offset)).unwrap_or(-1)
    }))
}

pub(crate) fn index_of(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, part) = (lower(arguments.text(0)?), lower(arguments.text(1)?));
    position(&text, text.find(&part))
}

/// An empty search string is found at the last character, as documented.
pub(crate) fn last_index_of(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, part) = (lower(arguments.text(0)?), lower(arguments.text(1)?));
    if part.is_empty() {
        return owned(utf16::length(&text).saturating_sub(1));
    }
    position(&text, text.rfind(&part))
}

/// Returns the index of the n-th occurrence; a negative n counts from the end.
pub(crate) fn nth_index_of(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, part) = (lower(arguments.text(0)?), lower(arguments.text(1)?));
    let nth = arguments.integer(2)?;
    let offsets: Vec<usize> = text.match_indices(&part).map(|(at, _)| at).collect();
    let distance = usize::try_from(nth.unsigned_abs()).unwrap_or(usize::MAX);
    let index = match nth {
        0 => return Err(arguments.invalid(2, "a number other than 0", "it is 0")),
        1.. => distance.checked_sub(1),
        _ => offsets.len().checked_sub(distance),
    };
    position(&text, index.and_then(|index| offsets.get(index).copied()))
}

pub(crate) fn replace(arguments: Arguments<'_>) -> Outcome<'_> {
    let old = arguments.text(1)?;
    if old.is_empty() {
        return Err(arguments.invalid(1, "a non-empty string", "it is empty"));
    }
    let (text, new) = (arguments.text(0)?, arguments.text(2)?);
    let added = new.len().saturating_sub(old.len());
    if text.len() + text.matches(old).count().saturating_mul(added) > MAX_LENGTH {
        return Err(arguments.fail(TOO_LONG));
    }
    owned(text.replace(old, new))
}

pub(crate) fn split(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, delimiter) = (arguments.text(0)?, arguments.text(1)?);
    if delimiter.is_empty() {
        // Same as .NET.
        return owned(vec![Value::from(text)]);
    }
    owned(text.split(delimiter).map(Value::from).collect::<Vec<_>>())
}

pub(crate) fn substring(arguments: Arguments<'_>) -> Outcome<'_> {
    let text = arguments.text(0)?;
    let length = utf16::length(text);
    let start = arguments.count(1)?;
    let count = if arguments.len() > 2 {
        arguments.count(2)?
    } else {
        length.saturating_sub(start)
    };
    match utf16::substring(text, start, count) {
        Some(part) => owned(part),
        None => Err(arguments.fail("the substring exceeds the end of the string")),
    }
}

/// Returns the part between two indexes. A negative index counts from the end; an index beyond an
/// end is clamped.
pub(crate) fn slice(arguments: Arguments<'_>) -> Outcome<'_> {
    let text = arguments.text(0)?;
    let length = utf16::length(text);
    let offset = |index: usize| -> Result<usize, _> {
        let at = arguments.integer(index)?;
        let distance = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
        Ok(if at < 0 {
            length.saturating_sub(distance)
        } else {
            distance.min(length)
        })
    };
    let start = offset(1)?;
    let end = if arguments.len() > 2 {
        offset(2)?
    } else {
        length
    };
    let part = utf16::substring(text, start, end.saturating_sub(start)).unwrap_or_default();
    owned(part)
}

pub(crate) fn to_lower(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(arguments.text(0)?.to_lowercase())
}

pub(crate) fn to_upper(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(arguments.text(0)?.to_uppercase())
}

pub(crate) fn trim(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(arguments.text(0)?.trim())
}

/// Returns a random GUID. The optional argument is .NET's format: `N`, `D`, `B`, `P`, or `X`.
pub(crate) fn guid(arguments: Arguments<'_>) -> Outcome<'_> {
    let id = uuid::Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid();
    let format = arguments.optional_text(0)?.unwrap_or("D");
    owned(match format.to_ascii_uppercase().as_str() {
        "N" => id.simple().to_string(),
        "D" => id.to_string(),
        "B" => id.braced().to_string(),
        "P" => format!("({id})"),
        "X" => {
            let (first, second, third, rest) = id.as_fields();
            let rest = rest.map(|byte| format!("0x{byte:02x}")).join(",");
            format!("{{0x{first:08x},0x{second:04x},0x{third:04x},{{{rest}}}}}")
        }
        _ => return Err(arguments.invalid(0, "N, D, B, P, or X", "the string is not valid")),
    })
}
