//! Workflows as the service would execute them, on simulated time and with answers from memory.

#![allow(clippy::needless_pass_by_value, reason = "a test's way to be short")]

mod control;
mod data;
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
mod world;
