//! The app's config vars: `[mail]` and `[picture]` as values of the worker's own types, `[config]` as
//! texts; and what the worker would refuse of both.

mod keys;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::SignedDuration;
use toml::de::DeTable;

use super::places::{Mistakes, Spanned};
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;
use picletter_worker::settings::{self, Defaults, Reading, Variables};

use keys::key_of;
pub(super) use keys::{KEYS, Key, rendered};

/// Secrets that the worker cannot do without: they come from elsewhere.
const NEEDED: [&str; 2] = ["SG_KEY", "UNSPLASH_ACCESS_KEY"];

/// What sets a config var by itself, where one of that name is.
pub(super) fn set_by(name: &str) -> Option<&'static str> {
    match name {
        "RUN_ID" | "RUN_DATE" | "RUN_CALLBACK_URL" => Some("is set by the Logic App for each run"),
        "PICLETTER_MADE_APP" => Some("is set by Picletter on an app that it creates"),
        _ => None,
    }
}

/// Where in the file a config var is given.
struct Given {
    /// Where its value stands.
    value: Range<usize>,
    /// Where its name stands.
    name: Range<usize>,
    /// The key that it comes from; none for `[config]`.
    key: Option<&'static Key>,
}

/// What is read of the sections.
#[derive(Default)]
pub(super) struct ConfigVars {
    /// Those of `[mail]` and `[picture]`.
    pub(super) values: Defaults,
    /// Those of `[config]`.
    pub(super) texts: BTreeMap<String, String>,
    /// Where each of them stands.
    given: BTreeMap<String, Given>,
    /// Those whose mistakes are reported already.
    told: BTreeSet<String>,
    /// Where the sections begin.
    sections: BTreeMap<&'static str, Range<usize>>,
}

/// Reads `[mail]`, `[picture]` and `[config]`.
pub(super) fn read(root: &DeTable<'_>, mistakes: &mut Mistakes) -> ConfigVars {
    let mut vars = ConfigVars::default();
    for name in ["mail", "picture"] {
        keys::read(root, name, &mut vars, mistakes);
    }
    texts::read(root, &mut vars, mistakes);
    vars
}

impl ConfigVars {
    /// How a person knows the variable: as a key, or by its own name.
    fn known_as(&self, variable: &str) -> String {
        let by_name = self
            .given
            .get(variable)
            .is_some_and(|given| given.key.is_none());
        match key_of(variable) {
            Some(key) if !by_name => format!("`{}`", key.name),
            _ => variable.to_owned(),
        }
    }
}

/// What the worker fills in in the subject; see `picletter_worker::compose`.
const FILLED_IN: [&str; 2] = ["date", "title"];

/// The worker's settings, where `variables` come before `texts`, and those before `values`.
pub(super) fn worker_settings(
    mut variables: Variables,
    texts: &BTreeMap<String, String>,
    values: &Defaults,
) -> Reading {
    for (name, text) in texts {
        // Its file is the dyno's, not this machine's.
        if name != "SSL_CERT_FILE" {
            variables.set_default(name, text);
        }
    }
    settings::read_with_defaults(&variables, values, None)
}

/// What Heroku takes for all config vars of an app together, names and values.
/// Source: <https://devcenter.heroku.com/articles/config-vars>.
const MOST_BYTES: usize = 64 << 10;

/// Adds values that Heroku, or the environment of a process, cannot hold.
pub(super) fn limits(vars: &ConfigVars, mistakes: &mut Mistakes) {
    for (name, text) in &vars.texts {
        if text.contains('\0') {
            mistakes.add(
                vars.given.get(name).map(|given| given.value.clone()),
                format!("{name} has a NUL character"),
                "remove it: a variable of a process cannot hold one".to_owned(),
            );
        }
    }
    let texts = vars.texts.iter();
    let texts = texts.map(|(name, text)| (name.as_str(), text.len()));
    let values = rendered(&vars.values).map(|(key, text)| (key.variable, text.len()));
    let sizes: Vec<(&str, usize)> = texts
        .chain(values)
        .map(|(name, length)| (name, name.len() + length))
        .collect();
    let all: usize = sizes.iter().map(|(_, size)| size).sum();
    if let Some((name, _)) = sizes.iter().max_by_key(|(_, size)| size)
        && all > MOST_BYTES
    {
        let problem = format!(
            "with {} the config vars have {all} bytes; Heroku takes 64 kB for all config vars of an app",
            // It has the backticks of a key, but not those of a variable.
            quote(vars.known_as(name).trim_matches('`'))
        );
        let help = "let the job read large values from a file or a store".to_owned();
        let place = vars.given.get(*name).map(|given| given.value.clone());
        mistakes.add(place, problem, help);
    }
}

