//! The stand-in for Azure answers as Azure does: sign-in, resource groups, deployments, workflows
//! that run, alerts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod azure_cli;
mod deployments;
mod groups;
#[path = "../loopback/mod.rs"]
mod loopback;
mod over_http;
mod recorded_shapes;
mod sign_in;
mod what_if;
mod workflows;
mod world;
