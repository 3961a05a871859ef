//! Picletter: scheduled jobs on Heroku, paid by the second and started by an Azure Logic App.
//!
//! - [`job`]: what a dyno runs: fetch the picture of the day, compose the mail, send it, report.
#![cfg_attr(
    feature = "operator",
    doc = "- [`sandbox`]: local stand-ins for the vendors."
)]
#![cfg_attr(feature = "operator", doc = "- [`schedule`]: when it runs.")]
#![cfg_attr(
    feature = "operator",
    doc = "- [`config`]: the file that a person edits."
)]
#![cfg_attr(
    feature = "operator",
    doc = "- [`logic_app`]: the Logic App's template, and an interpreter that runs it here."
)]
#![cfg_attr(
    feature = "operator",
    doc = "- [`deploy`]: from that file to Heroku and Azure, and back."
)]
#![cfg_attr(feature = "operator", doc = "- [`oci`]: container images.")]
#![cfg_attr(feature = "operator", doc = "- [`cli`]: what a person types.")]
// They panic where the output is closed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod bounded_file;
#[cfg(feature = "operator")]
pub mod cli;
#[cfg(feature = "operator")]
pub mod config;
#[cfg(feature = "operator")]
pub mod deploy;
#[cfg(feature = "operator")]
pub mod diagnostic;
pub mod job;
#[cfg(feature = "operator")]
pub mod logic_app;
#[cfg(feature = "operator")]
mod nearest;
#[cfg(feature = "operator")]
pub mod oci;
#[cfg(feature = "operator")]
mod printable;
mod quote;
#[cfg(feature = "operator")]
pub mod sandbox;
#[cfg(feature = "operator")]
pub mod schedule;
#[cfg(feature = "operator")]
mod shell;
