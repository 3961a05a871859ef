//! The page of `picletter try`: what it shows, what its switches bring about, and who may call it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod guards;
#[path = "../loopback/mod.rs"]
mod loopback;
mod shown;
mod switches;
mod tried;
#[path = "../trying/mod.rs"]
mod trying;
