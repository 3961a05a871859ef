#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]
//! Deployments to both stand-ins: what they make, change, leave alone and remove.

mod changes;
mod false_answers;
mod images;
mod live_values;
mod removal;
mod removal_races;
mod sent;
mod sequences;
mod state;
mod world;
