//! Azure's half: a Logic App as an ARM template, and an interpreter that runs it on this machine.

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
