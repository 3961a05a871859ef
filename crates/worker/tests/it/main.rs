//! What the worker promises, through its library and as the program that a dyno runs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod compose;
mod dependencies;
mod job;
