//! The log: one logfmt line per event, on standard output.
//!
//! Does not use `tracing`, whose subscriber is larger than the rest of the worker's own code.
//! Heroku's log router adds the time and the dyno's name to each line.

use std::fmt::{Display, Write as _};
use std::io::Write as _;

use crate::mask::Mask;

/// The log level. Each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Problems that end the run or lose a report.
    Error,
    /// Problems that do not end the run.
    Warn,
    /// The steps of a run.
    Info,
    /// Details for debugging.
    Debug,
}

impl Level {
    /// The values of `RUST_LOG`.
    pub const NAMES: [(&str, Self); 4] = [
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// Writes events and masks secrets and receivers' addresses.
#[derive(Debug, Clone)]
pub struct Log {
    level: Level,
    mask: Mask,
    stderr: bool,
}

impl Log {
    /// Creates a log that prints events up to `level` and applies `mask`.
    pub fn new(level: Level, mask: Mask) -> Self {
        Self {
            level,
            mask,
            stderr: false,
        }
    }

    /// Writes to standard error instead, for a program with other output on standard output.
    #[must_use]
    pub fn to_stderr(self) -> Self {
        Self {
            stderr: true,
            ..self
        }
    }

    /// Logs a problem that ends the run or loses a report.
    pub fn error(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.event(Level::Error, event, fields);
    }

    /// Logs a problem that does not end the run.
    pub fn warn(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.event(Level::Warn, event, fields);
    }

    /// Logs a completed step of the run.
    pub fn info(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.event(Level::Info, event, fields);
    }

    /// Logs a detail for debugging.
    pub fn debug(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.event(Level::Debug, event, fields);
    }

    /// Logs the last line of a run, at every level.
    pub fn outcome(&self, fields: &[(&str, &dyn Display)]) {
        self.write(&logfmt(fields, &self.mask));
    }

    /// Masks `text` in the same way as the log.
    pub fn masked(&self, text: &str) -> String {
        self.mask.apply(text).into_owned()
    }

    fn event(&self, level: Level, event: &str, fields: &[(&str, &dyn Display)]) {
        if level <= self.level {
            let mut all: Vec<(&str, &dyn Display)> = Vec::with_capacity(fields.len() + 2);
            let name = level.name();
            all.push(("level", &name));
            all.push(("event", &event));
            all.extend_from_slice(fields);
            self.write(&logfmt(&all, &self.mask));
        }
    }

    fn write(&self, line: &str) {
        // A closed output must not end the run.
        #[expect(
            clippy::disallowed_methods,
            reason = "the worker's own writer; lines are masked"
        )]
        let _ = if self.stderr {
            writeln!(std::io::stderr().lock(), "{line}")
        } else {
            writeln!(std::io::stdout().lock(), "{line}")
        };
    }
}

// Masks values before quoting, because quoting changes the text.
fn logfmt(fields: &[(&str, &dyn Display)], mask: &Mask) -> String {
    let mut line = String::new();
    for (key, value) in fields {
        let value = value.to_string();
        let value = mask.apply(&value);
        let separator = if line.is_empty() { "" } else { " " };
        let quoted = value.is_empty()
            || value
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || c == '"' || c == '=');
        // Writing to a String cannot fail.
        let _ = write!(line, "{separator}{key}=");
        if quoted {
            let _ = write!(line, "{value:?}");
        } else {
            line.push_str(&value);
        }
    }
    line
}
