//! The core of Picletter, without its command line: the configuration, due times, the ARM template, and
//! deployments to Heroku and Azure.
//!
//! Modules from the bottom up: a module uses only modules of earlier items:
//!
//! 1. [`diagnostic`]: summary and help of errors. [`printable`]: escapes control characters in text from
//!    outside. [`shell`]: shell commands in messages. `parallel`: work on all
//!    cores. [`schedule`]: due times of jobs.
//! 2. [`config`]: the configuration file, `picletter.toml`.
//! 3. [`template`]: the ARM template and its parameters.
//! 4. [`deploy`]: clients of Heroku and Azure, and deployments.

// These macros panic if the output is closed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod config;
pub mod deploy;
pub mod diagnostic;
mod parallel;
pub mod printable;
pub mod schedule;
pub mod shell;
pub mod template;
