//! What a run promises, kept by the real binary against real TLS servers on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod bad_mail_api;
mod bad_pictures;
mod bad_settings;
#[path = "../black_hole/mod.rs"]
mod black_hole;
mod dates;
mod process;
mod program;
mod reporting;
mod server;
mod sources;
mod starting;
mod stopping;
