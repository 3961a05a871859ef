//! The app's config vars, out of `[mail]`, `[picture]` and `[config]`, and what the worker would say
//! to them.

mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::SignedDuration;

use super::table::{Mistakes, Placed};
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;
use picletter_worker::settings::{self, Variables};

pub(super) use read::{KEYS, read};

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

/// A key of `[mail]` or `[picture]`.
#[derive(Debug)]
pub(super) struct Key {
    /// Its section.
    pub(super) section: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// The config var that it becomes.
    pub(super) variable: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    List,
    Flag,
    Number,
}

/// A config var, and what in the file gives it.
struct Given {
    value: Placed<String>,
    /// Where its name stands.
    name: Range<usize>,
    /// The key that it comes from; none for `[config]`.
    key: Option<&'static Key>,
}

/// A config var of the file.
#[derive(Debug, Clone)]
pub(super) struct ConfigVar {
    pub(super) value: String,
    /// The key that it comes from; none for `[config]`.
    key: Option<&'static Key>,
}

impl ConfigVar {
    /// What it is called in the file.
    pub(super) fn key(&self, variable: &str) -> String {
        match self.key {
            Some(Key { section, name, .. }) => format!("[{section}] {name} ({variable})"),
            None => format!("[config] {variable}"),
        }
    }
}

/// What is read of the sections.
#[derive(Default)]
pub(super) struct ConfigVars {
    given: BTreeMap<String, Given>,
    /// Those of which it is told already what is wrong.
    told: BTreeSet<String>,
    /// Where the sections begin.
    sections: BTreeMap<&'static str, Range<usize>>,
}

impl ConfigVars {
    /// Each with its value and its key.
    pub(super) fn values(self) -> BTreeMap<String, ConfigVar> {
        let given = self.given.into_iter().map(|(name, var)| {
            let key = var.key;
            let value = var.value.value;
            (name, ConfigVar { value, key })
        });
        given.collect()
    }

    /// How a person knows the variable: as a key, or by its own name.
    fn known_as(&self, variable: &str) -> String {
        let by_name = self
            .given
            .get(variable)
            .is_some_and(|var| var.key.is_none());
        match key_of(variable) {
            Some(key) if !by_name => format!("`{}`", key.name),
            _ => variable.to_owned(),
        }
    }
}

/// What the worker fills in in the subject; see `job::compose`.
const FILLED_IN: [&str; 2] = ["date", "title"];

fn key_of(variable: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.variable == variable)
}

/// What Heroku takes for all config vars of an app together, names and values.
/// Source: <https://devcenter.heroku.com/articles/config-vars>.
const MOST_BYTES: usize = 64 << 10;

/// Adds values that Heroku, or the environment of a process, cannot hold.
pub(super) fn limits(vars: &ConfigVars, mistakes: &mut Mistakes) {
    for (name, var) in &vars.given {
        if var.value.value.contains('\0') {
            mistakes.add(
                var.value.span.clone(),
                format!("{} has a NUL character", vars.known_as(name)),
                "remove it: a variable of a process cannot hold one".to_owned(),
            );
        }
    }
    let size = |(name, var): &(&String, &Given)| name.len() + var.value.value.len();
    let all: usize = vars.given.iter().map(|var| size(&var)).sum();
    let largest = vars.given.iter().max_by_key(size);
    if let Some((name, var)) = largest
        && all > MOST_BYTES
    {
        let problem = format!(
            "with {} the config vars have {all} bytes; Heroku takes 64 kB for all config vars of an app",
            // It has the backticks of a key, but not those of a variable.
            quote(vars.known_as(name).trim_matches('`'))
        );
        let help = "let the job read large values from a file or a store".to_owned();
        mistakes.add(var.value.span.clone(), problem, help);
    }
}

/// Adds those secrets that the file gives as well.
pub(super) fn given_and_secret(
    vars: &ConfigVars,
    secrets: &[Placed<String>],
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
    let Some(subject) = vars.given.get("MAIL_SUBJECT") else {
        return;
    };
    let words = subject.value.value.split('{').skip(1);
    for word in words.filter_map(|rest| Some(rest.split_once('}')?.0)) {
        if FILLED_IN.contains(&word) {
            continue;
        }
        if let Some(near) = suggest(word, FILLED_IN) {
            warnings.add(
                subject.value.span.clone(),
                format!("nothing is put in the place of `{{{word}}}`"),
                format!("did you mean `{{{near}}}`?"),
            );
        }
    }
}

/// Adds what our worker would refuse at its start; of another's config vars only what `[mail]` and
/// `[picture]` give, since ours alone knows those.
pub(super) fn as_the_worker_reads_them(
    vars: &ConfigVars,
    secrets: &[Placed<String>],
    is_own_worker: bool,
    time_to_live: &Placed<SignedDuration, Option<Range<usize>>>,
    mistakes: &mut Mistakes,
) {
    // Its file is the dyno's, not this machine's.
    let here = vars
        .given
        .iter()
        .filter(|(name, _)| *name != "SSL_CERT_FILE");
    let variables: Variables = here
        .map(|(name, var)| (name.clone(), var.value.value.clone()))
        .collect();
    let reading = settings::read(&variables, None);
    if let Err(settings::Mistakes(list)) = &reading.settings {
        let from_elsewhere = |name: &str| {
            NEEDED.contains(&name) || secrets.iter().any(|secret| secret.value == name)
        };
        for mistake in list {
            let variable = mistake.variable;
            let given = vars.given.get(variable);
            if vars.told.contains(variable)
                || given.is_none() && from_elsewhere(variable)
                || !is_own_worker && given.is_none_or(|var| var.key.is_none())
            {
                continue;
            }
            let mut problem = mistake.problem.clone();
            for key in &KEYS {
                problem = problem.replace(key.variable, &vars.known_as(key.variable));
            }
            let problem = format!("{} {problem}", vars.known_as(variable));
            let section = key_of(variable).map(|key| key.section);
            let place = given.map(|var| var.value.span.clone());
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
    if is_own_worker && deadline.as_secs() > time_to_live.value.unsigned_abs().as_secs() {
        let given = vars.given.get("RUN_DEADLINE");
        let given = given.map(|var| var.value.span.clone());
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
