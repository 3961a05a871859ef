//! When a job runs.

mod dates;
pub mod recurrence;
