//! Faults, races, and sequences of commands, against the fakes.
//!
//! - [`faults`]: every fault in every request of every command.
//! - [`races`]: two concurrent commands, with each request of one held back.
//! - [`killed`]: the real program, killed after each of its requests.
//! - [`model`]: random sequences of commands, compared with a model after each step.
//!
//! `cargo test` runs a fixed sample. `CHAOS_FACTOR` multiplies its size (`all`: every case),
//! `CHAOS_SEED` selects another sample, and `CHAOS_ONLY` selects the cases whose name contains it.

mod command;
mod dynos;
mod expected;
mod facts;
mod faults;
mod killed;
mod model;
mod races;
pub(crate) mod sample;
