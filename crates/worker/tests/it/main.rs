//! Tests of the worker, as a library and as the program that a dyno runs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod compose;
mod dependencies;
mod job;
