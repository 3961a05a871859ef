//! Values out of a TOML table, each with its place, and what is wrong with them.

use std::ops::Range;

use jiff::SignedDuration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config_vars::KEYS;
use super::duration::minutes;
use super::places::Mistake;
use super::secret_names;
use super::sections::{LONGEST_LIFE, LONGEST_WINDOW};
use crate::schedule::{NO_CRON, choice};
use picletter_worker::quote::quote;

/// More characters than a name, a time or a word of `[schedule]` has.
const LONGEST: usize = 256;

/// A value with the bytes that it stands in.
#[derive(Debug, Clone)]
pub(super) struct Placed<T, S = Range<usize>> {
    pub(super) value: T,
    pub(super) span: S,
}

/// One section of the file; empty where the file has none of that name.
pub(super) struct Section<'t> {
    name: &'static str,
    table: Option<&'t DeTable<'t>>,
    /// Where it begins.
    pub(super) span: Option<Range<usize>>,
}

/// All that is wrong.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<Mistake>);

impl Mistakes {
    pub(super) fn add(
        &mut self,
        span: impl Into<Option<Range<usize>>>,
        problem: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.0.push(Mistake {
            span: span.into(),
            also: None,
            problem: problem.into(),
            help: help.into(),
            is_missing: false,
        });
    }

    /// Adds a mistake about something that the file does not have.
    pub(super) fn add_missing(
        &mut self,
        span: Option<Range<usize>>,
        problem: String,
        help: impl Into<Option<String>>,
    ) {
        self.0.push(Mistake {
            span,
            also: None,
            problem,
            help: help.into(),
            is_missing: true,
        });
    }

    /// Of something that is wrong together with what stands at `also`.
    pub(super) fn add_with(
        &mut self,
        span: Range<usize>,
        problem: String,
        also: Range<usize>,
        help: String,
    ) {
        self.0.push(Mistake {
            span: Some(span),
            also: Some(also),
            problem,
            help: Some(help),
            is_missing: false,
        });
    }
}

impl<'t> Section<'t> {
    /// The section of that name, whose keys are `keys` or, if there are none, anything.
    pub(super) fn read(
        root: &'t DeTable<'t>,
        name: &'static str,
        keys: &[&str],
        mistakes: &mut Mistakes,
    ) -> Self {
        let Some((key, value)) = root.iter().find(|(key, _)| key.as_ref() == name) else {
            return Self {
                name,
                table: None,
                span: None,
            };
        };
        let DeValue::Table(table) = value.get_ref() else {
            let problem = format!("`{name}` is a section, and not {}", kind(value.get_ref()));
            mistakes.add(
                key.span(),
                problem,
                format!("write `[{name}]` on a line of its own"),
            );
            return Self {
                name,
                table: None,
                span: Some(key.span()),
            };
        };
        if !keys.is_empty() {
            for (key, value) in table {
                let word: &str = key.as_ref();
                if !keys.contains(&word) {
                    unknown(name, word, keys, value, key.span(), mistakes);
                }
            }
        }
        Self {
            name,
            table: Some(table),
            span: Some(key.span()),
        }
    }

    /// Whether the file has it.
    pub(super) fn exists(&self) -> bool {
        self.span.is_some()
    }

