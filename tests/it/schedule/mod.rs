//! When a job runs: what recurs, what a person may write, and what the service is told.

mod calendar;
mod cron;
mod words;
mod zones;
