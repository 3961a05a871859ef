//! The sections, each read into what it means.

use std::ops::Range;
use std::path::Path;

use jiff::SignedDuration;
use toml::de::DeTable;

use super::config_vars;
use super::duration::{self, Most};
use super::heroku_rules::{
    is_app_name, is_location, is_resource_group, is_subscription, is_word, is_workflow_name,
    wrong_dyno_size,
};
use super::places::Source;
use super::secrets;
use super::table::{Mistakes, Placed, SECRET, Section};
use super::{Alerts, Azure, Config, Heroku, Report, Run};
use crate::job::address::Mailbox;
use crate::schedule::{Overlap, Place, Schedule, Words, choice};

const LONGEST_LIFE: Most = Most {
    time: SignedDuration::from_hours(24),
    why: "Heroku ends a dyno after 24 hours",
};

/// As in the template's parameter of that name.
const LONGEST_WINDOW: Most = Most {
    time: SignedDuration::from_hours(6),
    why: "a start is tried again for 6 hours at most",
};

const SECTIONS: [&str; 6] = [
    "schedule",
    "heroku",
    "azure",
    "run",
    "alerts",
    "config_vars",
];

/// How many places that are no TOML are shown, each.
const MOST_BROKEN: usize = 10;

/// The longest start window that is taken unless asked for.
const START_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// How long an attempt can take that the end of the window finds waiting: the wait after a failed
/// start, until Heroku cannot be at work on it any more, and the workflow's requests to list
/// the dynos, read the log and start the dyno.
const LAST_ATTEMPT: SignedDuration = SignedDuration::from_mins(2);

