//! What the fakes promise, over HTTP and in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod azure;
mod faults;
mod heroku;
mod hooks;
mod image;
mod pictures;
mod sendgrid;
