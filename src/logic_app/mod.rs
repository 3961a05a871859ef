//! Azure's half: a Logic App as an ARM template, and an interpreter that runs it on this machine.
//!
//! - [`template`]: the template that ships, and its parameters from `picletter.toml`.
//! - [`arm`]: a template and parameters in, resources out.
//! - [`expression`]: the language of `[…]` in templates and of `@…` in workflows.
//! - [`definition`]: a workflow's definition, read strictly.
//! - [`run`]: a workflow that is deployed, and its runs; [`trigger`] fires them, [`history`] tells
//!   of them.
//! - [`clock`] and [`transport`]: time and the world, as inputs.

pub mod arm;
pub mod clock;
pub mod definition;
pub mod expression;
mod functions;
pub mod history;
pub mod http_client;
pub mod run;
pub mod template;
pub mod transport;
pub mod trigger;
