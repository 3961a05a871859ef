//! The sections, each read into what it means.

mod alert;
mod azure;
mod dyno;
mod heroku;
mod job;
mod job_checks;
mod jobs;
mod run;
mod schedule;

use std::path::Path;

use jiff::SignedDuration;
use toml::de::DeTable;

use super::Config;
use super::config_vars;
use super::duration::{self, Most};
use super::hints::SECRET;
use super::places::Source;
use super::places::{Mistakes, Spanned};
use super::secret_names;
use crate::schedule::choice;
use picletter_worker::quote::quote;

const SECTIONS: [&str; 10] = [
    "schedule", "heroku", "azure", "run", "jobs", "defaults", "alert", "mail", "picture", "config",
];

/// What sections were called, and are now.
const RENAMED: [(&str, &str); 2] = [("alerts", "alert"), ("config_vars", "config")];

/// How many places that are no TOML are shown, each.
const MOST_BROKEN: usize = 10;

/// The whole file, or all that is wrong with it.
pub(super) fn read(path: &Path, text: &str) -> Result<Config, super::Mistakes> {
    // A byte order mark is no part of TOML's text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Source {
        path: path.display().to_string(),
        text: secret_names::hidden(text),
    };
    let mut mistakes = Mistakes::default();
    if text.trim_start().starts_with('{') {
        let help = "name the file that is the configuration, with --config".to_owned();
        mistakes.add(None, "this looks like JSON, not TOML", help);
        return Err(super::Mistakes {
            source,
            list: mistakes.0,
            unshown: 0,
        });
    }
    let (root, broken) = DeTable::parse_recoverable(text);
    let config = sections(root.get_ref(), &mut mistakes);
    let line = |at: usize| {
        text.get(..at)
            .map_or(0, |before| before.matches('\n').count())
    };
    let broken_lines: Vec<usize> = broken
        .iter()
        .filter_map(toml::de::Error::span)
        .map(|span| line(span.start))
        .collect();
    if !broken.is_empty() {
        // What was made of a line that is no TOML, and what seems missing, may be of its making.
        mistakes.0.retain(|mistake| {
            let span = mistake.span.as_ref();
            span.is_some_and(|span| !broken_lines.contains(&line(span.start)))
                && !mistake.is_missing
        });
    }
    let mut list = Mistakes::default();
    for error in &broken {
        let help = error
            .span()
            .and_then(|span| text.get(span.start..))
            .is_some_and(|rest| rest.starts_with(CURLY_QUOTES))
            .then(|| "write straight quotes, as in \"day\"".to_owned());
        list.add(error.span(), error.message().replace('\n', "; "), help);
    }
    list.0.extend(mistakes.0);
    list.0
        .sort_by_key(|mistake| mistake.span.as_ref().map_or(usize::MAX, |span| span.start));
    match config {
        Some(mut config) if list.0.is_empty() => {
            config.source = source;
            Ok(config)
        }
        _ => {
            let mut list = list.0;
            let all = list.len();
            // Where so much is no TOML, it is hardly a configuration.
            if broken.len() > MOST_BROKEN {
                list.truncate(MOST_BROKEN);
            }
            Err(super::Mistakes {
                source,
                unshown: all - list.len(),
                list,
            })
        }
    }
}

/// Such as word processors write.
const CURLY_QUOTES: [char; 5] = ['“', '”', '„', '‘', '’'];

fn sections(root: &DeTable<'_>, mistakes: &mut Mistakes) -> Option<Config> {
    for (key, value) in root {
        let word: &str = key.as_ref();
        if !SECTIONS.contains(&word) {
            let (problem, help) = if value.get_ref().is_table() {
                let renamed = RENAMED.iter().find(|(old, _)| *old == word);
                let help = renamed.map_or_else(
                    || choice(word, &SECTIONS),
                    |(_, new)| format!("it is called [{new}]"),
                );
                (format!("there is no section {}", quote(word)), help)
            } else if secret_names::is_secret_name(word) {
                (
                    format!("{} does not belong here", quote(word)),
                    SECRET.to_owned(),
                )
            } else {
                let help = format!("it takes the sections {}", SECTIONS.join(", "));
                (format!("{} stands in no section", quote(word)), help)
            };
            mistakes.add(key.span(), problem, help);
        }
    }
    let has_jobs = job::has_jobs(root);
    let heroku_section = heroku::section(root, mistakes);
    let heroku = heroku::read(&heroku_section, mistakes);
    let mut warnings = Mistakes::default();
    let azure::ReadAzure { azure, is_named } = azure::read(root, mistakes, &mut warnings);
    let jobs = if has_jobs {
        job::read_all(root, &heroku_section, &azure, mistakes, &mut warnings)
    } else {
        let job = job::read_only(root, &heroku_section, &azure, mistakes, &mut warnings);
        vec![job]
    };
    let alert = alert::read(root, mistakes);
    let vars = config_vars::read(root, mistakes);
    config_vars::limits(&vars, mistakes);
    config_vars::given_and_secret(&vars, &heroku.secrets, mistakes);
    jobs::share_one_image(&jobs, mistakes);
    jobs::have_sizes_that_mix(&jobs, mistakes);
    let own_worker = jobs.iter().find(|job| job.is_own_worker);
    let life = jobs::shortest_life(&jobs);
    config_vars::as_the_worker_reads_them(&vars, &heroku.secrets, life.as_ref(), mistakes);
    if own_worker.is_some() {
        config_vars::unread(&vars, &mut warnings);
        config_vars::unfilled(&vars, &mut warnings);
    } else if let Some(job) = jobs.first().filter(|job| job.is_known && !is_named) {
        let problem = format!(
            "the resource group is `{}` and the workflow {}, as for every file that names neither",
            azure.resource_group,
            if has_jobs {
                format!("of each job `{}-NAME`", azure.workflow)
            } else {
                format!("`{}`", azure.workflow)
            }
        );
        let help = "give each file one of its own, as `workflow` in [azure]".to_owned();
        warnings.add(job.places.command.clone(), problem, help);
    }
    let places = jobs.iter().map(|job| job.places.schedule.clone()).collect();
    Some(Config {
        jobs: jobs.into_iter().map(|job| job.job).collect::<Option<_>>()?,
        heroku: heroku.heroku,
        azure,
        alert,
        values: vars.values,
        texts: vars.texts,
        warnings: warnings.0,
        source: Source::default(),
        schedules: places,
    })
}

fn length(
    text: Spanned<String>,
    least: SignedDuration,
    most: Most,
    mistakes: &mut Mistakes,
) -> Option<SignedDuration> {
    match duration::read(&text.value, least, most) {
        Ok(time) => Some(time),
        Err((problem, help)) => {
            mistakes.add(text.span, problem, help);
            None
        }
    }
}
