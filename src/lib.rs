//! Picletter: scheduled jobs on Heroku, billed by the second and started by an Azure Logic App.
//!
//! This crate contains the operator's commands. `picletter_core` has the configuration and the deployments,
//! `picletter_worker` is the program that dynos run, `picletter_logic_apps` the interpreter of workflows,
//! and `picletter_sandbox` the fakes of the vendors.
//!
//! Modules from the bottom up: a module uses only modules of earlier items:
//!
//! 1. `cost`: estimated cost of dynos and executions. [`run_log`]: runs in the log of a Heroku app.
//!    [`listen`]: the port of a page.
//! 2. [`dashboard`]: a page and a report of jobs, runs, and costs.
//! 3. [`try`](mod@crate::try): deployments to local fakes, in real or simulated time.
//! 4. [`cli`]: the commands.

// These macros panic if the output is closed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
mod cost;
pub mod dashboard;
pub mod listen;
pub mod run_log;
pub mod r#try;
