//! Values in messages.

use std::fmt;

/// Characters of a value that a message shows.
const LONGEST: usize = 80;

/// A value in backticks for a message: control characters are escaped, and a long value is cut.
pub fn quote(value: &str) -> Quote<'_> {
    Quote(value)
}

/// See [`quote`].
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_and_control_characters_are_escaped() {
        assert_eq!(quote("day").to_string(), "`day`");
        assert_eq!(quote("a\nb\0").to_string(), "`a\\nb\\u{0}`");
        let long = quote(&"é".repeat(1 << 20)).to_string();
        assert_eq!(long, format!("`{}…`", "é".repeat(80)));
    }
}
