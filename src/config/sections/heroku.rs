//! `[heroku]`.

use toml::de::DeTable;

use super::super::Heroku;
use super::super::config_vars::set_by;
use super::super::names::{is_app_name, is_config_var, is_team_name, wrong_region};
use super::super::places::{Mistakes, Spanned};
use super::super::table::Section;
use super::job;
use picletter_worker::quote::quote;

/// Words that people have for keys whose names are nothing like them.
const OTHER_WORDS: [(&str, &str); 1] = [("name", "app")];

/// The keys that describe the app.
const KEYS: [&str; 4] = ["app", "region", "team", "secrets"];

/// What is read of `[heroku]`; the defaults stand for what is wrong.
pub(super) struct ReadHeroku {
    pub(super) heroku: Heroku,
    /// `secrets`, each with its place.
    pub(super) secrets: Vec<Spanned<String>>,
}

/// The section, which in the short form has keys of the job too.
pub(super) fn section<'t>(root: &'t DeTable<'t>, mistakes: &mut Mistakes) -> Section<'t> {
    let keys: Vec<&str> = KEYS.into_iter().chain(job::DYNO_KEYS).collect();
    let others: Vec<_> = OTHER_WORDS
        .iter()
        .chain(&job::OTHER_WORDS)
        .copied()
        .collect();
    Section::read(root, "heroku", &keys, &others, mistakes)
}

pub(super) fn read(section: &Section<'_>, mistakes: &mut Mistakes) -> ReadHeroku {
    let before = mistakes.0.len();
    let app = section.checked(
        "app",
        is_app_name,
        "an app's name has 3 to 30 lower case letters, digits and dashes, a letter first",
        mistakes,
    );
    if app.is_none() && mistakes.0.len() == before {
        section.missing("app", "it is the name of the Heroku app", mistakes);
    }
    let region = section.text("region", mistakes).map(|region| {
        if let Some(help) = wrong_region(&region.value) {
            let problem = format!("{} is no region", quote(&region.value));
            mistakes.add(region.span, problem, help);
        }
        region.value
    });
    let team = section.checked(
        "team",
        is_team_name,
        "it is the team's name in its address, of at most 64 lower case letters, digits, `-` and `_`",
        mistakes,
    );
    let secrets = secrets(section, mistakes);
    ReadHeroku {
        heroku: Heroku {
            app: app.unwrap_or_default(),
            region,
            team,
            secrets: secrets.iter().map(|name| name.value.clone()).collect(),
        },
        secrets,
    }
}

/// Names of config vars whose values are secrets.
fn secrets(section: &Section<'_>, mistakes: &mut Mistakes) -> Vec<Spanned<String>> {
    let names = section.texts("secrets", mistakes);
    let mut names = names.map(|names| names.value).unwrap_or_default();
    names.retain(|name| {
        let (problem, help) = match set_by(&name.value) {
            Some(by) => (by, "leave it out"),
            None if is_config_var(&name.value) => return true,
            // It may be the secret itself.
            None => {
                let help = "name the variables of the environment, and not their values";
                let problem = "`secrets` holds something that is no name of a config var";
                mistakes.add(name.span.clone(), problem, help.to_owned());
                return false;
            }
        };
        let problem = format!("{} {problem}", quote(&name.value));
        mistakes.add(name.span.clone(), problem, help.to_owned());
        false
    });
    names
}
