//! When a job runs: what recurs, what a person may write, and what the service is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod calendar;
mod oracle;
mod recurrences;
mod words;
mod zones;
