//! Tests of the interpreter's public interface.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod arm_template;
mod example;
mod expressions;
mod recurrence;
mod workflow;
