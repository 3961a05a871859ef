//! `picletter.toml`: valid files, errors, and warnings.

mod documented;
mod errors;
mod example;
mod file;
mod heroku;
mod jobs;
mod lengths;
mod mail;
mod properties;
mod schedule;
mod secrets;
mod suggestions;
mod warnings;

use std::path::Path;

use picletter_core::config::{Config, ConfigError};

const MAIL: &str = "[mail]\nfrom = \"b@x.example\"\nto = \"y@x.example\"\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("picletter.toml"), text)
}

/// A file that is valid except for the given parts.
fn with(schedule: &str, rest: &str) -> String {
    format!("[schedule]\n{schedule}\n\n[heroku]\napp = \"my-app\"\n{rest}\n{MAIL}")
}

fn error_text(text: &str) -> String {
    match parse(text) {
        Ok(config) => panic!("{config:?}"),
        Err(error) => error.to_string(),
    }
}

/// Every key whose value is text, with its section.
const TEXT_KEYS: [(&str, &str); 28] = [
    ("schedule", "cron"),
    ("schedule", "months"),
    ("schedule", "every"),
    ("schedule", "at"),
    ("schedule", "on"),
    ("schedule", "start"),
    ("schedule", "time_zone"),
    ("schedule", "overlap"),
    ("heroku", "app"),
    ("heroku", "region"),
    ("heroku", "team"),
    ("heroku", "process_type"),
    ("heroku", "command"),
    ("heroku", "dyno_size"),
    ("heroku", "time_to_live"),
    ("heroku", "secrets"),
    ("azure", "workflow"),
    ("azure", "resource_group"),
    ("azure", "location"),
    ("azure", "subscription"),
    ("run", "report"),
    ("run", "start_window"),
    ("alert", "email"),
    ("mail", "from"),
    ("mail", "to"),
    ("mail", "subject"),
    ("mail", "embed"),
    ("mail", "region"),
];
