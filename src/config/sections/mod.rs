//! The sections, each read into what it means.

mod alert;
mod azure;
mod heroku;
mod run;
mod schedule;

use std::ops::Range;
use std::path::Path;

use jiff::SignedDuration;
use toml::de::DeTable;

use super::config_vars;
use super::duration::{self, Most};
use super::hints::SECRET;
use super::places::Source;
use super::places::{Mistakes, Spanned};
use super::secret_names;
use super::{Config, Heroku, ONE_OFF, Report};
use crate::schedule::{Overlap, Place, Schedule, choice};
use picletter_worker::quote::quote;

const SECTIONS: [&str; 8] = [
    "schedule", "heroku", "azure", "run", "alert", "mail", "picture", "config",
];

/// What sections were called, and are now.
const RENAMED: [(&str, &str); 2] = [("alerts", "alert"), ("config_vars", "config")];

/// How many places that are no TOML are shown, each.
const MOST_BROKEN: usize = 10;

/// The whole file, or all that is wrong with it.
pub(super) fn read(path: &Path, text: &str) -> Result<Config, super::Mistakes> {
    // A byte order mark is no part of TOML's text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source {
        path: path.display().to_string(),
        text: secret_names::hidden(text),
        schedule: Vec::new(),
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
    let config = sections(root.get_ref(), &mut source, &mut mistakes);
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

fn sections(root: &DeTable<'_>, source: &mut Source, mistakes: &mut Mistakes) -> Option<Config> {
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
    let schedule = schedule::read(root, source, mistakes);
    let mut heroku = heroku::read(root, mistakes);
    let mut warnings = Mistakes::default();
    let azure::ReadAzure { azure, is_named } = azure::read(root, mistakes, &mut warnings);
    let run::ReadRun {
        run,
        report_is_right,
        report,
    } = run::read(root, schedule.as_ref(), mistakes);
    let alert = alert::read(root, mistakes);
    let vars = config_vars::read(root, mistakes);
    config_vars::limits(&vars, mistakes);
    config_vars::given_and_secret(&vars, &heroku.secrets, mistakes);
    let known = heroku.command_is_right && report_is_right;
    if known {
        let place = (heroku.command.clone(), report);
        how_it_reports(&heroku.heroku, run.report, place, mistakes, &mut warnings);
    }
    if let Some(schedule) = &schedule {
        without_summer_time(schedule, source.span_of(Place::TimeZone), &mut warnings);
        let place = heroku.life.clone().or_else(|| source.span_of(Place::Every));
        long_life(&heroku.heroku, schedule, place, &mut warnings);
    }
    let is_own_worker = known && is_own_worker(run.report, &heroku.heroku.command);
    if heroku.process_type.is_none() && !is_own_worker {
        ONE_OFF.clone_into(&mut heroku.heroku.process_type);
    } else if is_own_worker && heroku.heroku.process_type == ONE_OFF {
        mistakes.add(
            heroku.process_type.clone(),
            format!("dynos of type `{ONE_OFF}` do not run the worker's image"),
            "remove `process_type`, or set it to \"worker\"".to_owned(),
        );
    }
    let life = Spanned {
        value: heroku.heroku.time_to_live,
        span: heroku.life,
    };
    config_vars::as_the_worker_reads_them(&vars, &heroku.secrets, is_own_worker, &life, mistakes);
    if is_own_worker {
        config_vars::unread(&vars, &mut warnings);
        config_vars::unfilled(&vars, &mut warnings);
    } else if known && !is_named {
        let problem = format!(
            "this job's workflow is `{}` in the resource group `{}`, as that of every file that \
             names neither",
            azure.workflow, azure.resource_group
        );
        let help = "give each job one of its own, as `workflow` in [azure]".to_owned();
        warnings.add(heroku.command.clone(), problem, help);
    }
    Some(Config {
        schedule: schedule?,
        heroku: heroku.heroku,
        azure,
        run,
        alert,
        values: vars.values,
        texts: vars.texts,
        warnings: warnings.0,
        source: Source::default(),
    })
}

/// Whether the command is the worker that this program comes with, which reports by itself.
pub(super) fn is_own_worker(report: Report, command: &str) -> bool {
    report == Report::Worker && command.split_whitespace().next() == Some("worker")
}

/// Adds that the zone's clock never changes, where that of the places there does.
fn without_summer_time(schedule: &Schedule, place: Option<Range<usize>>, warnings: &mut Mistakes) {
    let there = match schedule.zone().name() {
        "EST" => "America/New_York",
        "MST" => "America/Denver",
        _ => return,
    };
    let problem = format!("the zone {} has no summer time", schedule.zone().name());
    warnings.add(place, problem, format!("{there} has it"));
}

/// Adds that runs may be skipped, where one can last until the next is due.
fn long_life(
    heroku: &Heroku,
    schedule: &Schedule,
    place: Option<Range<usize>>,
    warnings: &mut Mistakes,
) {
    let (life, gap) = (heroku.time_to_live, schedule.min_gap());
    if schedule.overlap() == Overlap::Skip && life > gap {
        let problem = format!(
            "a run may last {life:#} (time_to_live) and the next is due after {gap:#}: with \
             overlap = \"skip\" it may be skipped"
        );
        warnings.add(place, problem, None);
    }
}

/// Adds what is wrong where nobody would report, or nothing would run; `place` is that of the command
/// and that of the report, where the file gives them.
fn how_it_reports(
    heroku: &Heroku,
    report: Report,
    (command_place, report_place): (Option<Range<usize>>, Option<Range<usize>>),
    mistakes: &mut Mistakes,
    warnings: &mut Mistakes,
) {
    let command = &heroku.command;
    match report {
        Report::Worker if !is_own_worker(report, command) => warnings.add(
            command_place.or(report_place),
            format!(
                "{} must take `--run-id ID` and post a report to RUN_CALLBACK_URL, \
                 or every run ends as failed",
                quote(command)
            ),
            "else set report = \"shell\" or \"none\" in [run]".to_owned(),
        ),
        Report::Shell | Report::None if command_place.is_none() => mistakes.add(
            report_place,
            format!(
                "with report = \"{}\" a shell runs `command`, and [heroku] gives none",
                report.name()
            ),
            "write it there, such as `command = \"bin/rails reports:send\"`".to_owned(),
        ),
        Report::Shell | Report::None
            if command.split_whitespace().next() == Some(&heroku.process_type) =>
        {
            mistakes.add(
                command_place,
                format!(
                    "`{}` is a process type, and with report = \"{}\" a shell runs the command, \
                     which knows no process types",
                    heroku.process_type,
                    report.name(),
                ),
                "write the command itself, as in the Procfile".to_owned(),
            );
        }
        _ => {}
    }
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
