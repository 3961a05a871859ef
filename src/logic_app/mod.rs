//! Azure's half: a Logic App as an ARM template, and an interpreter that runs it on this machine.

pub mod arm;
pub mod clock;
pub mod expression;
mod functions;
pub mod transport;
