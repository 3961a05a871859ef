//! The config vars: read once, all mistakes reported at once, nothing contacted before.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::address::{Mailbox, masked};
use super::log::{Level, Log, Mask};
use super::reach::{Reach, has_credentials, is_loopback};
use super::sources::SourceName;

/// The default of `MAIL_SUBJECT`, as in the article that started it all.
pub const DEFAULT_SUBJECT: &str = "Picletter, your daily picture newsletter!";
/// The default of `PICTURE_MAX_BYTES`.
pub const DEFAULT_MAX_BYTES: usize = 20 << 20;
/// The largest `PICTURE_MAX_BYTES`: in base64 it just fits SendGrid's 30 MB for a whole message.
pub const LARGEST_MAX_BYTES: usize = 22_000_000;
const DEFAULT_DEADLINE: Duration = Duration::from_mins(2);
// SendGrid's limit: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations
const MOST_RECEIVERS: usize = 1000;

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
    /// Who is told.
    pub reporting: Reporting,
    /// Deadline, trust, reach.
    pub net: NetSettings,
    /// The log's level and masks.
    pub log: Log,
}

/// Reads every variable.
pub fn read(vars: &Variables, run_id: Option<String>) -> Reading {
    let mut reader = Reader {
        vars,
        mistakes: Vec::new(),
        reach: Reach::default(),
    };
    let mail = reader.mail();
    let picture = reader.picture(mail.as_ref().map(|mail| mail.sender.email.clone()));
    let api = reader.api();
    let reporting = Reporting {
        run_id: run_id.or_else(|| vars.get("RUN_ID").map(str::to_owned)),
        callback: reader.url("RUN_CALLBACK_URL", None),
        heartbeat: reader.url("HEARTBEAT_URL", None),
    };
    let level = reader.one_of("RUST_LOG", &Level::NAMES, Level::Info);
    let deadline = reader.deadline();
    let extra_anchors = reader.extra_anchors();
    let log = Log::new(level, mask(vars, &reporting));
    let net = NetSettings {
        deadline,
        extra_anchors,
        reach: reader.reach,
    };
    let settings = match (mail, picture, api) {
        (Some(mail), Some(picture), Some(api)) if reader.mistakes.is_empty() => {
            Ok(Settings { mail, picture, api })
        }
        _ => Err(Mistakes(reader.mistakes)),
    };
    Reading {
        settings,
        reporting,
        net,
        log,
    }
}

fn mask(vars: &Variables, reporting: &Reporting) -> Mask {
    let mut mask = Mask::default();
    for secret in ["SG_KEY", "UNSPLASH_ACCESS_KEY"] {
        mask.add(vars.get(secret).unwrap_or_default(), "[redacted]");
    }
    for url in [&reporting.callback, &reporting.heartbeat]
        .into_iter()
        .flatten()
    {
        mask.add(
            url.as_str(),
            url.origin().ascii_serialization() + "/[redacted]",
        );
        mask.add(url.query().unwrap_or_default(), "[redacted]");
    }
    // Out of the text as it is: a list that is refused holds addresses all the same.
    let receivers = vars.get("RECEIVER_EMAIL").unwrap_or_default();
    let between = |c: char| c.is_whitespace() || ",;<>\"".contains(c);
    for email in receivers.split(between).filter(|word| word.contains('@')) {
        mask.add(email, masked(email));
    }
    mask
}

struct Reader<'a> {
    vars: &'a Variables,
    mistakes: Vec<Mistake>,
    reach: Reach,
}

