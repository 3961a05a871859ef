//! When a job runs: what recurs, what a person may write, and what the service is told.

mod calendar;
mod oracle;
mod recurrences;
mod words;
mod zones;