/// Adds those secrets that the file gives as well.
pub(super) fn given_and_secret(
    vars: &ConfigVars,
    secrets: &[Spanned<String>],
    mistakes: &mut Mistakes,
) {
    for secret in secrets {
        if let Some(given) = vars.given.get(&secret.value) {
            mistakes.add_with(
                secret.span.clone(),
                format!(
                    "{} is a secret here, and given in the file too",
                    quote(&secret.value)
                ),
                given.name.clone(),
                "leave one of them out".to_owned(),
            );
        }
    }
}

/// Adds those that our worker does not read, where it reads one of a similar name.
pub(super) fn unread(vars: &ConfigVars, warnings: &mut Mistakes) {
    for (name, var) in &vars.given {
        if settings::NAMES.contains(&name.as_str()) {
            continue;
        }
        if let Some(near) = suggest(name, settings::NAMES) {
            warnings.add(
                var.name.clone(),
                format!("the worker does not read {}", quote(name)),
                format!("did you mean `{near}`?"),
            );
        }
    }
}

/// Adds words in braces that stay in the subject as they are, where one that is filled in is similar.
pub(super) fn unfilled(vars: &ConfigVars, warnings: &mut Mistakes) {
    const NAME: &str = "MAIL_SUBJECT";
    let subject = vars.values.subject.as_ref();
    let Some(subject) = subject.or_else(|| vars.texts.get(NAME)) else {
        return;
    };
    let words = subject.split('{').skip(1);
    for word in words.filter_map(|rest| Some(rest.split_once('}')?.0)) {
        if FILLED_IN.contains(&word) {
            continue;
        }
        if let Some(near) = suggest(word, FILLED_IN) {
            warnings.add(
                vars.given.get(NAME).map(|given| given.value.clone()),
                format!("nothing is put in the place of `{{{word}}}`"),
                format!("did you mean `{{{near}}}`?"),
            );
        }
    }
}

/// Adds what Picletter's worker would refuse at its start, where a job runs it, for at least
/// `time_to_live`. For other commands only what `[mail]` and `[picture]` give is checked, since only the
/// worker reads those.
pub(super) fn as_the_worker_reads_them(
    vars: &ConfigVars,
    secrets: &[Spanned<String>],
    time_to_live: Option<&Spanned<SignedDuration, Option<Range<usize>>>>,
    mistakes: &mut Mistakes,
) {
    let reading = worker_settings(Variables::default(), &vars.texts, &vars.values);
    if let Err(settings::Mistakes(list)) = &reading.settings {
        let from_elsewhere = |name: &str| {
            NEEDED.contains(&name) || secrets.iter().any(|secret| secret.value == name)
        };
        for mistake in list {
            let variable = mistake.variable;
            let given = vars.given.get(variable);
            if vars.told.contains(variable)
                || given.is_none() && from_elsewhere(variable)
                || time_to_live.is_none() && given.is_none_or(|var| var.key.is_none())
            {
                continue;
            }
            let mut problem = mistake.problem.clone();
            for key in &KEYS {
                problem = problem.replace(key.variable, &vars.known_as(key.variable));
            }
            let problem = format!("{} {problem}", vars.known_as(variable));
            let section = key_of(variable).map(|key| key.section);
            let place = given.map(|given| given.value.clone());
            let place = place.or_else(|| vars.sections.get(section?).cloned());
            let help = section.filter(|_| given.is_none());
            let help = help.map(|section| format!("it belongs in [{section}]"));
            if given.is_none() {
                mistakes.add_missing(place, problem, help);
            } else {
                mistakes.add(place, problem, help);
            }
        }
    }
    let deadline = reading.deadline;
    if let Some(time_to_live) = time_to_live
        && deadline.as_secs() > time_to_live.value.unsigned_abs().as_secs()
    {
        let given = vars.given.get("RUN_DEADLINE");
        let given = given.map(|given| given.value.clone());
        mistakes.add(
            time_to_live.span.clone().or(given),
            format!(
                "the worker may take {} s (RUN_DEADLINE), but its dyno lives {:#} (time_to_live)",
                deadline.as_secs(),
                time_to_live.value,
            ),
            "let the dyno live longer than the worker's deadline".to_owned(),
        );
    }
}
