//! Escapes control characters in text from outside.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes `text` for a terminal: control characters except line breaks and tabs, and characters that
/// change the direction of text. With `keeps_colors`, keeps escape sequences that only set colors.
pub fn printable(text: &str, keeps_colors: bool) -> Cow<'_, str> {
    let is_safe = |c: char| c == '\n' || c == '\t' || !(c.is_control() || sets_direction(c));
    if text.chars().all(is_safe) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let kept = match c {
            '\u{1b}' if keeps_colors => color(rest),
            '\r' if rest.starts_with("\r\n") => 2,
            c if is_safe(c) => c.len_utf8(),
            _ => 0,
        };
        printable.push_str(&rest[..kept]);
        if kept == 0 && c.is_ascii() && c != '\x7f' {
            printable.extend(c.escape_default());
        } else if kept == 0 {
            // JSON may contain this character, and must stay valid.
            let _ = write!(printable, "\\u{:04x}", u32::from(c));
        }
        rest = &rest[kept.max(c.len_utf8())..];
    }
    Cow::Owned(printable)
}

/// Whether the character only sets the direction of text (`Bidi_Control`).
///
/// Source: <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>.
fn sets_direction(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The length of the escape sequence at the start of `text`, if it sets colors; else 0.
fn color(text: &str) -> usize {
    let numbers = text.strip_prefix("\u{1b}[").unwrap_or_default();
    let behind = numbers.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
    match behind.strip_prefix('m') {
        Some(behind) => text.len() - behind.len(),
        None => 0,
    }
}
