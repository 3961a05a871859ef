//! An interpreter for ARM templates and for the workflows of Azure Logic Apps (Consumption).
//!
//! The usual order of use:
//!
//! 1. [`arm::Template`] evaluates a template to resources.
//! 2. [`LogicApp::deploy`] loads the `properties` of a `Microsoft.Logic/workflows` resource.
//! 3. [`LogicApp::start`] lets its triggers fire; [`LogicApp::run_trigger`] fires one now.
//! 4. [`LogicApp::runs`], [`LogicApp::actions`], and [`LogicApp::subscribe`] return the results.
//!
//! Time and the network are inputs: a [`Clock`] is the machine's or simulated, and a [`Transport`]
//! sends the requests of a workflow. [`HttpClient`] is the transport for a real network.
//!
//! Modules from the bottom up: a module uses only modules of earlier rows:
//!
//! | module | content |
//! |---|---|
//! | [`suggest`], [`ticks`], `status`, `clock`, `transport` | shared vocabulary |
//! | [`history`] | records of runs, actions, and trigger firings |
//! | [`recurrence`] | the times at which a recurrence trigger fires |
//! | [`expression`] | the language of `[…]` in templates and `@…` in workflows |
//! | [`arm`] | templates and their parameters |
//! | [`definition`] | the strict loader of workflow definitions |
//! | `run` | execution of runs |
//! | `trigger` | triggers that wait for their times |
//! | `logic_app` | [`LogicApp`], a deployed workflow |
//! | `http_client` | [`HttpClient`] |

pub mod arm;
mod clock;
pub mod definition;
pub mod expression;
pub mod history;
mod http_client;
mod logic_app;
pub mod recurrence;
mod run;
mod status;
pub mod suggest;
pub mod ticks;
mod transport;
mod trigger;

pub use clock::Clock;
pub use http_client::HttpClient;
pub use logic_app::{LogicApp, StartError};
pub use run::{EarlyCallback, Event, Options, Services};
pub use status::Status;
pub use transport::{Sending, Transport, TransportError};
