//! The dashboard over the live clients, and the commands that show it.

mod cli;
mod commands;
mod config_file;
mod contract;
mod faults;
mod histories;
mod history_limits;
mod live_deployment;
mod log_reading;
mod logs;
mod polling;
mod secrets;
mod shared_reading;
mod vendor;
