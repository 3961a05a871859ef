//! Lengths and places in a text as the service counts them: in UTF-16 units.

use std::borrow::Cow;

/// How long `text` is.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// The part of `text` from `start`, `count` long; `None` where that goes beyond its end.
pub(super) fn part(text: &str, start: usize, count: usize) -> Option<Cow<'_, str>> {
    let end = start.checked_add(count)?;
    if text.is_ascii() {
        return text.get(start..end).map(Cow::Borrowed);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let part = units.get(start..end)?;
    Some(Cow::Owned(String::from_utf16_lossy(part)))
}

/// The place of byte `offset` of `text`.
pub(super) fn place(text: &str, offset: usize) -> usize {
    length(text.get(..offset).unwrap_or(text))
}
