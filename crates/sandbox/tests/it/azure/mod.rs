//! The fake of Azure answers as Azure does: sign-in, resource groups, deployments, workflows
//! that run, alerts.

mod azure_cli;
mod deployments;
mod groups;
mod over_http;
mod recorded_shapes;
mod run_history;
mod sign_in;
mod what_if;
mod workflows;
