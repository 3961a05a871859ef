//! Shell commands in messages.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::OnceLock;

/// ` --config FILE`, if the command line of this process has it.
static CONFIG: OnceLock<String> = OnceLock::new();

/// A word, quoted for a shell if necessary.
pub fn quoted(word: &str) -> Cow<'_, str> {
    // Only a word with a NUL cannot be quoted, and no command line contains one.
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

/// Adds `--config` to every command that [`picletter`] formats from now on.
pub fn name_config(path: &Path) {
    // Set once, from the command line.
    let _ = CONFIG.set(format!(" --config {}", quoted(&path.to_string_lossy())));
}

/// A command of this program in backticks, for the same configuration file, such as
/// `picletter("deploy")`.
pub fn picletter(words: &str) -> Picletter<'_> {
    Picletter(words)
}

/// See [`picletter`].
#[derive(Debug, Clone, Copy)]
pub struct Picletter<'a>(&'a str);

impl fmt::Display for Picletter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`picletter {}{}`", self.0, config())
    }
}

/// ` --config FILE` for a command within a longer text, or nothing.
pub fn config() -> &'static str {
    CONFIG.get().map_or("", String::as_str)
}
