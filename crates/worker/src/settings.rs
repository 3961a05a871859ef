//! The config vars: read once, all mistakes reported at once, nothing contacted before.

mod read;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use secrecy::SecretString;

use super::address::Mailbox;
use super::log::Log;
use super::reach::Reach;
use super::sources::SourceName;

pub use read::read;

/// The default of `MAIL_SUBJECT`, as in the article that started it all.
pub const DEFAULT_SUBJECT: &str = "Picletter, your daily picture newsletter!";
/// The default of `PICTURE_MAX_BYTES`.
pub const DEFAULT_MAX_BYTES: usize = 20 << 20;
/// The largest `PICTURE_MAX_BYTES`: in base64 it just fits SendGrid's 30 MB for a whole message.
pub const LARGEST_MAX_BYTES: usize = 22_000_000;

/// Every variable that is read.
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

/// The variables of a process, or of a test.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// This process's environment; what is not UTF-8 is read with replacement characters.
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

    /// The value, without white space around it; a variable set to nothing is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// As if `name` had never been set.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Sets `name` where it is not set yet; whether it did.
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

/// Every mistake in the variables, each with the variable's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

/// One variable that is missing or malformed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.problem)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, mistake) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

/// How the mail should carry the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embed {
    /// What the source's terms ask for.
    Auto,
    /// An inline attachment, shown by every mail program.
    Cid,
    /// A link to the source's own server.
    Link,
    /// Within the HTML, the original article's way; Gmail and Outlook do not show it.
    DataUri,
}

impl Embed {
    const NAMES: [(&str, Self); 4] = [
        ("auto", Self::Auto),
        ("cid", Self::Cid),
        ("link", Self::Link),
        ("data-uri", Self::DataUri),
    ];
}

/// What `compose` needs.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `BOT_EMAIL`.
    pub sender: Mailbox,
    /// `RECEIVER_EMAIL`, at least one.
    pub receivers: Vec<Mailbox>,
    /// `MAIL_SUBJECT`, a template.
    pub subject: String,
    /// `MAIL_EMBED`.
    pub embed: Embed,
    /// `SENDGRID_SANDBOX`: validate without sending.
    pub sandbox: bool,
}

/// Where the picture comes from.
#[derive(Debug, Clone)]
pub struct PictureSettings {
    /// `PICTURE_SOURCES`, in order, each once.
    pub sources: Vec<SourceName>,
    /// `PICTURE_URL`.
    pub url: Option<Url>,
    /// `PICTURE_MAX_BYTES`.
    pub max_bytes: usize,
    /// `UNSPLASH_ACCESS_KEY`.
    pub unsplash_key: Option<SecretString>,
    /// `UNSPLASH_API_URL`.
    pub unsplash: Url,
    /// `WIKIMEDIA_API_URL`.
    pub wikimedia: Url,
    /// `NASA_API_URL`.
    pub nasa: Url,
    /// `PICSUM_URL`.
    pub picsum: Url,
    /// Whom Wikimedia may write to, as its User-Agent policy asks: the sender's address.
    pub contact: String,
}

/// How to reach SendGrid.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// `SG_KEY`.
    pub key: SecretString,
    /// `SENDGRID_API_URL`, or what `SENDGRID_REGION` means.
    pub base: Url,
}

/// Who wants to know how the run ended. Readable even when other variables are not.
#[derive(Debug, Clone, Default)]
pub struct Reporting {
    /// `--run-id`, or `RUN_ID`.
    pub run_id: Option<String>,
    /// `DYNO`, which Heroku sets to the dyno's name.
    pub dyno: Option<String>,
    /// `RUN_CALLBACK_URL`.
    pub callback: Option<Url>,
    /// `HEARTBEAT_URL`.
    pub heartbeat: Option<Url>,
}

/// What a run's connections need.
#[derive(Debug, Clone)]
pub struct NetSettings {
    /// `RUN_DEADLINE`.
    pub deadline: Duration,
    /// Trust anchors out of `SSL_CERT_FILE`, beside the compiled-in ones.
    pub extra_anchors: Vec<CertificateDer<'static>>,
    /// Origins that the operator named.
    pub reach: Reach,
}

/// All that a run needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The mail.
    pub mail: MailSettings,
    /// The picture.
    pub picture: PictureSettings,
    /// SendGrid.
    pub api: ApiSettings,
}

/// What is read out of the variables: parts that stand alone, and the mistakes of the rest.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The mail and where it goes, or every mistake.
    pub settings: Result<Settings, Mistakes>,
    /// `RUN_DATE`: the UTC date of the time that the run was scheduled for.
    pub date: Option<Date>,
    /// Who is told.
    pub reporting: Reporting,
    /// Deadline, trust, reach.
    pub net: NetSettings,
    /// The log's level and masks.
    pub log: Log,
}
