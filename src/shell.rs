//! Commands as a shell takes them, for messages that suggest one.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

/// ` --config FILE`, if the command line of this process has it.
static CONFIG: OnceLock<String> = OnceLock::new();

/// A word as a shell takes it, in quotes only where it needs them.
pub(crate) fn quoted(word: &str) -> Cow<'_, str> {
    // Only a word with a NUL cannot be quoted, and no shell can pass one.
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

/// Names the file in every command that [`picletter`] suggests from now on.
pub(crate) fn name_config(path: &Path) {
    // Set once, from the command line.
    let _ = CONFIG.set(format!(" --config {}", quoted(&path.to_string_lossy())));
}

/// A command of this program for a message, in backticks, about the same configuration file:
/// `picletter("deploy")`.
pub(crate) fn picletter(words: &str) -> Picletter<'_> {
    Picletter(words)
}

/// See [`picletter`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Picletter<'a>(&'a str);

impl fmt::Display for Picletter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`picletter {}{}`", self.0, config())
    }
}

/// ` --config FILE` for a command within a longer text, or nothing.
pub(crate) fn config() -> &'static str {
    CONFIG.get().map_or("", String::as_str)
}
