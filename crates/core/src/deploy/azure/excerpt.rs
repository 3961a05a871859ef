//! Excerpts of Azure's answers for errors: one line, short, with secrets masked.

use crate::deploy::redact::Redactor;

/// Length of the excerpt of an unexpected body, in characters.
const EXCERPT: usize = 120;

/// Length of the excerpt of an error's message, in characters.
const WORDS: usize = 2_000;

/// A message in one line, with secrets masked.
pub(super) fn line(text: &str, redactor: &Redactor) -> String {
    redactor.line(text, WORDS)
}

/// The beginning of an unexpected body.
pub(super) fn beginning(body: &[u8], redactor: &Redactor) -> String {
    let beginning = redactor.beginning(body, EXCERPT);
    if beginning.is_empty() {
        return "an empty body".to_owned();
    }
    beginning
}
