//! The config vars. All are read and validated before the first request, and all errors are
//! reported.

pub mod parse;
mod read;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use reqwest::Url;

use crate::address::Mailbox;
use crate::compose::MailSettings;
use crate::http::NetSettings;
use crate::log::Log;
use crate::picture::{Embed, SourceName};
use crate::report::Reporting;
use crate::sendgrid::{ApiSettings, Region};
use crate::sources::PictureSettings;

pub use read::{read, read_with_defaults};

/// The default of `MAIL_SUBJECT`, as in the original article.
pub const DEFAULT_SUBJECT: &str = "Picletter, your daily picture newsletter!";
/// The default of `PICTURE_MAX_BYTES`.
pub const DEFAULT_MAX_BYTES: usize = 20 << 20;
/// The maximum of `PICTURE_MAX_BYTES`. In base64 it just fits into SendGrid's limit of 30 MB per
/// message.
pub const LARGEST_MAX_BYTES: usize = 22_000_000;

/// The names of all variables that the worker reads.
pub const NAMES: [&str; 23] = [
    "BOT_EMAIL",
    "RECEIVER_EMAIL",
    "MAIL_SUBJECT",
    "MAIL_EMBED",
    "SENDGRID_SANDBOX",
    "PICTURE_SOURCES",
    "PICTURE_URL",
    "PICTURE_MAX_BYTES",
    "UNSPLASH_ACCESS_KEY",
    "UNSPLASH_API_URL",
    "WIKIMEDIA_API_URL",
    "NASA_API_URL",
    "PICSUM_URL",
    "SG_KEY",
    "SENDGRID_REGION",
    "SENDGRID_API_URL",
    "RUN_ID",
    "RUN_DATE",
    "RUN_CALLBACK_URL",
    "HEARTBEAT_URL",
    "RUN_DEADLINE",
    "RUST_LOG",
    "SSL_CERT_FILE",
];

/// Environment variables.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Reads this process's environment. Invalid UTF-8 becomes replacement characters.
    pub fn from_env() -> Self {
        std::env::vars_os()
            .map(|(name, value)| {
                (
                    name.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .collect()
    }

    /// The value without surrounding white space. `None` if it is empty or not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Removes a variable.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Sets `name` if it is not set or empty. Returns whether it was set.
    pub fn set_default(&mut self, name: &str, value: &str) -> bool {
        let missing = self.get(name).is_none();
        if missing {
            self.0.insert(name.to_owned(), value.to_owned());
        }
        missing
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Variables {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// All errors in the variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidVariables(pub Vec<InvalidVariable>);

/// A missing or malformed variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidVariable {
    /// The variable's name.
    pub variable: &'static str,
    /// The problem and the expected value, as the rest of a sentence that starts with the name.
    pub problem: String,
}

impl fmt::Display for InvalidVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.problem)
    }
}

impl fmt::Display for InvalidVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

/// Values for variables that are not set, as parsed by [`parse`].
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// For `BOT_EMAIL`.
    pub sender: Option<Mailbox>,
    /// For `RECEIVER_EMAIL`.
    pub receivers: Option<Vec<Mailbox>>,
    /// For `MAIL_SUBJECT`.
    pub subject: Option<String>,
    /// For `MAIL_EMBED`.
    pub embed: Option<Embed>,
    /// For `SENDGRID_REGION`.
    pub region: Option<Region>,
    /// For `SENDGRID_SANDBOX`.
    pub sandbox: Option<bool>,
    /// For `PICTURE_SOURCES`.
    pub sources: Option<Vec<SourceName>>,
    /// For `PICTURE_URL`.
    pub url: Option<Url>,
    /// For `PICTURE_MAX_BYTES`.
    pub max_bytes: Option<usize>,
}

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The mail.
    pub mail: MailSettings,
    /// The picture.
    pub picture: PictureSettings,
    /// SendGrid.
    pub api: ApiSettings,
}

/// The parsed variables. Some parts are available even if other variables are invalid.
#[derive(Debug, Clone)]
pub struct ParsedVariables {
    /// The settings of the run, or all errors.
    pub settings: Result<Settings, InvalidVariables>,
    /// `RUN_DATE`: the UTC date for which the run was scheduled.
    pub date: Option<Date>,
    /// The destinations of the report.
    pub reporting: Reporting,
    /// `RUN_DEADLINE`.
    pub deadline: Duration,
    /// Trust anchors and the URL policy.
    pub net: NetSettings,
    /// The log's level and masks.
    pub log: Log,
}
