#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]
//! Deployments to both stand-ins: what they make, change, leave alone and remove.

mod buildpack;
mod changes;
mod false_answers;
mod images;
mod live_values;
#[path = "../loopback/mod.rs"]
mod loopback;
mod portal;
#[path = "../slug/publish.rs"]
mod publish;
mod removal;
mod removal_races;
mod sent;
mod sequences;
mod sizes;
#[path = "../slug/archive.rs"]
mod slug;
mod state;
mod world;
