//! Tests of the worker, as a library and as the program that a dyno runs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod address;
mod compose;
mod dependencies;
mod html_text;
mod invocation;
mod job;
mod mask;
mod picture;
mod quote;
mod retry_after;
mod url_policy;
