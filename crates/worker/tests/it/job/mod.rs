//! Runs of the real binary against TLS servers on loopback.

mod bad_mail_api;
mod bad_mail_connections;
mod bad_pictures;
mod bad_settings;
mod dates;
mod process;
mod program;
mod reporting;
mod server;
mod sources;
mod starting;
mod stopping;
mod wire;
