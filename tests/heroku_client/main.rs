//! The client for Heroku's Platform API against prepared answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

#[path = "../black_hole/mod.rs"]
mod black_hole;
mod credentials;
mod logs;
mod refusals;
mod releases;
mod requests;
mod scripted;
