//! The client for Azure Resource Manager and Logic Apps, over real HTTP on loopback. The responses
//! have the format of Microsoft's own examples (github Azure/azure-rest-api-specs).

mod access;
mod certificates;
mod deployments;
mod refusals;
mod resources;
mod runs;
mod server;
mod sign_in;
mod subscriptions;
mod waits;
mod what_if;
mod workflows;
