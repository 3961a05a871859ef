//! Functions of texts.

use serde_json::Value;

use super::{Arguments, Outcome, owned, utf16, write_text};

/// The longest text that `concat` and `join` make, in characters (function reference).
pub(super) const LONGEST: usize = 104_857_600;
pub(super) const TOO_LONG: &str = "the text is longer than 104,857,600 characters";

pub(crate) fn concat(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut text = String::new();
    for value in &arguments.values {
        write_text(&mut text, value);
    }
    if text.len() > LONGEST {
        return Err(arguments.fail(TOO_LONG));
    }
    owned(text)
}

/// Without regard to case, as the reference says of `startsWith`, `endsWith` and `indexOf`.
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
        i64::try_from(utf16::place(text, offset)).unwrap_or(-1)
    }))
}

pub(crate) fn index_of(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, part) = (lower(arguments.text(0)?), lower(arguments.text(1)?));
    position(&text, text.find(&part))
}

/// An empty part is found at the last character, as the reference says.
pub(crate) fn last_index_of(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, part) = (lower(arguments.text(0)?), lower(arguments.text(1)?));
    if part.is_empty() {
        return owned(utf16::length(&text).saturating_sub(1));
    }
    position(&text, text.rfind(&part))
}

/// The place of the n-th occurrence; a negative n counts from the end.
pub(crate) fn nth_index_of(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, part) = (lower(arguments.text(0)?), lower(arguments.text(1)?));
    let nth = arguments.integer(2)?;
    let places: Vec<usize> = text.match_indices(&part).map(|(at, _)| at).collect();
    let back = usize::try_from(nth.unsigned_abs()).unwrap_or(usize::MAX);
    let index = match nth {
        0 => return Err(arguments.unfit(2, "a number other than 0", "it was 0")),
        1.. => back.checked_sub(1),
        _ => places.len().checked_sub(back),
    };
    position(&text, index.and_then(|index| places.get(index).copied()))
}

pub(crate) fn replace(arguments: Arguments<'_>) -> Outcome<'_> {
    let old = arguments.text(1)?;
    if old.is_empty() {
        return Err(arguments.unfit(1, "a text with at least one character", "it was empty"));
    }
    let (text, new) = (arguments.text(0)?, arguments.text(2)?);
    let added = new.len().saturating_sub(old.len());
    if text.len() + text.matches(old).count().saturating_mul(added) > LONGEST {
        return Err(arguments.fail(TOO_LONG));
    }
    owned(text.replace(old, new))
}

pub(crate) fn split(arguments: Arguments<'_>) -> Outcome<'_> {
    let (text, delimiter) = (arguments.text(0)?, arguments.text(1)?);
    if delimiter.is_empty() {
        // As .NET does.
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
    match utf16::part(text, start, count) {
        Some(part) => owned(part),
        None => Err(arguments.fail(format!(
            "{count} characters from {start} on go beyond the text, which has {length}"
        ))),
    }
}

/// The part between two places, which may be beyond the ends and are then taken as the ends; a
/// negative one counts from the end.
pub(crate) fn slice(arguments: Arguments<'_>) -> Outcome<'_> {
    let text = arguments.text(0)?;
    let length = utf16::length(text);
    let place = |index: usize| -> Result<usize, _> {
        let at = arguments.integer(index)?;
        let distance = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
        Ok(if at < 0 {
            length.saturating_sub(distance)
        } else {
            distance.min(length)
        })
    };
    let start = place(1)?;
    let end = if arguments.len() > 2 {
        place(2)?
    } else {
        length
    };
    let part = utf16::part(text, start, end.saturating_sub(start)).unwrap_or_default();
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

/// A random identifier: `N`, `D`, `B`, `P` or `X` as its only argument says how it is written.
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
        _ => return Err(arguments.unfit(0, "N, D, B, P or X", "it was another text")),
    })
}
