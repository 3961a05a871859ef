//! Picletter: scheduled jobs on Heroku, paid by the second and started by an Azure Logic App.
//!
//! This crate contains the operator's commands. `picletter_worker` is the program that dynos run,
//! `picletter_logic_apps` the interpreter of workflows, and `picletter_sandbox` the fakes of the vendors.
//!
//! Modules from the bottom up; each uses only those above it in this list:
//!
//! 1. [`diagnostic`]: summary and help of errors. `printable`: escapes control characters in text from
//!    outside. `shell`: shell commands in messages. [`schedule`]: due times of jobs. `cost`: estimated
//!    cost of dynos and executions.
//! 2. [`config`]: the configuration file, `picletter.toml`.
//! 3. [`template`]: the ARM template and its parameters.
//! 4. [`deploy`]: clients of Heroku and Azure, and deployments.
//! 5. [`dashboard`]: a page and a report of jobs, runs, and costs.
//! 6. [`try`](mod@crate::try): deployments to local fakes, in real or simulated time.
//! 7. [`cli`]: the commands.

// These macros panic if the output is closed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod config;
mod cost;
pub mod dashboard;
pub mod deploy;
pub mod diagnostic;
mod printable;
pub mod schedule;
mod shell;
pub mod template;
pub mod r#try;
