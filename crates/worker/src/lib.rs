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
//! Modules from the bottom up; each uses only those of the lines above its own:
//!
//! 1. What others build on: [`address`], `base64_encoder`, [`bounded_file`], [`budget`], [`client`],
//!    `entities`, [`mask`], [`quote`], [`retry_after`], [`url_policy`].
//! 2. The data of a run, and its log: [`html_text`], [`invocation`], [`log`](mod@log), [`payload`],
//!    [`picture`].
//! 3. Requests, and how a run ends: [`http`], [`outcome`].
//! 4. The steps of a run, each with the settings that it takes: [`compose`], `download`, [`report`],
//!    [`sendgrid`].
//! 5. A client for each vendor of pictures: [`sources`].
//! 6. All settings, from the config vars: [`settings`].
//! 7. The main path: `job`.
//! 8. Arguments, signals, and the exit code: `program`.

// They panic where the output is closed.
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

pub use job::{date_of, run};
pub use program::main;
