//! `[heroku]`.

use std::ops::Range;

use jiff::SignedDuration;
use toml::de::DeTable;

use super::super::Heroku;
use super::super::config_vars::set_by;
use super::super::duration::LONGEST_LIFE;
use super::super::names::{
    is_app_name, is_config_var, is_process_type, is_team_name, wrong_dyno_size, wrong_region,
};
use super::super::places::{Mistakes, Spanned};
use super::super::table::Section;
use super::length;
use picletter_worker::quote::quote;

/// Words that people have for keys whose names are nothing like them.
const OTHER_WORDS: [(&str, &str); 6] = [
    ("cmd", "command"),
    ("size", "dyno_size"),
    ("type", "process_type"),
    ("time_limit", "time_to_live"),
    ("timeout", "time_to_live"),
    ("name", "app"),
];

/// More than any command that a person writes on one line.
const LONGEST_COMMAND: usize = 4096;

/// What is read of `[heroku]`; the defaults stand for what is wrong.
pub(super) struct ReadHeroku {
    pub(super) heroku: Heroku,
    pub(super) command_is_right: bool,
    /// Where the file gives the command.
    pub(super) command: Option<Range<usize>>,
    /// Where the file gives the process type.
    pub(super) process_type: Option<Range<usize>>,
    /// Where the file gives the time to live.
    pub(super) life: Option<Range<usize>>,
    /// `secrets`, each with its place.
    pub(super) secrets: Vec<Spanned<String>>,
}

pub(super) fn read(root: &DeTable<'_>, mistakes: &mut Mistakes) -> ReadHeroku {
    let keys = [
        "app",
        "region",
        "team",
        "process_type",
        "command",
        "dyno_size",
        "time_to_live",
        "secrets",
    ];
    let section = Section::read(root, "heroku", &keys, &OTHER_WORDS, mistakes);
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
    let process_type = section.checked(
        "process_type",
        is_process_type,
        "it has at most 63 letters, digits and underscores, such as `worker`",
        mistakes,
    );
    let before = mistakes.0.len();
    let command = section.checked(
        "command",
        |command| {
            !command.trim().is_empty()
                && command.len() <= LONGEST_COMMAND
                && !command.chars().any(char::is_control)
        },
        "it is what the dyno runs, on one line of at most 4,096 bytes, such as `worker`",
        mistakes,
    );
    let command_is_right = mistakes.0.len() == before;
    let dyno_size = section.text("dyno_size", mistakes).map(|size| {
        let lower = size.value.to_lowercase();
        if let Some(help) = wrong_dyno_size(&lower) {
            let problem = format!("{} is no dyno size", quote(&size.value));
            mistakes.add(size.span, problem, help);
        }
        lower
    });
    let least = SignedDuration::from_secs(1);
    let life = section.text("time_to_live", mistakes);
    let span = life.as_ref().map(|life| life.span.clone());
    let time_to_live = life.and_then(|life| length(life, least, LONGEST_LIFE, mistakes));
    let secrets = secrets(&section, mistakes);
    let heroku = Heroku {
        app: app.unwrap_or_default(),
        region,
        team,
        process_type: process_type.unwrap_or_else(|| "worker".to_owned()),
        command: command.unwrap_or_else(|| "worker".to_owned()),
        dyno_size: dyno_size.unwrap_or_else(|| "basic".to_owned()),
        time_to_live: time_to_live.unwrap_or(SignedDuration::from_mins(30)),
        secrets: secrets.iter().map(|name| name.value.clone()).collect(),
    };
    ReadHeroku {
        heroku,
        command_is_right,
        command: section.place("command"),
        process_type: section.place("process_type"),
        life: span,
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
