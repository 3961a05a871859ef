//! The log: one line for each event, on standard output, in logfmt.
//!
//! A few lines of our own instead of `tracing`: its subscriber is larger than the rest of the
//! worker's own code, and Heroku's router already adds time and dyno to each line.

use std::fmt::{Display, Write as _};
use std::io::Write as _;

use crate::mask::Mask;

/// How much is logged; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What made the run fail.
    Error,
    /// What went wrong but did not end the run.
    Warn,
    /// The steps of a run.
    Info,
    /// Each request.
    Debug,
}

impl Level {
    /// What `RUST_LOG` takes.
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

/// Writes events, with every known secret and every receiver's address masked.
#[derive(Debug, Clone)]
pub struct Log {
    level: Level,
    mask: Mask,
    stderr: bool,
}

impl Log {
    /// A log of `level` that replaces what `mask` knows.
    pub fn new(level: Level, mask: Mask) -> Self {
        Self {
            level,
            mask,
            stderr: false,
        }
    }

    /// The same log on standard error, for a program whose output is something else.
    #[must_use]
    pub fn to_stderr(self) -> Self {
        Self {
            stderr: true,
            ..self
        }
    }

    /// Something went wrong that ends the run or loses a report.
    pub fn error(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.event(Level::Error, event, fields);
    }

    /// Something went wrong that the run survives.
    pub fn warn(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.event(Level::Warn, event, fields);
    }

    /// A step of the run is done.
    pub fn info(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.event(Level::Info, event, fields);
    }

    /// A detail that helps to find a fault.
    pub fn debug(&self, event: &str, fields: &[(&str, &dyn Display)]) {
        self.event(Level::Debug, event, fields);
    }

    /// The last line of a run; written at every level.
    pub fn outcome(&self, fields: &[(&str, &dyn Display)]) {
        self.write(&logfmt(fields, &self.mask));
    }

    /// `text` as it may leave the process: masked as the log is.
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
        // A closed output must not end a run that is about to send.
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

// Values are masked before they are quoted, which would change what is looked for.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_forge_a_second_line_or_field() {
        let fields: [(&str, &dyn Display); 3] =
            [("reason", &"a b\noutcome=sent"), ("n", &1), ("empty", &"")];
        let line = logfmt(&fields, &Mask::default());
        assert_eq!(line, r#"reason="a b\noutcome=sent" n=1 empty="""#);
    }
}
