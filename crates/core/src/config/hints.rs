//! Help texts that suggest valid values and keys.

use std::ops::Range;

use jiff::SignedDuration;
use toml::de::DeValue;

use super::duration::{MAX_START_WINDOW, MAX_TIME_TO_LIVE, minutes};
use super::file_diagnostic::FileDiagnostics;
use super::secret_names;
use crate::schedule::choice;
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

/// Valid example values, for keys where quotes alone do not make an invalid value valid.
const EXAMPLES: [(&str, &str, &str); 24] = [
    ("schedule", "cron", "\"0 8 * * mon-fri\""),
    ("schedule", "every", "\"15 minutes\""),
    ("schedule", "at", "\"08:30\""),
    ("schedule", "on", "\"mon\""),
    ("schedule", "months", "[\"jan\", \"jul\"]"),
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

/// Keys that cannot be the same for all jobs of a file.
const KEYS_OF_ONE_JOB: [&str; 7] = ["command", "cron", "every", "at", "on", "months", "start"];

/// Help for such a key in `[defaults]`.
const SET_IN_EACH_JOB: &str = "set it in each section [jobs.NAME]";

/// Help for a value that is not text.
pub(super) fn as_text(section: &str, key: &str, value: &DeValue<'_>) -> String {
    let number = integer(value);
    let zero = SignedDuration::ZERO;
    let text = match (section, key, number, value) {
        ("heroku", "time_to_live", n, _) => {
            let least = SignedDuration::from_secs(1);
            format!(
                "\"{}\"",
                minutes(n.unwrap_or_default(), least, MAX_TIME_TO_LIVE)
            )
        }
        ("run", "start_window", n, _) => {
            format!("\"{}\"", minutes(n.unwrap_or(-1), zero, MAX_START_WINDOW))
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
    format!("write it like `{key} = {text}`")
}

/// Help for a value that may only lack quotes.
pub(super) fn in_quotes(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Array(_) | DeValue::Table(_) => "expected a text in quotes".to_owned(),
        _ => "put it in quotes".to_owned(),
    }
}

pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
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

/// Reports an unknown key of a section. `others` are synonyms of its keys.
pub(super) fn unknown(
    section: &str,
    word: &str,
    keys: &[&str],
    others: &[(&str, &str)],
    value: &toml::Spanned<DeValue<'_>>,
    span: Range<usize>,
    errors: &mut FileDiagnostics,
) {
    let text = match value.get_ref() {
        DeValue::String(text) => text.as_ref(),
        _ => "",
    };
    let by_name = match section {
        "alert" if word.contains("webhook") => {
            Some("this is a secret: export it as ALERT_WEBHOOK, and remove it from this file")
        }
        "heroku" if secret_names::is_secret_name(word) => {
            Some("this is a secret: export it as HEROKU_API_KEY, and remove it from this file")
        }
        _ => secret_names::is_secret_name(word).then_some(SECRET),
    };
    if let Some(help) = by_name {
        let problem = format!("{} does not belong here", quote(word));
        errors.add(span, problem, help.to_owned());
    } else if let Some(shape) = secret_names::secret_shape(text) {
        let problem = format!("{} does not belong here: its value {shape}", quote(word));
        errors.add(span, problem, SECRET_VALUE.to_owned());
    } else {
        let problem = format!("unknown key {} in [{section}]", quote(word));
        let help = match others.iter().find(|(other, _)| *other == word) {
            Some((_, key)) => format!("did you mean `{key}`?"),
            None if section == "defaults" && KEYS_OF_ONE_JOB.contains(&word) => {
                SET_IN_EACH_JOB.to_owned()
            }
            None if word == "cron" => "move it to [schedule]".to_owned(),
            None => match suggest(word, keys.iter().chain(&KEYS_OF_ONE_JOB).copied()) {
                Some(near) if section == "defaults" && KEYS_OF_ONE_JOB.contains(&near) => {
                    format!("did you mean `{near}`? {SET_IN_EACH_JOB}")
                }
                _ => choice(word, keys),
            },
        };
        errors.add(span, problem, help);
    }
}

/// Help for a value that looks like a secret.
pub(super) const SECRET_VALUE: &str = "if it is a secret, remove it from this file: add the config var's name to `secrets` in [heroku], and export its value";

/// Help for a secret.
pub(super) const SECRET: &str =
    "this is a secret: export it in the environment, and remove it from this file";

/// The value of an integer, in any TOML notation.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}
