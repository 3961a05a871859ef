//! Faults, races, and sequences of commands, against the fakes.
//!
//! - [`faults`]: every request of every command, with every fault.
//! - [`races`]: two commands at once, with every request of the one held back.
//! - [`killed`]: the real program, killed after any of its requests.
//! - [`model`]: random sequences of commands, compared with a model after each step.
//!
//! `cargo test` runs a random sample. `CHAOS_FACTOR` multiplies its size (`all`: every case),
//! `CHAOS_SEED` repeats a sample, and `CHAOS_ONLY` selects the cases whose name contains it.

mod command;
mod dynos;
mod expected;
mod facts;
mod faults;
mod killed;
mod model;
mod races;
pub(crate) mod sample;
