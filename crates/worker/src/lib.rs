//! The worker: the program that a dyno runs. It fetches the picture of the day, mails it through
//! SendGrid, and reports the outcome of the run.
//!
//! The program is [`main`]. It parses its arguments ([`invocation`]) and the config vars
//! ([`settings`]), then calls [`run`], which has these steps:
//!
//! 1. [`sources`] tries one source after the other, and `download` fetches the picture.
//! 2. [`compose`] builds the mail: a [`payload`] that contains the picture.
//! 3. [`sendgrid`] sends it at most once.
//! 4. [`report`] posts the [`outcome`], and [`log`] prints it.
//!
//! Modules from the bottom up: a module uses only modules of earlier items:
//!
//! 1. Basics: [`address`], `base64_encoder`, [`bounded_file`], [`budget`], [`client`],
//!    `entities`, [`mask`], [`quote`], [`retry_after`], [`url_policy`].
//! 2. Data and log of a run: [`html_text`], [`invocation`], [`log`](mod@log), [`payload`],
//!    [`picture`].
//! 3. HTTP requests and outcomes: [`http`], [`outcome`].
//! 4. Steps of a run, with their settings: [`compose`], `download`, [`report`],
//!    [`sendgrid`].
//! 5. Clients of the picture sources: [`sources`].
//! 6. Parsing of the config vars: [`settings`].
//! 7. The job: `job`.
//! 8. Arguments, signals, and exit code: `program`.

// `println!` and `eprintln!` panic if the output is closed.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod address;
mod base64_encoder;
pub mod bounded_file;
pub mod budget;
pub mod client;
pub mod compose;
mod download;
mod entities;
pub mod html_text;
pub mod http;
pub mod invocation;
mod job;
pub mod log;
pub mod mask;
pub mod outcome;
pub mod payload;
pub mod picture;
mod program;
pub mod quote;
pub mod report;
pub mod retry_after;
pub mod sendgrid;
pub mod settings;
pub mod sources;
pub mod url_policy;

pub use job::{run, utc_date};
pub use program::main;
