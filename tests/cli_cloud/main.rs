//! The commands that reach both clouds, as a person types them, against the stand-ins.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod agreement;
mod cleared_tags;
mod commands;
#[path = "../daily/mod.rs"]
mod daily;
mod doctor;
mod fifos;
mod images;
mod interrupted;
mod lacking;
mod live_values;
mod person;
mod portal;
mod processes;
mod pushing;
mod secrets;
mod shown;
mod what_if;