/// The whole file, or all that is wrong with it.
pub(super) fn read(path: &Path, text: &str) -> Result<Config, super::Mistakes> {
    // A byte order mark is no part of TOML's text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source {
        path: path.display().to_string(),
        text: secrets::hidden(text),
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
                && !mistake.problem.contains("missing")
        });
    }
    let mut list = Mistakes::default();
    for error in &broken {
        list.add(error.span(), error.message().replace('\n', "; "), None);
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

fn sections(root: &DeTable<'_>, source: &mut Source, mistakes: &mut Mistakes) -> Option<Config> {
    for (key, value) in root {
        let word: &str = key.as_ref();
        if !SECTIONS.contains(&word) {
            let (problem, help) = if value.get_ref().is_table() {
                (
                    format!("there is no section [{word}]"),
                    choice(word, &SECTIONS),
                )
            } else if secrets::is_secret_name(word) {
                (format!("`{word}` does not belong here"), SECRET.to_owned())
            } else {
                let help = format!("it takes the sections {}", SECTIONS.join(", "));
                (format!("`{word}` stands in no section"), help)
            };
            mistakes.add(key.span(), problem, help);
        }
    }
    let schedule = schedule(root, source, mistakes);
    let heroku = heroku(root, mistakes);
    let azure = azure(root, mistakes);
    let ReadRun {
        run,
        report_is_right,
        report,
    } = run(root, schedule.as_ref(), mistakes);
    let alerts = alerts(root, mistakes);
    let vars = config_vars::read(root, mistakes);
    let known = heroku.command_is_right && report_is_right;
    let mut warnings = Mistakes::default();
    if known {
        let place = heroku.command.clone().or(report);
        how_it_reports(&heroku.heroku, run.report, place, mistakes, &mut warnings);
    }
    if let Some(schedule) = &schedule {
        let place = heroku.life.clone().or_else(|| source.of(Place::Every));
        long_life(&heroku.heroku, schedule, place, &mut warnings);
    }
    if known && is_own_worker(run.report, &heroku.heroku.command) {
        let life = Placed {
            value: heroku.heroku.time_to_live,
            span: heroku.life,
        };
        config_vars::as_the_worker_reads_them(&vars, &life, mistakes);
        config_vars::unread(&vars, &mut warnings);
    }
    Some(Config {
        schedule: schedule?,
        heroku: heroku.heroku,
        azure,
        run,
        alerts,
        config_vars: vars
            .values
            .into_iter()
            .map(|(name, value)| (name, value.value))
            .collect(),
        warnings: warnings.0,
        source: Source::default(),
    })
}

/// Whether the command is the worker that this program comes with, which reports by itself.
pub(super) fn is_own_worker(report: Report, command: &str) -> bool {
    report == Report::Worker && command.split_whitespace().next() == Some("worker")
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

/// Adds what is wrong where nobody would report, or nothing would run.
fn how_it_reports(
    heroku: &Heroku,
    report: Report,
    place: Option<Range<usize>>,
    mistakes: &mut Mistakes,
    warnings: &mut Mistakes,
) {
    let command = &heroku.command;
    match report {
        Report::Worker if !is_own_worker(report, command) => warnings.add(
            place,
            format!(
                "`{command}` must take `--run-id ID` and post a report to RUN_CALLBACK_URL, \
                 or every run ends as failed"
            ),
            "else set report = \"shell\" or \"none\" in [run]".to_owned(),
        ),
        Report::Shell | Report::None
            if command.split_whitespace().next() == Some(&heroku.process_type) =>
        {
            mistakes.add(
                place,
                format!(
                    "`{}` is a process type: with report = \"{}\" Heroku does not put that \
                     process type's command in its place",
                    heroku.process_type,
                    report.name(),
                ),
                "write the command itself, as in the Procfile".to_owned(),
            );
        }
        _ => {}
    }
}

fn schedule(root: &DeTable<'_>, source: &mut Source, mistakes: &mut Mistakes) -> Option<Schedule> {
    let keys = [
        "every",
        "at",
        "on",
        "start",
        "time_zone",
        "catch_up",
        "overlap",
    ];
    let before = mistakes.0.len();
    let section = Section::of(root, "schedule", &keys, mistakes);
    if !section.exists() {
        let help = "add one, with such as `every = \"day\"` and `at = \"08:30\"` in it";
        mistakes.add(None, "there is no section [schedule]", help.to_owned());
        return None;
    }
    let mut place = |place, span: Range<usize>| source.schedule.push((place, span));
    let mut words = Words::default();
    if let Some(span) = &section.span {
        place(Place::Section, span.clone());
    }
    let mut keep = |of, text: Option<Placed<String>>| {
        text.map(|text| {
            place(of, text.span);
            text.value
        })
    };
    words.every = keep(Place::Every, section.text("every", mistakes));
    words.start = keep(Place::Start, section.text_or_date("start", mistakes));
    words.time_zone = keep(Place::TimeZone, section.text("time_zone", mistakes));
    words.overlap = keep(Place::Overlap, section.text("overlap", mistakes));
    if let Some(at) = section.texts("at", mistakes) {
        words.at = listed(at, Place::At, Place::AtNth, &mut place);
    }
    if let Some(on) = section.texts("on", mistakes) {
        words.on = listed(on, Place::On, Place::OnNth, &mut place);
    }
    if let Some(catch_up) = section.flag("catch_up", mistakes) {
        place(Place::CatchUp, catch_up.span);
        words.catch_up = catch_up.value;
    }
    let readable = mistakes.0.len() == before;
    match Schedule::new(&words) {
        Ok(schedule) => readable.then_some(schedule),
        Err(errors) => {
            for error in errors {
                // What was not readable is missing, which says nothing about the rest.
                if readable || !error.together {
                    mistakes.add(source.of(error.place), error.problem, error.help);
                }
            }
            None
        }
    }
}

fn listed(
    texts: Placed<Vec<Placed<String>>>,
    whole: Place,
    nth: impl Fn(usize) -> Place,
    place: &mut impl FnMut(Place, Range<usize>),
) -> Vec<String> {
    place(whole, texts.span);
    let each = texts.value.into_iter().enumerate();
    each.map(|(n, text)| {
        place(nth(n), text.span);
        text.value
    })
    .collect()
}

/// What is read of `[heroku]`; the defaults stand for what is wrong.
struct ReadHeroku {
    heroku: Heroku,
    command_is_right: bool,
    /// Where the file gives the command.
    command: Option<Range<usize>>,
    /// Where the file gives the time to live.
    life: Option<Range<usize>>,
}

fn heroku(root: &DeTable<'_>, mistakes: &mut Mistakes) -> ReadHeroku {
    let keys = [
        "app",
        "process_type",
        "command",
        "dyno_size",
        "time_to_live",
    ];
    let section = Section::of(root, "heroku", &keys, mistakes);
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
    let process_type = section.checked(
        "process_type",
        is_word,
        "it is made of letters, digits and underscores, such as `worker`",
        mistakes,
    );
    let before = mistakes.0.len();
    let command = section.checked(
        "command",
        |command| !command.trim().is_empty() && !command.chars().any(char::is_control),
        "it is what the dyno runs, on one line, such as `worker`",
        mistakes,
    );
    let command_is_right = mistakes.0.len() == before;
    let dyno_size = section.text("dyno_size", mistakes).map(|size| {
        let lower = size.value.to_lowercase();
        if let Some(help) = wrong_dyno_size(&lower) {
            let problem = format!("`{}` is no dyno size", size.value);
            mistakes.add(size.span, problem, help);
        }
        lower
    });
    let least = SignedDuration::from_secs(1);
    let life = section.text("time_to_live", mistakes);
    let span = life.as_ref().map(|life| life.span.clone());
    let time_to_live = life.and_then(|life| length(life, least, LONGEST_LIFE, mistakes));
    let heroku = Heroku {
        app: app.unwrap_or_default(),
        process_type: process_type.unwrap_or_else(|| "worker".to_owned()),
        command: command.unwrap_or_else(|| "worker".to_owned()),
        dyno_size: dyno_size.unwrap_or_else(|| "basic".to_owned()),
        time_to_live: time_to_live.unwrap_or(SignedDuration::from_mins(30)),
    };
    ReadHeroku {
        heroku,
        command_is_right,
        command: section.place("command"),
        life: span,
    }
}

fn length(
    text: Placed<String>,
    least: SignedDuration,
    most: Most,
    mistakes: &mut Mistakes,
) -> Option<SignedDuration> {
    match duration::read(&text.value, least, most) {
        Ok(time) => Some(time),
        Err(problem) => {
            mistakes.add(text.span, problem, None);
            None
        }
    }
}

fn azure(root: &DeTable<'_>, mistakes: &mut Mistakes) -> Azure {
    let keys = ["workflow", "resource_group", "location", "subscription"];
    let section = Section::of(root, "azure", &keys, mistakes);
    let workflow = section.checked(
        "workflow",
        is_workflow_name,
        "a Logic App's name has 1 to 43 letters, digits and `-_.()`",
        mistakes,
    );
    let resource_group = section.checked(
        "resource_group",
        is_resource_group,
        "a resource group's name has 1 to 90 letters, digits and `-_.()`, and does not end with a dot",
        mistakes,
    );
    let location = section.checked(
        "location",
        is_location,
        "write it as Azure does in requests, such as `westeurope`",
        mistakes,
    );
    let subscription = section.checked(
        "subscription",
        is_subscription,
        "it is an id such as 00000000-0000-0000-0000-000000000000; `az account list` shows yours",
        mistakes,
    );
    Azure {
        workflow: workflow.unwrap_or_else(|| "picletter".to_owned()),
        resource_group: resource_group.unwrap_or_else(|| "picletter".to_owned()),
        location,
        subscription,
    }
}

/// What is read of `[run]`; the defaults stand for what is wrong.
struct ReadRun {
    run: Run,
    report_is_right: bool,
    /// Where the file says who reports.
    report: Option<Range<usize>>,
}

fn run(root: &DeTable<'_>, schedule: Option<&Schedule>, mistakes: &mut Mistakes) -> ReadRun {
    let section = Section::of(root, "run", &["report", "start_window"], mistakes);
    let before = mistakes.0.len();
    let mut report = Report::default();
    if let Some(word) = section.text("report", mistakes) {
        let found = Report::ALL
            .into_iter()
            .find(|report| report.name() == word.value);
        if let Some(found) = found {
            report = found;
        } else {
            let problem = format!("`{}` is no way to report", word.value);
            let help = choice(&word.value, &Report::ALL.map(Report::name));
            mistakes.add(word.span, problem, help);
        }
    }
    let report_is_right = mistakes.0.len() == before;
    let gap = schedule.map(Schedule::min_gap);
    let given = section.text("start_window", mistakes);
    let span = given.as_ref().map(|text| text.span.clone());
    let given = given.and_then(|text| length(text, SignedDuration::ZERO, LONGEST_WINDOW, mistakes));
    if let (Some(window), Some(gap)) = (given, gap)
        && window > longest_window(gap)
    {
        let problem = format!(
            "the start window is {window:#}, but runs may follow one another after {gap:#}"
        );
        let help = format!(
            "make it at most {:#}: the last attempt can take {LAST_ATTEMPT:#}, and must not meet the next run",
            longest_window(gap)
        );
        mistakes.add(span, problem, help);
    }
    let start_window = given.or_else(|| gap.map(default_window));
    let run = Run {
        report,
        start_window: start_window.unwrap_or_default(),
    };
    ReadRun {
        run,
        report_is_right,
        report: section.place("report"),
    }
}

fn default_window(gap: SignedDuration) -> SignedDuration {
    START_WINDOW.min(longest_window(gap))
}

/// In whole seconds.
fn longest_window(gap: SignedDuration) -> SignedDuration {
    let window = SignedDuration::from_secs(gap.as_secs()).saturating_sub(LAST_ATTEMPT);
    window.max(SignedDuration::ZERO)
}

fn alerts(root: &DeTable<'_>, mistakes: &mut Mistakes) -> Alerts {
    let section = Section::of(root, "alerts", &["email"], mistakes);
    let email =
        section
            .text("email", mistakes)
            .and_then(|text| match Mailbox::parse(&text.value) {
                Ok(mailbox) if mailbox.name.is_none() => Some(mailbox.email),
                Ok(_) => {
                    let help = "Azure Monitor takes the address alone".to_owned();
                    mistakes.add(text.span, "`email` has a name", help);
                    None
                }
                Err(error) => {
                    let help = "it is one address, such as `ops@example.com`".to_owned();
                    mistakes.add(text.span, format!("`email` {error}"), help);
                    None
                }
            });
    Alerts { email }
}
