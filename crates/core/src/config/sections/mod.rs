//! Parsers for the sections of the file.

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
use sha2::{Digest as _, Sha256};
use toml::de::DeTable;

use super::Config;
use super::config_vars;
use super::duration::{self, MaxDuration};
use super::file_diagnostic::Source;
use super::file_diagnostic::{FileDiagnostics, Spanned};
use super::hints::SECRET;
use super::secret_names;
use crate::schedule::choice;
use picletter_logic_apps::suggest::suggest;
use picletter_worker::quote::quote;

const SECTIONS: [&str; 10] = [
    "schedule", "heroku", "azure", "run", "jobs", "defaults", "alert", "mail", "picture", "config",
];

/// Former and current names of sections.
const RENAMED: [(&str, &str); 2] = [("alerts", "alert"), ("config_vars", "config")];

/// The maximum number of TOML syntax errors to list.
const MAX_SYNTAX_ERRORS: usize = 10;

/// Parses the file, or returns its errors. Omits errors that another error may have caused, and
/// limits the list for a file with many syntax errors.
pub(super) fn read(path: &Path, text: &str) -> Result<Config, super::FileErrors> {
    let digest = Sha256::digest(text).into();
    // Ignores a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Source {
        path: path.display().to_string(),
        text: secret_names::redacted(text),
        digest,
    };
    let mut errors = FileDiagnostics::default();
    if text.trim_start().starts_with('{') {
        let help = "select a TOML file with --config".to_owned();
        errors.add(None, "the file contains JSON, not TOML", help);
        return Err(super::FileErrors {
            source,
            list: errors.0,
            unshown: 0,
        });
    }
    let (root, broken) = DeTable::parse_recoverable(text);
    let config = sections(root.get_ref(), &mut errors);
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
        // Removes errors that may be caused by a syntax error: on the same line, or about missing
        // keys.
        errors.0.retain(|error| {
            let span = error.span.as_ref();
            error.missing_in.is_none()
                && span.is_some_and(|span| !broken_lines.contains(&line(span.start)))
        });
    }
    let mut list = FileDiagnostics::default();
    for error in &broken {
        let help = error
            .span()
            .and_then(|span| text.get(span.start..))
            .is_some_and(|rest| rest.starts_with(CURLY_QUOTES))
            .then(|| "use straight quotes, as in \"day\"".to_owned());
        list.add(error.span(), error.message().replace('\n', "; "), help);
    }
    list.0.extend(errors.0);
    list.0
        .sort_by_key(|error| error.span.as_ref().map_or(usize::MAX, |span| span.start));
    match config {
        Some(mut config) if list.0.is_empty() => {
            config.source = source;
            Ok(config)
        }
        _ => {
            let mut list = list.0;
            let all = list.len();
            // A file with so many syntax errors is probably not a configuration.
            if broken.len() > MAX_SYNTAX_ERRORS {
                list.truncate(MAX_SYNTAX_ERRORS);
            }
            Err(super::FileErrors {
                source,
                unshown: all - list.len(),
                list,
            })
        }
    }
}

/// Quotation marks that word processors insert.
const CURLY_QUOTES: [char; 5] = ['“', '”', '„', '‘', '’'];

fn sections(root: &DeTable<'_>, errors: &mut FileDiagnostics) -> Option<Config> {
    let mut misspelled: Vec<&str> = Vec::new();
    for (key, value) in root {
        let word: &str = key.as_ref();
        if !SECTIONS.contains(&word) {
            let (problem, help) = if value.get_ref().is_table() {
                let renamed = RENAMED.iter().find(|(old, _)| *old == word);
                let meant = renamed.map(|(_, new)| *new);
                let meant = meant.or_else(|| suggest(word, SECTIONS));
                misspelled.extend(meant.filter(|meant| !root.contains_key(*meant)));
                let help = renamed.map_or_else(
                    || choice(word, &SECTIONS),
                    |(_, new)| format!("use [{new}]"),
                );
                (format!("unknown section {}", quote(word)), help)
            } else if secret_names::is_secret_name(word) {
                (
                    format!("{} does not belong here", quote(word)),
                    SECRET.to_owned(),
                )
            } else {
                let help = format!("move it to one of the sections {}", SECTIONS.join(", "));
                (format!("{} is not in a section", quote(word)), help)
            };
            errors.add(key.span(), problem, help);
        }
    }
    let has_jobs = job::has_jobs(root);
    let heroku_section = heroku::section(root, errors);
    let heroku = heroku::read(&heroku_section, errors);
    let mut warnings = FileDiagnostics::default();
    let azure::ParsedAzure {
        azure,
        is_named,
        span,
    } = azure::read(root, errors, &mut warnings);
    let jobs = if has_jobs {
        job::read_job_sections(root, &heroku_section, &azure, errors, &mut warnings)
    } else {
        let job = job::read_short_form(root, &heroku_section, &azure, errors, &mut warnings);
        vec![job]
    };
    let alert = alert::read(root, errors);
    let vars = config_vars::read(root, errors);
    config_vars::check_limits(&vars, errors);
    config_vars::check_duplicates(&vars, &heroku.secrets, errors);
    jobs::check_process_types(&jobs, errors);
    jobs::check_dyno_sizes(&jobs, errors);
    let worker_job = jobs.iter().find(|job| job.runs_picletter_worker);
    let life = jobs::shortest_time_to_live(&jobs);
    config_vars::check_with_worker(&vars, &heroku.secrets, life.as_ref(), errors);
    if worker_job.is_some() {
        config_vars::warn_about_unread(&vars, &mut warnings);
        config_vars::warn_about_placeholders(&vars, &mut warnings);
    } else if !is_named && jobs.first().is_some_and(|job| job.has_valid_command) {
        let problem = format!(
            "the resource group `{}` and the workflow `{}{}` are defaults, which every file without \
             them uses",
            azure.resource_group,
            azure.workflow,
            if has_jobs { "-NAME" } else { "" },
        );
        let help = "set a different `workflow` in [azure] for each file".to_owned();
        warnings.add(span, problem, help);
    }
    // What is missing may be in a misspelled section.
    errors.remove_missing_in(&misspelled);
    let spans = jobs.iter().map(|job| job.spans.schedule.clone()).collect();
    Some(Config {
        jobs: jobs.into_iter().map(|job| job.job).collect::<Option<_>>()?,
        heroku: heroku.heroku,
        azure,
        alert,
        values: vars.values,
        texts: vars.texts,
        warnings: warnings.0,
        source: Source::default(),
        schedules: spans,
    })
}

fn length(
    text: Spanned<String>,
    least: SignedDuration,
    most: MaxDuration,
    errors: &mut FileDiagnostics,
) -> Option<SignedDuration> {
    match duration::read(&text.value, least, most) {
        Ok(time) => Some(time),
        Err((problem, help)) => {
            errors.add(text.span, problem, help);
            None
        }
    }
}
