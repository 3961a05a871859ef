//! The fake of Azure: sign-in, resource groups, deployments, running workflows, and alerts.

mod azure_cli;
mod deployments;
mod groups;
mod over_http;
mod recorded_shapes;
mod run_history;
mod sign_in;
mod what_if;
mod workflows;
