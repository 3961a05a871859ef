//! Integration tests. Each test name states one promise of the system, checked through public
//! interfaces.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failing test panics"
)]

mod support;

mod architecture;
mod azure_client;
mod browser;
mod chaos;
mod cli_cloud;
mod cli_help;
mod cli_import;
mod cli_init;
mod cli_output;
mod cli_schedule;
mod cli_template;
mod config;
mod dashboard;
mod dashboard_pages;
mod deploy;
mod diagnostic;
mod heroku_client;
mod image;
mod inbox;
mod page;
mod preview;
mod printable;
mod readme;
mod recordings;
mod registry;
mod registry_real;
mod run_log;
mod schedule;
mod secrets;
mod simulation;
mod template;
mod try_days;
mod try_run;
mod vendor_specs;
mod verified;
