//! Azure Resource Manager and Logic Apps, spoken to over real HTTP on loopback. The answers have
//! the shapes of Microsoft's own examples (github Azure/azure-rest-api-specs).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod access;
mod certificates;
mod deployments;
mod refusals;
mod resources;
mod runs;
mod server;
mod sign_in;
mod subscriptions;
mod what_if;
mod workflows;
