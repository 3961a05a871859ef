//! Lengths and offsets in UTF-16 code units, which the service uses.

use std::borrow::Cow;

/// The length of `text`.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// Returns `count` units of `text` from `start` on. `None` if that exceeds the text.
pub(super) fn substring(text: &str, start: usize, count: usize) -> Option<Cow<'_, str>> {
    let end = start.checked_add(count)?;
    if text.is_ascii() {
        return text.get(start..end).map(Cow::Borrowed);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let part = units.get(start..end)?;
    Some(Cow::Owned(String::from_utf16_lossy(part)))
}

/// Converts a byte offset in `text` to an offset in UTF-16 code units.
pub(super) fn from_byte_offset(text: &str, offset: usize) -> usize {
    length(text.get(..offset).unwrap_or(text))
}
