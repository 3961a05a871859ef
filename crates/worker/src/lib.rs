//! What a dyno runs: fetches the picture of the day, mails it through SendGrid, and reports how the
//! run ended.
//!
//! The program is [`main`]. It reads its arguments ([`invocation`]) and the config vars
//! ([`settings`]), then calls [`run`], which goes through these steps:
//!
//! 1. [`sources`] asks one source after the other for a picture, which `download` fetches.
//! 2. [`compose`] makes the mail: a [`payload`] around the picture.
//! 3. [`sendgrid`] sends it at most once.
//! 4. [`report`] posts the [`outcome`], and [`log`] prints it.
//!
//! The modules are listed from the bottom up: each group uses only the groups before it.

// They panic where the output is closed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

// What others build on.
pub mod address;
mod base64_encoder;
pub mod bounded_file;
pub mod budget;
pub mod client;
mod entities;
pub mod mask;
pub mod quote;
pub mod retry_after;
pub mod url_policy;

// The data of a run, and its log.
pub mod html_text;
pub mod invocation;
pub mod log;
pub mod payload;
pub mod picture;

// Requests, and how a run ends.
pub mod http;
pub mod outcome;

// The steps of a run; each declares the settings that it takes.
pub mod compose;
mod download;
pub mod report;
pub mod sendgrid;

// A client for each vendor of pictures.
pub mod sources;

// Reads all settings from the config vars.
pub mod settings;

// The main path.
mod job;

// Arguments, signals, and the exit code.
mod program;

pub use job::{date_of, run};
pub use program::main;
