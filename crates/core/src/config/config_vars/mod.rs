//! The app's config vars: `[mail]` and `[picture]` as values of the worker's types, and `[config]`
//! as texts. Validates both with the worker's rules.

mod keys;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use jiff::SignedDuration;
use toml::de::DeTable;

use super::file_diagnostic::{FileDiagnostics, Spanned};
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;
use picletter_worker::settings::{self, Defaults, ParsedVariables, Variables};

use keys::key_for;
pub(super) use keys::{KEYS, Key, rendered};

/// Secrets that the worker requires. They are not in the file.
const NEEDED: [&str; 2] = ["SG_KEY", "UNSPLASH_ACCESS_KEY"];

/// The variable of the worker's deadline.
pub(super) const DEADLINE: &str = "RUN_DEADLINE";

/// Help if the deadline is longer than `time_to_live`.
pub(super) const LONGER_THAN_DEADLINE: &str = "make time_to_live longer than RUN_DEADLINE";

/// Sections that can contain any config var, list it as a secret, set `time_to_live`, or decide
/// whether a job runs the worker.
const RELATED_SECTIONS: [&str; 5] = ["config", "heroku", "run", "jobs", "defaults"];

/// For reserved config vars, a description of what sets them.
pub(super) fn set_by(name: &str) -> Option<&'static str> {
    match name {
        "RUN_ID" | "RUN_DATE" | "RUN_CALLBACK_URL" => Some("is set by the Logic App for each run"),
        "PICLETTER_MADE_APP" => Some("is set by Picletter on an app that it creates"),
        _ => None,
    }
}

/// The spans of a config var in the file.
struct Given {
    /// The span of the value.
    value: Range<usize>,
    /// The span of the name.
    name: Range<usize>,
    /// The key of `[mail]` or `[picture]`; `None` for `[config]`.
    key: Option<&'static Key>,
}

/// The config vars of the file.
#[derive(Default)]
pub(super) struct ConfigVars {
    /// Values of `[mail]` and `[picture]`.
    pub(super) values: Defaults,
    /// Texts of `[config]`.
    pub(super) texts: BTreeMap<String, String>,
    /// The spans of each config var.
    given: BTreeMap<String, Given>,
    /// Config vars with errors that have already been reported.
    reported: BTreeSet<String>,
    /// The spans of the sections' names.
    sections: BTreeMap<&'static str, Range<usize>>,
}

/// Reads `[mail]`, `[picture]`, and `[config]`.
pub(super) fn read(root: &DeTable<'_>, errors: &mut FileDiagnostics) -> ConfigVars {
    let mut vars = ConfigVars::default();
    for name in ["mail", "picture"] {
        keys::read(root, name, &mut vars, errors);
    }
    texts::read(root, &mut vars, errors);
    vars
}

impl ConfigVars {
    /// The name of a variable in messages: its key, or its own name if it is in `[config]`.
    fn display_name(&self, variable: &str) -> String {
        let by_name = self
            .given
            .get(variable)
            .is_some_and(|given| given.key.is_none());
        match key_for(variable) {
            Some(key) if !by_name => format!("`{}`", key.name),
            _ => variable.to_owned(),
        }
    }
}

/// The placeholders in the subject; see `picletter_worker::compose`.
const PLACEHOLDERS: [&str; 2] = ["date", "title"];

/// The worker's settings. `variables` take precedence over `texts`, and `texts` over `values`.
pub(super) fn worker_settings(
    mut variables: Variables,
    texts: &BTreeMap<String, String>,
    values: &Defaults,
) -> ParsedVariables {
    for (name, text) in texts {
        // This file is in the dyno, not on this machine.
        if name != "SSL_CERT_FILE" {
            variables.set_default(name, text);
        }
    }
    settings::read_with_defaults(&variables, values, None)
}

/// Heroku's limit for all config vars of an app, names and values, in bytes.
/// Source: <https://devcenter.heroku.com/articles/config-vars>.
const MAX_BYTES: usize = 64 << 10;

