//! The client for Heroku's Platform API against prepared answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod credentials;
mod logs;
mod refusals;
mod releases;
mod requests;
mod scripted;
