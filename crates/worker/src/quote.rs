//! Quoting of values in messages.

use std::fmt;

/// Maximum number of characters of a value in a message.
const LONGEST: usize = 80;

/// Formats a value in backticks. Escapes control characters and truncates long values.
pub fn quote(value: &str) -> Quote<'_> {
    Quote(value)
}

/// The [`Display`](fmt::Display) adapter that [`quote`] returns.
#[derive(Debug, Clone, Copy)]
pub struct Quote<'a>(&'a str);

impl fmt::Display for Quote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`")?;
        let mut characters = self.0.chars();
        for c in characters.by_ref().take(LONGEST) {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        if characters.next().is_some() {
            f.write_str("…")?;
        }
        f.write_str("`")
    }
}
