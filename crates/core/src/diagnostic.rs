//! Diagnostics: the summary and the help of an error.

use std::fmt;

use serde::Serialize;

/// A problem and its fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The problem. Contains the vendor's message, if there is one.
    pub summary: String,
    /// The next step, if one is known.
    pub help: Option<String>,
}

/// An error that has a diagnostic.
pub trait Diagnose {
    /// The error's summary and help.
    fn diagnostic(&self) -> Diagnostic;
}

impl Diagnostic {
    /// A problem with a known next step.
    pub fn new(summary: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            help: Some(help.into()),
        }
    }

    /// A problem without a known next step.
    pub fn plain(summary: impl fmt::Display) -> Self {
        Self {
            summary: summary.to_string(),
            help: None,
        }
    }

    /// The same with another next step.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self::new(self.summary, help)
    }

    /// Several problems as one; none for an empty list.
    pub fn joined<'a>(all: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let (mut summaries, mut helps) = (Vec::new(), Vec::new());
        for one in all {
            summaries.push(one.summary.as_str());
            let help = one.help.as_deref();
            helps.extend(help.filter(|help| !helps.contains(help)));
        }
        (!summaries.is_empty()).then(|| Self {
            summary: summaries.join("; "),
            help: (!helps.is_empty()).then(|| helps.join("; ")),
        })
    }

    /// The same with another summary.
    #[must_use]
    pub fn map_summary(self, summary: impl FnOnce(String) -> String) -> Self {
        Self {
            summary: summary(self.summary),
            help: self.help,
        }
    }
}

/// On one line, for texts that embed an error.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        match &self.help {
            Some(help) => write!(f, ": {help}"),
            None => Ok(()),
        }
    }
}

/// Implements `Display` of errors as their diagnostics.
#[macro_export]
macro_rules! display_as_diagnostic {
    ($($error:ty),+ $(,)?) => {$(
        impl std::fmt::Display for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::diagnostic::Diagnose::diagnostic(self).fmt(f)
            }
        }
    )+};
}

pub use display_as_diagnostic;
