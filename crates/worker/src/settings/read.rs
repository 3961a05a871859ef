//! Reads all variables and collects all errors.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::Date;
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};

use crate::address::{Mailbox, masked};
use crate::bounded_file::{self, MAX_CERTIFICATE_BYTES};
use crate::compose::MailSettings;
use crate::http::NetSettings;
use crate::log::{Level, Log};
use crate::mask::Mask;
use crate::picture::{Embed, SourceName};
use crate::quote::quote;
use crate::report::Reporting;
use crate::sendgrid::{ApiSettings, Region};
use crate::settings::{
    DEFAULT_MAX_BYTES, DEFAULT_SUBJECT, Defaults, InvalidVariable, InvalidVariables,
    ParsedVariables, Settings, Variables, parse,
};
use crate::sources::PictureSettings;
use crate::url_policy::{UrlPolicy, has_credentials, is_loopback};

const DEFAULT_DEADLINE: Duration = Duration::from_mins(2);
// SendGrid's limit: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations
const MAX_RECEIVERS: usize = 1000;

/// The values of a flag.
const FLAGS: [(&str, bool); 4] = [("1", true), ("0", false), ("true", true), ("false", false)];

/// Reads every variable.
pub fn read(vars: &Variables, run_id: Option<String>) -> ParsedVariables {
    read_with_defaults(vars, &Defaults::default(), run_id)
}

/// Reads every variable, with defaults for those that are not set.
pub fn read_with_defaults(
    vars: &Variables,
    defaults: &Defaults,
    run_id: Option<String>,
) -> ParsedVariables {
    let mut reader = Reader {
        vars,
        defaults,
        errors: Vec::new(),
        url_policy: UrlPolicy::default(),
    };
    let mail = reader.mail();
    let picture = reader.picture(mail.as_ref().map(|mail| mail.sender.email.clone()));
    let api = reader.api();
    let reporting = Reporting {
        run_id: run_id.or_else(|| vars.get("RUN_ID").map(str::to_owned)),
        dyno: vars.get("DYNO").map(str::to_owned),
        callback: reader.url("RUN_CALLBACK_URL", None),
        heartbeat: reader.url("HEARTBEAT_URL", None),
    };
    let level = reader.one_of("RUST_LOG", &Level::NAMES, Level::Info);
    let deadline = reader.deadline();
    let extra_anchors = reader.extra_anchors();
    let log = Log::new(level, mask(vars, defaults));
    let net = NetSettings {
        extra_anchors,
        url_policy: reader.url_policy,
    };
    let settings = match (mail, picture, api) {
        (Some(mail), Some(picture), Some(api)) if reader.errors.is_empty() => {
            Ok(Settings { mail, picture, api })
        }
        _ => Err(InvalidVariables(reader.errors)),
    };
    ParsedVariables {
        settings,
        date: vars.get("RUN_DATE").and_then(date),
        reporting,
        deadline,
        net,
        log,
    }
}

/// Parses a date such as `2026-12-01`.
fn date(text: &str) -> Option<Date> {
    let digits: u64 = text.replace('-', "").parse().ok()?;
    let part = |number: u64| i8::try_from(number % 100).ok();
    let year = i16::try_from(digits / 10_000).ok()?;
    Date::new(year, part(digits / 100)?, part(digits)?).ok()
}

fn mask(vars: &Variables, defaults: &Defaults) -> Mask {
    let mut mask = Mask::default();
    for secret in ["SG_KEY", "UNSPLASH_ACCESS_KEY", "HEARTBEAT_URL"] {
        mask.add_secret(vars.get(secret).unwrap_or_default());
    }
    // Only the signature of an Azure callback URL is secret. The rest contains the run's ID, which
    // is logged.
    let callback = vars.get("RUN_CALLBACK_URL").unwrap_or_default();
    let mut parameters = callback.split(['?', '&']);
    let signature = parameters.find_map(|parameter| parameter.strip_prefix("sig="));
    mask.add_secret(signature.unwrap_or(callback));
    // Extracts addresses from the raw text, because an invalid list also contains addresses.
    let receivers = vars.get("RECEIVER_EMAIL").unwrap_or_default();
    let between = |c: char| c.is_whitespace() || ",;<>\"".contains(c);
    for email in receivers.split(between).filter(|word| word.contains('@')) {
        mask.add_address(email, masked(email));
    }
    for Mailbox { email, .. } in defaults.receivers.iter().flatten() {
        mask.add_address(email, masked(email));
    }
    mask
}