/// Reports values that exceed Heroku's limit or cannot be in a process's environment.
pub(super) fn check_limits(vars: &ConfigVars, errors: &mut FileDiagnostics) {
    for (name, text) in &vars.texts {
        if text.contains('\0') {
            errors.add(
                vars.given.get(name).map(|given| given.value.clone()),
                format!("{name} contains a NUL character"),
                "remove it: environment variables cannot contain it".to_owned(),
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
        && all > MAX_BYTES
    {
        let problem = format!(
            "the config vars, including {}, have {all} bytes; Heroku's limit is 64 kB per app",
            // A key has backticks, but a variable does not.
            quote(vars.display_name(name).trim_matches('`'))
        );
        let help = "store large values elsewhere, and let the job read them".to_owned();
        let span = vars.given.get(*name).map(|given| given.value.clone());
        errors.add(span, problem, help);
    }
}

/// Reports secrets that the file also sets.
pub(super) fn check_duplicates(
    vars: &ConfigVars,
    secrets: &[Spanned<String>],
    errors: &mut FileDiagnostics,
) {
    for secret in secrets {
        if let Some(given) = vars.given.get(&secret.value) {
            errors.add_with(
                secret.span.clone(),
                format!(
                    "{} is listed as a secret, but also set in the file",
                    quote(&secret.value)
                ),
                given.name.clone(),
                "remove one of them".to_owned(),
            );
        }
    }
}

/// Warns about variables that the worker does not read, if it reads one with a similar name.
pub(super) fn warn_about_unread(vars: &ConfigVars, warnings: &mut FileDiagnostics) {
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

/// Warns about unknown placeholders in the subject that are similar to a known one.
pub(super) fn warn_about_placeholders(vars: &ConfigVars, warnings: &mut FileDiagnostics) {
    const NAME: &str = "MAIL_SUBJECT";
    let subject = vars.values.subject.as_ref();
    let Some(subject) = subject.or_else(|| vars.texts.get(NAME)) else {
        return;
    };
    let words = subject.split('{').skip(1);
    for word in words.filter_map(|rest| Some(rest.split_once('}')?.0)) {
        if PLACEHOLDERS.contains(&word) {
            continue;
        }
        if let Some(near) = suggest(word, PLACEHOLDERS) {
            warnings.add(
                vars.given.get(NAME).map(|given| given.value.clone()),
                format!("unknown placeholder `{{{word}}}`"),
                format!("did you mean `{{{near}}}`?"),
            );
        }
    }
}

/// Reports config vars that Picletter's worker would reject at its start. `time_to_live` is the
/// shortest one of the jobs that run the worker; `None` if there are none. In that case, checks
/// only `[mail]` and `[picture]`, because no other command reads those.
pub(super) fn check_with_worker(
    vars: &ConfigVars,
    secrets: &[Spanned<String>],
    time_to_live: Option<&Spanned<SignedDuration, Option<Range<usize>>>>,
    errors: &mut FileDiagnostics,
) {
    let parsed = worker_settings(Variables::default(), &vars.texts, &vars.values);
    let is_secret = |name: &str| secrets.iter().any(|secret| secret.value == name);
    if let Err(settings::InvalidVariables(list)) = &parsed.settings {
        let from_elsewhere = |name: &str| NEEDED.contains(&name) || is_secret(name);
        for error in list {
            let variable = error.variable;
            let given = vars.given.get(variable);
            if vars.reported.contains(variable)
                || given.is_none() && from_elsewhere(variable)
                || time_to_live.is_none() && given.is_none_or(|var| var.key.is_none())
            {
                continue;
            }
            let mut problem = error.problem.clone();
            for key in &KEYS {
                problem = problem.replace(key.variable, &vars.display_name(key.variable));
            }
            let problem = format!("{} {problem}", vars.display_name(variable));
            let section = key_for(variable).map(|key| key.section);
            let span = given.map(|given| given.value.clone());
            let span = span.or_else(|| vars.sections.get(section?).cloned());
            let help = section.filter(|_| given.is_none());
            let help = help.map(|section| format!("set it in [{section}]"));
            if given.is_none() {
                let sections: Vec<_> = section.into_iter().chain(RELATED_SECTIONS).collect();
                errors.add_missing(span, &sections, problem, help);
            } else {
                errors.add(span, problem, help);
            }
        }
    }
    let given = vars.given.get(DEADLINE);
    let is_unknown = vars.reported.contains(DEADLINE) || given.is_none() && is_secret(DEADLINE);
    if let Some(time_to_live) = time_to_live
        && !is_unknown
        && let Some(deadline) = deadline_above(time_to_live.value, &parsed)
    {
        let given = given.map(|given| given.value.clone());
        let both_set = time_to_live.span.is_some() && given.is_some();
        let span = time_to_live.span.clone().or(given);
        let problem = format!(
            "the worker may run for {} s (RUN_DEADLINE), but its dyno is stopped after {:#} (time_to_live)",
            deadline.as_secs(),
            time_to_live.value,
        );
        let help = LONGER_THAN_DEADLINE.to_owned();
        if both_set {
            errors.add(span, problem, help);
        } else {
            errors.add_missing(span, &RELATED_SECTIONS, problem, help);
        }
    }
}

/// The worker's deadline, if it is longer than `time_to_live`; `None` also if it is invalid.
pub(super) fn deadline_above(
    time_to_live: SignedDuration,
    parsed: &ParsedVariables,
) -> Option<Duration> {
    if let Err(settings::InvalidVariables(errors)) = &parsed.settings
        && errors.iter().any(|error| error.variable == DEADLINE)
    {
        return None;
    }
    let deadline = parsed.deadline;
    (deadline.as_secs() > time_to_live.unsigned_abs().as_secs()).then_some(deadline)
}
