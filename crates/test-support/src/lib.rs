//! Shared setup for the tests of several crates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::return_self_not_must_use,
    reason = "tests may panic"
)]
#![allow(
    clippy::new_without_default,
    reason = "`default()` should not start a server"
)]

#[cfg(feature = "sandbox")]
pub mod azure_world;
pub mod black_hole;
pub mod loopback;
#[cfg(feature = "mails")]
pub mod mails;
pub mod module_order;
mod programs;
#[cfg(feature = "sandbox")]
pub mod slug_archive;
pub mod tls;

pub use programs::{copy_program, worker, write_script};

/// A JPEG of a coffee cup, one of the fakes' pictures.
pub const COFFEE: &[u8] = include_bytes!("../../sandbox/src/photographs/coffee.jpg");
/// A JPEG of a rocket, one of the fakes' pictures.
pub const ROCKET: &[u8] = include_bytes!("../../sandbox/src/photographs/rocket.jpg");

/// Time zones for generated schedules: both hemispheres, zones without daylight saving time, and
/// zones whose clock changes by half an hour, at midnight, or before midnight.
pub const ZONES: [&str; 20] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Asuncion",
    "America/Sao_Paulo",
    "America/Nuuk",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Jerusalem",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
];