struct Reader<'a> {
    vars: &'a Variables,
    defaults: &'a Defaults,
    errors: Vec<InvalidVariable>,
    url_policy: UrlPolicy,
}

impl Reader<'_> {
    fn reject(&mut self, variable: &'static str, problem: impl Into<String>) {
        self.errors.push(InvalidVariable {
            variable,
            problem: problem.into(),
        });
    }

    fn required(&mut self, variable: &'static str, meaning: &str) -> Option<String> {
        let value = self.vars.get(variable).map(str::to_owned);
        if value.is_none() {
            self.reject(variable, format!("is missing: set it to {meaning}"));
        }
        value
    }

    fn mail(&mut self) -> Option<MailSettings> {
        let sender = self.sender();
        let receivers = self.receivers();
        if let Some(receivers) = &receivers {
            self.check_receivers(receivers);
        }
        let subject = self
            .vars
            .get("MAIL_SUBJECT")
            .or(self.defaults.subject.as_deref())
            .unwrap_or(DEFAULT_SUBJECT)
            .to_owned();
        if subject.chars().any(char::is_control) {
            self.reject(
                "MAIL_SUBJECT",
                "contains a line break or another control character",
            );
        }
        let embed = self.defaults.embed.unwrap_or(Embed::Auto);
        let embed = self.one_of("MAIL_EMBED", &Embed::NAMES, embed);
        let sandbox = self.defaults.sandbox.unwrap_or_default();
        let sandbox = self.one_of("SENDGRID_SANDBOX", &FLAGS, sandbox);
        Some(MailSettings {
            sender: sender?,
            receivers: receivers?,
            subject,
            embed,
            sandbox,
        })
    }

    fn sender(&mut self) -> Option<Mailbox> {
        const NAME: &str = "BOT_EMAIL";
        if self.vars.get(NAME).is_none() && self.defaults.sender.is_some() {
            return self.defaults.sender.clone();
        }
        let text = self.required(NAME, "a sender address that is verified at SendGrid")?;
        let sender = Mailbox::parse(&text);
        sender
            .map_err(|error| self.reject(NAME, error.to_string()))
            .ok()
    }

    fn receivers(&mut self) -> Option<Vec<Mailbox>> {
        const NAME: &str = "RECEIVER_EMAIL";
        if self.vars.get(NAME).is_none() && self.defaults.receivers.is_some() {
            return self.defaults.receivers.clone();
        }
        let text = self.required(NAME, "one or more addresses, separated by commas")?;
        match Mailbox::parse_list(&text) {
            Ok(receivers) => Some(receivers),
            Err(errors) => {
                for error in errors {
                    self.reject(NAME, error.to_string());
                }
                None
            }
        }
    }

    fn check_receivers(&mut self, receivers: &[Mailbox]) {
        if receivers.len() > MAX_RECEIVERS {
            let problem = format!(
                "has {} addresses; SendGrid accepts at most {MAX_RECEIVERS}",
                receivers.len()
            );
            self.reject("RECEIVER_EMAIL", problem);
        }
        let mut seen: Vec<String> = receivers.iter().map(|r| r.email.to_lowercase()).collect();
        seen.sort_unstable();
        for pair in seen.windows(2) {
            if let [one, two] = pair
                && one == two
            {
                self.reject("RECEIVER_EMAIL", format!("contains {} twice", masked(one)));
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
        const NAME: &str = "PICTURE_URL";
        let url = match self.vars.get(NAME) {
            Some(text) => parse::picture_url(text)
                .map_err(|problem| self.reject(NAME, problem))
                .ok()?,
            None => self.defaults.url.clone()?,
        };
        self.url_policy.allow(&url);
        Some(url)
    }

    fn sources(&mut self, has_unsplash_key: bool) -> Vec<SourceName> {
        const NAME: &str = "PICTURE_SOURCES";
        let has_url = self.vars.get("PICTURE_URL").is_some() || self.defaults.url.is_some();
        let sources = match (self.vars.get(NAME), &self.defaults.sources) {
            (Some(text), _) => {
                let (sources, problems) = parse::sources(text);
                for problem in problems {
                    self.reject(NAME, problem);
                }
                sources
            }
            (None, Some(sources)) => sources.clone(),
            (None, None) if has_url => return vec![SourceName::Url],
            (None, None) => {
                let keyless = [SourceName::Wikimedia, SourceName::Nasa, SourceName::Picsum];
                let unsplash = has_unsplash_key.then_some(SourceName::Unsplash);
                return unsplash.into_iter().chain(keyless).collect();
            }
        };
        if sources.contains(&SourceName::Unsplash) && !has_unsplash_key {
            self.reject(
                "UNSPLASH_ACCESS_KEY",
                "is missing, but PICTURE_SOURCES contains unsplash: get a key at https://unsplash.com/developers",
            );
        }
        if sources.contains(&SourceName::Url) && !has_url {
            self.reject(
                "PICTURE_URL",
                "is missing, but PICTURE_SOURCES contains url",
            );
        }
        sources
    }

    fn max_bytes(&mut self) -> usize {
        const NAME: &str = "PICTURE_MAX_BYTES";
        let default = self.defaults.max_bytes.unwrap_or(DEFAULT_MAX_BYTES);
        let Some(text) = self.vars.get(NAME) else {
            return default;
        };
        parse::max_bytes(text.parse().ok(), text).unwrap_or_else(|problem| {
            self.reject(NAME, problem);
            default
        })
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
            self.reject(
                "SG_KEY",
                "is not a SendGrid API key; expected the form SG.id.secret",
            );
        }
        let region = self.defaults.region.unwrap_or(Region::Global);
        let region = self.one_of("SENDGRID_REGION", &Region::NAMES, region);
        let base = self.base("SENDGRID_API_URL", region.url());
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
        // Heroku stops a one-off dyno after 24 hours.
        match read {
            Some(deadline) if (1..=86400).contains(&deadline.as_secs()) => deadline,
            _ => {
                let problem = format!("is {}; expected 1s to 24h, such as 120s or 2m", quote(text));
                self.reject("RUN_DEADLINE", problem);
                DEFAULT_DEADLINE
            }
        }
    }

    fn extra_anchors(&mut self) -> Vec<CertificateDer<'static>> {
        let Some(path) = self.vars.get("SSL_CERT_FILE") else {
            return Vec::new();
        };
        let read = bounded_file::read(Path::new(path), MAX_CERTIFICATE_BYTES)
            .map_err(|error| error.to_string())
            .and_then(|file| {
                let anchors = CertificateDer::pem_slice_iter(&file.bytes);
                let anchors = anchors.collect::<Result<Vec<_>, _>>();
                anchors.map_err(|error| error.to_string())
            });
        let problem = match read {
            Ok(anchors) if !anchors.is_empty() => return anchors,
            Ok(_) => format!("is {}, which contains no certificate", quote(path)),
            Err(error) => format!("is {}, which cannot be read: {error}", quote(path)),
        };
        self.reject("SSL_CERT_FILE", problem);
        Vec::new()
    }

    fn base(&mut self, variable: &'static str, default: &str) -> Option<Url> {
        let base = self.url(variable, Some(default))?;
        self.url_policy.allow(&base);
        Some(base)
    }

    /// Reads an https URL, or an http URL with a loopback address.
    fn url(&mut self, variable: &'static str, default: Option<&str>) -> Option<Url> {
        let text = self.vars.get(variable).or(default)?;
        let problem = match Url::parse(text) {
            Err(error) => format!("is not a URL such as https://host/path ({error})"),
            Ok(url) if has_credentials(&url) => "contains a user name or password".to_owned(),
            Ok(url) if url.scheme() == "https" => return Some(url),
            Ok(url) if url.scheme() == "http" && is_loopback(&url) => return Some(url),
            Ok(_) => "must be https (http is only allowed for a loopback address)".to_owned(),
        };
        self.reject(variable, problem);
        None
    }

    fn one_of<T: Copy>(&mut self, variable: &'static str, values: &[(&str, T)], default: T) -> T {
        let Some(text) = self.vars.get(variable) else {
            return default;
        };
        parse::choice(text, values).unwrap_or_else(|problem| {
            self.reject(variable, problem);
            default
        })
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
