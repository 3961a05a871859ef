//! When a recurrence trigger falls due.

mod oracle;
mod rules;
