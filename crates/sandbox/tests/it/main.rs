//! Tests of the fakes, over HTTP and in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failing test panics"
)]

mod azure;
mod faults;
mod heroku;
mod hooks;
mod image;
mod pictures;
mod sendgrid;