impl Reader<'_> {
    fn mistake(&mut self, variable: &'static str, problem: impl Into<String>) {
        self.mistakes.push(Mistake {
            variable,
            problem: problem.into(),
        });
    }

    fn required(&mut self, variable: &'static str, meaning: &str) -> Option<String> {
        let value = self.vars.get(variable).map(str::to_owned);
        if value.is_none() {
            self.mistake(variable, format!("is missing: set it to {meaning}"));
        }
        value
    }

    fn mail(&mut self) -> Option<MailSettings> {
        let sender = self
            .required("BOT_EMAIL", "the sender's address, verified at SendGrid")
            .and_then(|text| match Mailbox::parse(&text) {
                Ok(sender) => Some(sender),
                Err(error) => {
                    self.mistake("BOT_EMAIL", error.to_string());
                    None
                }
            });
        let receivers = self
            .required("RECEIVER_EMAIL", "one or more addresses, comma separated")
            .and_then(|text| match Mailbox::parse_list(&text) {
                Ok(receivers) => Some(receivers),
                Err(errors) => {
                    for error in errors {
                        self.mistake("RECEIVER_EMAIL", error.to_string());
                    }
                    None
                }
            });
        if let Some(receivers) = &receivers {
            self.receivers_make_sense(receivers);
        }
        let subject = self
            .vars
            .get("MAIL_SUBJECT")
            .unwrap_or(DEFAULT_SUBJECT)
            .to_owned();
        if subject.chars().any(char::is_control) {
            self.mistake(
                "MAIL_SUBJECT",
                "contains a line break or another control character",
            );
        }
        let embed = self.one_of("MAIL_EMBED", &Embed::NAMES, Embed::Auto);
        let sandbox = self.flag("SENDGRID_SANDBOX");
        Some(MailSettings {
            sender: sender?,
            receivers: receivers?,
            subject,
            embed,
            sandbox,
        })
    }

    fn receivers_make_sense(&mut self, receivers: &[Mailbox]) {
        if receivers.len() > MOST_RECEIVERS {
            let problem = format!(
                "has {} addresses; SendGrid takes {MOST_RECEIVERS}",
                receivers.len()
            );
            self.mistake("RECEIVER_EMAIL", problem);
        }
        let mut seen: Vec<String> = receivers.iter().map(|r| r.email.to_lowercase()).collect();
        seen.sort_unstable();
        for pair in seen.windows(2) {
            if let [one, two] = pair
                && one == two
            {
                self.mistake("RECEIVER_EMAIL", format!("names {} twice", masked(one)));
            }
        }
    }

    fn picture(&mut self, contact: Option<String>) -> Option<PictureSettings> {
        let url = self.picture_url();
        let unsplash_key = self.vars.get("UNSPLASH_ACCESS_KEY").map(SecretString::from);
        let sources = self.sources(unsplash_key.is_some());
        let max_bytes = self.max_bytes();
        let unsplash = self.base("UNSPLASH_API_URL", "https://api.unsplash.com");
        let wikimedia = self.base("WIKIMEDIA_API_URL", "https://en.wikipedia.org/api/rest_v1");
        let nasa = self.base("NASA_API_URL", "https://science.nasa.gov/wp-json/wp/v2");
        let picsum = self.base("PICSUM_URL", "https://picsum.photos");
        Some(PictureSettings {
            sources,
            url,
            max_bytes,
            unsplash_key,
            unsplash: unsplash?,
            wikimedia: wikimedia?,
            nasa: nasa?,
            picsum: picsum?,
            contact: contact?,
        })
    }

    fn picture_url(&mut self) -> Option<Url> {
        let text = self.vars.get("PICTURE_URL")?;
        let problem = match Url::parse(text) {
            Err(error) => format!("is not a URL such as https://host/path ({error})"),
            Ok(url) if url.scheme() != "https" => {
                format!("begins with `{}:`, but only https is fetched", url.scheme())
            }
            Ok(url) if has_credentials(&url) => {
                "has a user name or password in it; use a URL that needs none".to_owned()
            }
            Ok(url) => {
                self.reach.allow(&url);
                return Some(url);
            }
        };
        self.mistake("PICTURE_URL", problem);
        None
    }

    fn sources(&mut self, has_unsplash_key: bool) -> Vec<SourceName> {
        let Some(text) = self.vars.get("PICTURE_SOURCES") else {
            if self.vars.get("PICTURE_URL").is_some() {
                return vec![SourceName::Url];
            }
            let keyless = [SourceName::Wikimedia, SourceName::Nasa, SourceName::Picsum];
            let unsplash = has_unsplash_key.then_some(SourceName::Unsplash);
            return unsplash.into_iter().chain(keyless).collect();
        };
        let mut sources = Vec::new();
        for word in text.split(',').map(str::trim) {
            match SourceName::parse(word) {
                Some(source) if sources.contains(&source) => {}
                Some(source) => sources.push(source),
                None => self.mistake(
                    "PICTURE_SOURCES",
                    format!(
                        "has `{word}`; it takes {}",
                        SourceName::ALL.map(SourceName::name).join(", ")
                    ),
                ),
            }
        }
        if sources.contains(&SourceName::Unsplash) && !has_unsplash_key {
            self.mistake(
                "UNSPLASH_ACCESS_KEY",
                "is missing: PICTURE_SOURCES names unsplash; get a key at https://unsplash.com/developers",
            );
        }
        if sources.contains(&SourceName::Url) && self.vars.get("PICTURE_URL").is_none() {
            self.mistake("PICTURE_URL", "is missing: PICTURE_SOURCES names url");
        }
        sources
    }

    fn max_bytes(&mut self) -> usize {
        let Some(text) = self.vars.get("PICTURE_MAX_BYTES") else {
            return DEFAULT_MAX_BYTES;
        };
        match text.parse() {
            Ok(bytes) if (1..=LARGEST_MAX_BYTES).contains(&bytes) => bytes,
            _ => {
                let problem =
                    format!("is `{text}`; it takes a number from 1 to {LARGEST_MAX_BYTES}");
                self.mistake("PICTURE_MAX_BYTES", problem);
                DEFAULT_MAX_BYTES
            }
        }
    }

    fn api(&mut self) -> Option<ApiSettings> {
        let key = self
            .required(
                "SG_KEY",
                "an API key from https://app.sendgrid.com/settings/api_keys",
            )
            .map(SecretString::from);
        if let Some(key) = &key
            && !has_key_form(key.expose_secret())
        {
            self.mistake(
                "SG_KEY",
                "is not a SendGrid API key: those are `SG`, an id and a secret, joined by dots",
            );
        }
        let regions = [
            ("global", "https://api.sendgrid.com"),
            ("eu", "https://api.eu.sendgrid.com"),
        ];
        let default = self.one_of("SENDGRID_REGION", &regions, regions[0].1);
        let base = self.base("SENDGRID_API_URL", default);
        Some(ApiSettings {
            key: key?,
            base: base?,
        })
    }

    fn deadline(&mut self) -> Duration {
        let Some(text) = self.vars.get("RUN_DEADLINE") else {
            return DEFAULT_DEADLINE;
        };
        let seconds = text.parse().map(Duration::from_secs).ok();
        let read =
            seconds.or_else(|| Duration::try_from(text.parse::<SignedDuration>().ok()?).ok());
        // Heroku ends a one-off dyno after a day.
        match read {
            Some(deadline) if (1..=86400).contains(&deadline.as_secs()) => deadline,
            _ => {
                let problem = format!("is `{text}`; it takes 1s to 24h, such as 120s or 2m");
                self.mistake("RUN_DEADLINE", problem);
                DEFAULT_DEADLINE
            }
        }
    }

    fn extra_anchors(&mut self) -> Vec<CertificateDer<'static>> {
        let Some(path) = self.vars.get("SSL_CERT_FILE") else {
            return Vec::new();
        };
        let read =
            CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match read {
            Ok(anchors) if !anchors.is_empty() => return anchors,
            Ok(_) => self.mistake(
                "SSL_CERT_FILE",
                format!("names {path}, which has no certificate"),
            ),
            Err(error) => {
                self.mistake(
                    "SSL_CERT_FILE",
                    format!("names {path}, which cannot be read: {error}"),
                );
            }
        }
        Vec::new()
    }

    fn base(&mut self, variable: &'static str, default: &str) -> Option<Url> {
        let base = self.url(variable, Some(default))?;
        self.reach.allow(&base);
        Some(base)
    }

    /// An https URL, or http on this machine.
    fn url(&mut self, variable: &'static str, default: Option<&str>) -> Option<Url> {
        let text = self.vars.get(variable).or(default)?;
        let problem = match Url::parse(text) {
            Err(error) => format!("is not a URL such as https://host/path ({error})"),
            Ok(url) if has_credentials(&url) => "has a user name or password in it".to_owned(),
            Ok(url) if url.scheme() == "https" => return Some(url),
            Ok(url) if url.scheme() == "http" && is_loopback(&url) => return Some(url),
            Ok(_) => "must be https (http only for a loopback address)".to_owned(),
        };
        self.mistake(variable, problem);
        None
    }

    fn flag(&mut self, variable: &'static str) -> bool {
        let values = [("1", true), ("0", false), ("true", true), ("false", false)];
        self.one_of(variable, &values, false)
    }

    fn one_of<T: Copy>(&mut self, variable: &'static str, values: &[(&str, T)], default: T) -> T {
        let Some(text) = self.vars.get(variable) else {
            return default;
        };
        if let Some((_, value)) = values.iter().find(|(name, _)| *name == text) {
            return *value;
        }
        let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
        self.mistake(
            variable,
            format!("is `{text}`; it takes {}", names.join(", ")),
        );
        default
    }
}

fn has_key_form(key: &str) -> bool {
    let parts: Vec<&str> = key.split('.').collect();
    let is_token = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    matches!(parts.as_slice(), ["SG", id, secret] if [id, secret].into_iter().all(is_token))
}