    /// Its keys and values, in order of the keys.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (Placed<&'t str>, &'t Spanned<DeValue<'t>>)> {
        let entries = self.table.into_iter().flat_map(DeTable::iter);
        entries.map(|(key, value)| {
            let placed = Placed {
                value: key.get_ref().as_ref(),
                span: key.span(),
            };
            (placed, value)
        })
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        let mut entries = self.entries();
        entries
            .find(|(of, _)| of.value == key)
            .map(|(_, value)| value)
    }

    /// Where the value of that key stands.
    pub(super) fn place(&self, key: &str) -> Option<Range<usize>> {
        self.get(key).map(Spanned::span)
    }

    /// Where that key stands.
    pub(super) fn key_place(&self, key: &str) -> Option<Range<usize>> {
        let mut entries = self.entries();
        let found = entries.find(|(of, _)| of.value == key);
        found.map(|(of, _)| of.span)
    }

    pub(super) fn text(&self, key: &str, mistakes: &mut Mistakes) -> Option<Placed<String>> {
        let value = self.get(key)?;
        self.text_of(key, value, mistakes)
    }

    /// The text of a value of that key. A day of the month may be a number.
    fn text_of(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        mistakes: &mut Mistakes,
    ) -> Option<Placed<String>> {
        if (self.name, key) == ("schedule", "on")
            && let Some(number) = integer(value.get_ref())
        {
            return Some(Placed {
                value: number.to_string(),
                span: value.span(),
            });
        }
        let text = text(
            key,
            value,
            &|| as_text(self.name, key, value.get_ref()),
            mistakes,
        )?;
        let is_short = ["schedule", "heroku", "azure", "run", "alert"].contains(&self.name);
        if is_short && key != "command" && text.value.chars().count() > LONGEST {
            let problem = format!("`{key}` has more than {LONGEST} characters");
            let help = "it is a name or a few words".to_owned();
            mistakes.add(text.span, problem, help);
            return None;
        }
        Some(text)
    }

    /// A text, or a date as TOML has it.
    pub(super) fn text_or_date(
        &self,
        key: &str,
        mistakes: &mut Mistakes,
    ) -> Option<Placed<String>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Datetime(date) => Some(Placed {
                value: date.to_string(),
                span: value.span(),
            }),
            _ => self.text_of(key, value, mistakes),
        }
    }

    /// A list of texts, or a single one; with the place of the whole.
    pub(super) fn texts(
        &self,
        key: &str,
        mistakes: &mut Mistakes,
    ) -> Option<Placed<Vec<Placed<String>>>> {
        let value = self.get(key)?;
        let texts: Vec<_> = match value.get_ref() {
            DeValue::Array(array) => {
                if array.is_empty() {
                    let problem = format!("`{key}` is an empty list");
                    mistakes.add(value.span(), problem, "leave it out, or fill it".to_owned());
                }
                array
                    .iter()
                    .filter_map(|value| self.text_of(key, value, mistakes))
                    .collect()
            }
            _ => self.text_of(key, value, mistakes).into_iter().collect(),
        };
        Some(Placed {
            value: texts,
            span: value.span(),
        })
    }

    pub(super) fn flag(&self, key: &str, mistakes: &mut Mistakes) -> Option<Placed<bool>> {
        let value = self.get(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(Placed {
                value: *flag,
                span: value.span(),
            });
        }
        let problem = format!("`{key}` is {}", kind(value.get_ref()));
        mistakes.add(value.span(), problem, "it takes true or false".to_owned());
        None
    }

    /// A whole number.
    pub(super) fn number(&self, key: &str, mistakes: &mut Mistakes) -> Option<Placed<i64>> {
        let value = self.get(key)?;
        if let Some(number) = integer(value.get_ref()) {
            return Some(Placed {
                value: number,
                span: value.span(),
            });
        }
        let problem = format!("`{key}` is no whole number");
        mistakes.add(
            value.span(),
            problem,
            "write digits, without quotes".to_owned(),
        );
        None
    }

    /// A text that `good` holds for.
    pub(super) fn checked(
        &self,
        key: &str,
        good: impl Fn(&str) -> bool,
        what: &str,
        mistakes: &mut Mistakes,
    ) -> Option<String> {
        let text = self.text(key, mistakes)?;
        if good(&text.value) {
            return Some(text.value);
        }
        let problem = format!("`{key}` cannot be {}", quote(&text.value));
        mistakes.add(text.span, problem, what.to_owned());
        None
    }

    /// Adds that a required key is missing.
    pub(super) fn missing(&self, key: &str, help: &str, mistakes: &mut Mistakes) {
        let problem = format!("`{key}` is missing in [{}]", self.name);
        mistakes.add_missing(self.span.clone(), problem, help.to_owned());
    }
}

