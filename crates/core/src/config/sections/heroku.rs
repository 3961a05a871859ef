//! `[heroku]`.

use toml::de::DeTable;

use super::super::Heroku;
use super::super::config_vars::set_by;
use super::super::file_diagnostic::{FileDiagnostics, Spanned};
use super::super::names::{invalid_region_help, is_app_name, is_config_var, is_team_name};
use super::super::table::Section;
use super::job;
use picletter_worker::quote::quote;

/// Synonyms of keys.
const SYNONYMS: [(&str, &str); 1] = [("name", "app")];

/// The keys that describe the app.
const KEYS: [&str; 4] = ["app", "region", "team", "secrets"];

/// The parsed section. Invalid values are replaced by defaults.
pub(super) struct ParsedHeroku {
    pub(super) heroku: Heroku,
    /// `secrets`, with spans.
    pub(super) secrets: Vec<Spanned<String>>,
}

/// Reads the section, which in the short form also contains keys of the job.
pub(super) fn section<'t>(root: &'t DeTable<'t>, errors: &mut FileDiagnostics) -> Section<'t> {
    let keys: Vec<&str> = KEYS.into_iter().chain(job::DYNO_KEYS).collect();
    let others: Vec<_> = SYNONYMS.iter().chain(&job::SYNONYMS).copied().collect();
    Section::read(root, "heroku", &keys, &others, errors)
}

pub(super) fn read(section: &Section<'_>, errors: &mut FileDiagnostics) -> ParsedHeroku {
    let before = errors.0.len();
    let app = section.checked(
        "app",
        is_app_name,
        "3 to 30 lowercase letters, digits, and dashes, starting with a letter",
        errors,
    );
    if app.is_none() && errors.0.len() == before {
        section.missing("app", "set it to the name of the Heroku app", errors);
    }
    let region = section.text("region", errors).map(|region| {
        if let Some(help) = invalid_region_help(&region.value) {
            let problem = format!("unknown region: {}", quote(&region.value));
            errors.add(region.span, problem, help);
        }
        region.value
    });
    let team = section.checked(
        "team",
        is_team_name,
        "the team's name in its URL: at most 64 lowercase letters, digits, `-`, and `_`",
        errors,
    );
    let secrets = secrets(section, errors);
    ParsedHeroku {
        heroku: Heroku {
            app: app.unwrap_or_default(),
            region,
            team,
            secrets: secrets.iter().map(|name| name.value.clone()).collect(),
        },
        secrets,
    }
}

/// Reads the names of config vars whose values are secrets.
fn secrets(section: &Section<'_>, errors: &mut FileDiagnostics) -> Vec<Spanned<String>> {
    let names = section.texts("secrets", errors);
    let mut names = names.map(|names| names.value).unwrap_or_default();
    names.retain(|name| {
        let (problem, help) = match set_by(&name.value) {
            Some(by) => (by, "remove it"),
            None if is_config_var(&name.value) => return true,
            // Does not quote the value, which may be the secret itself.
            None => {
                let help = "list the names of environment variables, not their values";
                let problem = "`secrets` contains an invalid config var name";
                errors.add(name.span.clone(), problem, help.to_owned());
                return false;
            }
        };
        let problem = format!("{} {problem}", quote(&name.value));
        errors.add(name.span.clone(), problem, help.to_owned());
        false
    });
    names
}
