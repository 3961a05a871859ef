//! `[config_vars]`, and what the worker would say to them.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::SignedDuration;
use toml::de::DeTable;

use super::heroku_rules::is_word;
use super::secrets;
use super::table::{Mistakes, Placed, SECRET, SECRET_VALUE, Section, text};
use crate::job::settings::{self, Variables};
use crate::nearest::nearest;

/// Secrets that the worker cannot do without, as it is told for this check.
const STAND_INS: [(&str, &str); 2] = [
    ("SG_KEY", "SG.not.needed"),
    ("UNSPLASH_ACCESS_KEY", "not needed"),
];

/// What is read of the section.
pub(super) struct ConfigVars {
    pub(super) values: BTreeMap<String, Placed<String>>,
    /// Where each name stands.
    names: Vec<Placed<String>>,
    /// Where the section begins.
    section: Option<Range<usize>>,
}

pub(super) fn read(root: &DeTable<'_>, mistakes: &mut Mistakes) -> ConfigVars {
    let section = Section::of(root, "config_vars", &[], mistakes);
    let mut values = BTreeMap::new();
    let mut names = Vec::new();
    for (name, value) in section.entries() {
        let Placed { value: name, span } = name;
        let mut refuse = |problem: &str, help: &str| {
            mistakes.add(span.clone(), format!("`{name}` {problem}"), help.to_owned());
        };
        let secret = value.get_ref().as_str().and_then(secrets::looks_like);
        if secrets::is_secret_name(name) {
            refuse("does not belong here", SECRET);
        } else if let Some(what) = secret {
            refuse(
                &format!("does not belong here: its value looks like {what}"),
                SECRET_VALUE,
            );
        } else if ["RUN_ID", "RUN_CALLBACK_URL"].contains(&name) {
            refuse("is set by the Logic App for each run", "leave it out");
        } else if !is_word(name) {
            refuse(
                "is no name of a config var",
                "those are made of letters, digits and underscores",
            );
        } else if let Some(value) = text(name, value, mistakes) {
            values.insert(name.to_owned(), value);
            names.push(Placed {
                value: name.to_owned(),
                span,
            });
        }
    }
    ConfigVars {
        values,
        names,
        section: section.span,
    }
}

/// Adds those that our worker does not read, where it reads one of a similar name.
pub(super) fn unread(vars: &ConfigVars, warnings: &mut Mistakes) {
    for Placed { value: name, span } in &vars.names {
        if settings::NAMES.contains(&name.as_str()) {
            continue;
        }
        if let Some(near) = nearest(name, settings::NAMES) {
            warnings.add(
                span.clone(),
                format!("the worker does not read `{name}`"),
                format!("did you mean `{near}`?"),
            );
        }
    }
}

/// Adds what our worker would refuse at its start.
pub(super) fn as_the_worker_reads_them(
    vars: &ConfigVars,
    time_to_live: &Placed<SignedDuration, Option<Range<usize>>>,
    mistakes: &mut Mistakes,
) {
    let ConfigVars {
        values: vars,
        section,
        ..
    } = vars;
    // Its file is the dyno's, not this machine's.
    let here = vars.iter().filter(|(name, _)| *name != "SSL_CERT_FILE");
    let mut variables: Variables = here
        .map(|(name, value)| (name.clone(), value.value.clone()))
        .collect();
    for (name, value) in STAND_INS {
        variables.set_default(name, value);
    }
    let reading = settings::read(&variables, None);
    if let Err(settings::Mistakes(list)) = &reading.settings {
        for mistake in list {
            let given = vars.get(mistake.variable);
            let place = given.map(|value| value.span.clone());
            let help = given
                .is_none()
                .then(|| "it belongs in [config_vars]".to_owned());
            mistakes.add(place.or_else(|| section.clone()), mistake.to_string(), help);
        }
    }
    let deadline = reading.net.deadline;
    if deadline.as_secs() > time_to_live.value.unsigned_abs().as_secs() {
        let given = vars.get("RUN_DEADLINE").map(|value| value.span.clone());
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
