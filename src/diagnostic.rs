//! Diagnostics: the summary and the help of an error.

use std::fmt;

/// A problem and its fix.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Displays errors as their diagnostics.
macro_rules! display_as_diagnostic {
    ($($error:ty),+ $(,)?) => {$(
        impl std::fmt::Display for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::diagnostic::Diagnose::diagnostic(self).fmt(f)
            }
        }
    )+};
}

pub(crate) use display_as_diagnostic;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Code that would inspect the text of an error.
    const INSPECTIONS: [&str; 9] = [
        "to_string().contains(",
        "to_string().starts_with(",
        "to_string().ends_with(",
        "to_string().split",
        "to_string().rsplit",
        "to_string().strip_",
        "split_once(\": \")",
        "message.contains(",
        "words.contains(",
    ];

    /// Files for which text is the only source: `azure_identity`'s error for a missing `az`, and SendGrid's
    /// for used-up credits.
    const WORDS_ONLY: [&str; 3] = [
        "crates/worker/src/sendgrid.rs",
        "src/deploy/azure/sign_in.rs",
        "src/deploy/doctor/sendgrid.rs",
    ];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn no_code_inspects_the_text_of_an_error() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        sources(&root.join("src"), &mut files);
        for member in fs::read_dir(root.join("crates")).unwrap() {
            sources(&member.unwrap().path().join("src"), &mut files);
        }
        assert!(files.len() > 100, "{files:?}");
        for path in files {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code: String = code.split_whitespace().collect();
            let code = code.replace("\":\"", "\": \"");
            let inspects = INSPECTIONS.iter().find(|part| code.contains(**part));
            if !WORDS_ONLY.contains(&name.as_str()) {
                assert_eq!(inspects, None, "{name}: give the error a type instead");
            }
        }
    }

    #[test]
    fn joined_diagnostics_repeat_no_help() {
        let one = Diagnostic::new("a", "x");
        let other = Diagnostic::new("b", "x");
        let joined = Diagnostic::joined([&one, &other, &Diagnostic::plain("c")]);
        assert_eq!(joined, Some(Diagnostic::new("a; b; c", "x")));
        assert_eq!(Diagnostic::joined([]), None);
    }
}
