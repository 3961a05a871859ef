//! The commands that reach both clouds, as a person types them, against the stand-ins.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod commands;
mod doctor;
mod killed;
mod person;
mod processes;
mod pushing;
mod secrets;
mod shown;
#[path = "../deploy/state.rs"]
mod state;
mod what_if;
