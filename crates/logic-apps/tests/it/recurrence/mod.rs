//! Occurrences of recurrences.

mod oracle;
mod rules;
