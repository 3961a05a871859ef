//! Picletter: scheduled jobs on Heroku, paid by the second and started by an Azure Logic App.
//!
//! This crate is the operator's side. What a dyno runs is `picletter_worker`; the interpreter of
//! workflows is `picletter_logic_apps`; the fakes of the vendors are `picletter_sandbox`.
//!
//! Modules from the bottom up; each uses only those above it in this list:
//!
//! 1. [`diagnostic`]: errors with their help, for display. `printable`: control characters in text from
//!    outside are escaped. `shell`: the commands that messages suggest are quoted. [`schedule`]: when a
//!    job runs. `cost`: an estimate of what dynos and executions cost.
//! 2. [`config`]: `picletter.toml`, the file that a person edits.
//! 3. [`template`]: the ARM template that ships, and its parameters.
//! 4. [`deploy`]: from that file to Heroku and Azure, and back.
//! 5. [`dashboard`]: a page and a report of jobs, runs and costs.
//! 6. [`try`](mod@crate::try): the same against fakes, on the machine's time or simulated time.
//! 7. [`cli`]: the commands.

// They panic where the output is closed.
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
