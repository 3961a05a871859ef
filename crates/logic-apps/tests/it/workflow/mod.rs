//! Execution of workflows on simulated time, with stub responses.

#![allow(clippy::needless_pass_by_value, reason = "a test's way to be short")]

mod control;
mod data;
mod harness;
mod history;
mod hostile;
mod http_client;
mod limits;
mod loading;
mod requests;
mod retries;
mod run_after;
mod secured;
mod triggers;
mod variables;
mod webhooks;
