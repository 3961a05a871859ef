//! Picletter: scheduled jobs on Heroku, paid by the second and started by an Azure Logic App.
//!
//! This crate is the operator's side. What a dyno runs is `picletter_worker`; the interpreter of
//! workflows is `picletter_logic_apps`; the fakes of the vendors are `picletter_sandbox`.
//!
//! From the bottom up:
//! - [`schedule`]: when a job runs.
//! - [`config`]: `picletter.toml`, the file that a person edits.
//! - [`template`]: the ARM template that ships, and its parameters.
//! - [`deploy`]: from that file to Heroku and Azure, and back.
//! - [`try`](mod@crate::try): the same against fakes, on the machine's time or simulated time.
//! - [`cli`]: the commands.
//! - [`diagnostic`]: errors with their help, for display.

// They panic where the output is closed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod config;
mod cost;
pub mod deploy;
pub mod diagnostic;
mod printable;
pub mod schedule;
mod shell;
pub mod template;
pub mod r#try;
