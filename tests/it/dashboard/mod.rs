//! The dashboard over the live clients, and the commands that show it.

mod cli;
mod commands;
mod config_file;
mod contract;
mod faults;
mod histories;
mod live_deployment;
mod logs;
mod polling;
mod secrets;