/// A text; else that it is none, with this help, or that it looks like a secret.
pub(super) fn text(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    help: &dyn Fn() -> String,
    mistakes: &mut Mistakes,
) -> Option<Placed<String>> {
    if let DeValue::String(text) = value.get_ref() {
        if let Some(shape) = secret_names::secret_shape(text) {
            let problem = format!("`{key}` {shape}");
            mistakes.add(value.span(), problem, SECRET_VALUE.to_owned());
            return None;
        }
        return Some(Placed {
            value: text.to_string(),
            span: value.span(),
        });
    }
    let problem = format!("{} is {}, and not text", quote(key), kind(value.get_ref()));
    mistakes.add(value.span(), problem, help());
    None
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

/// Values that are accepted, for keys of which a value in quotes would be refused.
const EXAMPLES: [(&str, &str, &str); 22] = [
    ("schedule", "every", "\"15 minutes\""),
    ("schedule", "at", "\"08:30\""),
    ("schedule", "on", "\"mon\""),
    ("schedule", "start", "\"2026-12-01 08:00\""),
    ("schedule", "time_zone", "\"Europe/Berlin\""),
    ("schedule", "overlap", "\"skip\""),
    ("heroku", "app", "\"my-app\""),
    ("heroku", "region", "\"eu\""),
    ("heroku", "team", "\"my-team\""),
    ("heroku", "process_type", "\"worker\""),
    ("heroku", "command", "\"worker\""),
    ("heroku", "dyno_size", "\"basic\""),
    ("heroku", "secrets", "[\"API_TOKEN\"]"),
    ("azure", "workflow", "\"daily\""),
    ("azure", "resource_group", "\"jobs\""),
    ("azure", "location", "\"westeurope\""),
    ("run", "report", "\"worker\""),
    ("alert", "email", "\"ops@example.com\""),
    ("mail", "from", "\"bot@example.com\""),
    ("mail", "to", "\"you@example.com\""),
    ("mail", "embed", "\"auto\""),
    ("mail", "region", "\"global\""),
];

/// What to write for a value that is not text.
fn as_text(section: &str, key: &str, value: &DeValue<'_>) -> String {
    let number = integer(value);
    let zero = SignedDuration::ZERO;
    let text = match (section, key, number, value) {
        ("heroku", "time_to_live", n, _) => {
            let least = SignedDuration::from_secs(1);
            format!(
                "\"{}\"",
                minutes(n.unwrap_or_default(), least, LONGEST_LIFE)
            )
        }
        ("run", "start_window", n, _) => {
            format!("\"{}\"", minutes(n.unwrap_or(-1), zero, LONGEST_WINDOW))
        }
        ("schedule", "every", Some(n @ 1..=999), _) => {
            format!("\"{n} minute{}\"", if n == 1 { "" } else { "s" })
        }
        ("schedule", "at", Some(hour @ 0..=23), _) => format!("\"{hour:02}:00\""),
        ("schedule", "at", _, DeValue::Datetime(at)) => match at.time {
            Some(at) => format!("\"{:02}:{:02}\"", at.hour, at.minute),
            None => "\"08:30\"".to_owned(),
        },
        _ => {
            let mut examples = EXAMPLES.iter();
            let example = examples.find(|(of, name, _)| *of == section && *name == key);
            match example {
                Some((_, _, example)) => (*example).to_owned(),
                None => return in_quotes(value),
            }
        }
    };
    format!("write it such as `{key} = {text}`")
}

/// What to write for a value that only lacks its quotes.
pub(super) fn in_quotes(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Array(_) | DeValue::Table(_) => "it takes a text in quotes".to_owned(),
        _ => "write it in quotes".to_owned(),
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(time) if time.date.is_none() => "a time",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

fn unknown(
    section: &str,
    word: &str,
    keys: &[&str],
    value: &Spanned<DeValue<'_>>,
    span: Range<usize>,
    mistakes: &mut Mistakes,
) {
    let text = match value.get_ref() {
        DeValue::String(text) => text.as_ref(),
        _ => "",
    };
    let by_name = match section {
        "alert" if word.contains("webhook") => {
            Some("it is a secret: export it as ALERT_WEBHOOK, and leave it out of this file")
        }
        "heroku" if secret_names::is_secret_name(word) => {
            Some("it is a secret: export it as HEROKU_API_KEY, and leave it out of this file")
        }
        _ => secret_names::is_secret_name(word).then_some(SECRET),
    };
    if let Some(help) = by_name {
        let problem = format!("{} does not belong here", quote(word));
        mistakes.add(span, problem, help.to_owned());
    } else if let Some(shape) = secret_names::secret_shape(text) {
        let problem = format!("{} does not belong here: its value {shape}", quote(word));
        mistakes.add(span, problem, SECRET_VALUE.to_owned());
    } else {
        let problem = format!("[{section}] has no {}", quote(word));
        let help = match meant(section, word) {
            Some(key) => format!("did you mean `{key}`?"),
            None if word == "cron" => NO_CRON.to_owned(),
            None => choice(word, keys),
        };
        mistakes.add(span, problem, help);
    }
}

/// Words that people have for keys whose names are nothing like them.
const OTHER_WORDS: [(&str, &str, &str); 12] = [
    ("heroku", "cmd", "command"),
    ("heroku", "size", "dyno_size"),
    ("heroku", "type", "process_type"),
    ("heroku", "time_limit", "time_to_live"),
    ("heroku", "timeout", "time_to_live"),
    ("heroku", "name", "app"),
    ("azure", "name", "workflow"),
    ("azure", "region", "location"),
    ("azure", "group", "resource_group"),
    ("mail", "sender", "from"),
    ("mail", "receiver", "to"),
    ("mail", "receivers", "to"),
];

/// The key that another word for it means, or the config var that it becomes.
fn meant(section: &str, word: &str) -> Option<&'static str> {
    let by_word = OTHER_WORDS
        .iter()
        .find(|(of, other, _)| *of == section && *other == word);
    let by_variable = KEYS
        .iter()
        .find(|key| key.section == section && key.variable == word);
    by_word
        .map(|(_, _, key)| *key)
        .or_else(|| by_variable.map(|key| key.name))
}

/// What to do with a value that looks like a secret.
pub(super) const SECRET_VALUE: &str = "if it is a secret, remove it from this file: add the config var's name to `secrets` in [heroku], and export its value";

/// What to do with a secret.
pub(super) const SECRET: &str =
    "it is a secret: export it in the environment, and leave it out of this file";
