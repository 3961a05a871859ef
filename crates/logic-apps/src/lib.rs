//! An interpreter for ARM templates and for the workflows of Azure Logic Apps (Consumption).
//!
//! - [`arm`]: a template and parameters in, resources out.
//! - [`expression`]: the language of `[…]` in templates and of `@…` in workflows.
//! - [`definition`]: a workflow's definition, read strictly.
//! - [`recurrence`]: when a recurrence trigger falls due.
//! - [`run`]: a deployed workflow and its runs; [`trigger`] fires them, [`history`] lists them.
//! - [`clock`] and [`transport`]: time and the network, as inputs; [`http_client`] is a real network.

pub mod arm;
pub mod clock;
pub mod dates;
pub mod definition;
pub mod expression;
mod functions;
pub mod history;
pub mod http_client;
pub mod recurrence;
pub mod run;
pub mod transport;
pub mod trigger;
