//! The jobs of a file: `[jobs.NAME]` over `[defaults]`, or the one job that `[schedule]`, `[heroku]`,
//! and `[run]` describe.

use std::ops::Range;

use jiff::SignedDuration;
use toml::de::{DeTable, DeValue};

use super::super::Azure;
use super::super::job::{Job, ONE_OFF, Report, is_worker};
use super::super::names::{LONGEST_WORKFLOW, is_job_name};
use super::super::places::{Mistakes, SchedulePlaces};
use super::super::table::Section;
use super::job_checks::{how_it_reports, long_life, without_summer_time};
use super::{dyno, run, schedule};
use picletter_worker::quote::quote;

/// The keys of a job that `[heroku]` has in the short form.
pub(super) const DYNO_KEYS: [&str; 4] = ["process_type", "command", "dyno_size", "time_to_live"];

/// The keys of a job that `[run]` has in the short form.
pub(super) const RUN_KEYS: [&str; 2] = ["report", "start_window"];

/// The keys of `[defaults]`.
const DEFAULT_KEYS: [&str; 8] = [
    "time_zone",
    "catch_up",
    "overlap",
    "process_type",
    "dyno_size",
    "time_to_live",
    "report",
    "start_window",
];

/// Words that people have for keys whose names are nothing like them.
pub(super) const OTHER_WORDS: [(&str, &str); 6] = [
    ("cmd", "command"),
    ("run", "command"),
    ("size", "dyno_size"),
    ("type", "process_type"),
    ("time_limit", "time_to_live"),
    ("timeout", "time_to_live"),
];

/// What to do with keys of the short form.
const MOVE: &str = "move it to [jobs.NAME], or to [defaults] if it holds for each job";

/// A job as far as it was read.
pub(super) struct ReadJob {
    /// None where its schedule is wrong.
    pub(super) job: Option<Job>,
    /// Whether its command and its report were read.
    pub(super) is_known: bool,
    /// Whether it runs Picletter's worker.
    pub(super) is_own_worker: bool,
    pub(super) time_to_live: SignedDuration,
    pub(super) places: JobPlaces,
}

/// Where a job's keys stand.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct JobPlaces {
    pub(in crate::config) schedule: SchedulePlaces,
    pub(super) command: Option<Range<usize>>,
    pub(super) process_type: Option<Range<usize>>,
    pub(super) dyno_size: Option<Range<usize>>,
    pub(super) report: Option<Range<usize>>,
    pub(super) time_to_live: Option<Range<usize>>,
}

/// The sections that describe a job; in `[jobs.NAME]` all three are the same.
struct Sections<'s, 't> {
    schedule: &'s Section<'t>,
    dyno: &'s Section<'t>,
    run: &'s Section<'t>,
}

/// Whether the file has `[jobs]`.
pub(super) fn has_jobs(root: &DeTable<'_>) -> bool {
    root.iter().any(|(key, _)| key.get_ref() == "jobs")
}

/// The only job of a file in the short form.
pub(super) fn read_only(
    root: &DeTable<'_>,
    heroku: &Section<'_>,
    azure: &Azure,
    mistakes: &mut Mistakes,
    warnings: &mut Mistakes,
) -> ReadJob {
    if let Some((key, _)) = root.iter().find(|(key, _)| key.get_ref() == "defaults") {
        let help = "add a section for each job, such as [jobs.reports]".to_owned();
        mistakes.add(key.span(), "[defaults] needs [jobs.NAME]", help);
    }
    let schedule = Section::read(root, "schedule", &schedule::KEYS, &[], mistakes);
    if !schedule.exists() {
        let help = "add one, with such as `every = \"day\"` and `at = \"08:30\"` in it; or \
                    [jobs.NAME], a section for each of several jobs";
        mistakes.add(None, "there is no section [schedule]", help.to_owned());
    }
    let run = Section::read(root, "run", &RUN_KEYS, &[], mistakes);
    let sections = Sections {
        schedule: &schedule,
        dyno: heroku,
        run: &run,
    };
    read(&sections, None, azure.workflow.clone(), mistakes, warnings)
}

/// The jobs of `[jobs.NAME]`, in the order of the file.
pub(super) fn read_all(
    root: &DeTable<'_>,
    heroku: &Section<'_>,
    azure: &Azure,
    mistakes: &mut Mistakes,
    warnings: &mut Mistakes,
) -> Vec<ReadJob> {
    for name in ["schedule", "run"] {
        if let Some((key, _)) = root.iter().find(|(key, _)| key.get_ref() == name) {
            let problem = format!("a file with [jobs.NAME] has no section [{name}]");
            mistakes.add(key.span(), problem, MOVE.to_owned());
        }
    }
    for key in DYNO_KEYS {
        if let Some(place) = heroku.key_place(key) {
            let problem = format!("in a file with [jobs.NAME], [heroku] has no `{key}`");
            mistakes.add(place, problem, MOVE.to_owned());
        }
    }
    let defaults = Section::read(root, "defaults", &DEFAULT_KEYS, &OTHER_WORDS, mistakes);
    let Some((key, jobs)) = root.iter().find(|(key, _)| key.get_ref() == "jobs") else {
        return Vec::new();
    };
    let DeValue::Table(table) = jobs.get_ref() else {
        let help = "write a section for each job, such as [jobs.reports]".to_owned();
        mistakes.add(key.span(), "`jobs` is not a section", help);
        return Vec::new();
    };
    if table.is_empty() {
        let help = "add a section for each job, such as [jobs.reports]".to_owned();
        mistakes.add(key.span(), "[jobs] has no jobs", help);
    }
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut jobs: Vec<(String, Range<usize>)> = Vec::new();
    let mut read_jobs = Vec::new();
    for (key, value) in entries {
        let name: &str = key.as_ref();
        if !value.get_ref().is_table() {
            let help = "a job is a section of its own, such as [jobs.reports]".to_owned();
            let problem = format!("{} is not a job", quote(name));
            mistakes.add(key.span(), problem, help);
            continue;
        }
        check_name(name, key.span(), &azure.workflow, mistakes);
        let same = jobs
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        if let Some((other, place)) = same {
            mistakes.add_with(
                key.span(),
                format!(
                    "two jobs have the same name: {} and {}",
                    quote(other),
                    quote(name)
                ),
                place.clone(),
                "rename one of them: Azure ignores case in names".to_owned(),
            );
        }
        jobs.push((name.to_owned(), key.span()));
        let keys: Vec<&str> = ["command"]
            .into_iter()
            .chain(schedule::KEYS)
            .chain(DYNO_KEYS.into_iter().filter(|key| *key != "command"))
            .chain(RUN_KEYS)
            .collect();
        let section = format!("jobs.{name}").into();
        let (span, value) = (key.span(), value.get_ref());
        let section = Section::new(section, span, value, &keys, &OTHER_WORDS, mistakes);
        let section = section.with_defaults(&defaults);
        if section.place("command").is_none() && section.is_right {
            section.missing("command", "it is what the dyno runs", mistakes);
        }
        let sections = Sections {
            schedule: &section,
            dyno: &section,
            run: &section,
        };
        let workflow = format!("{}-{name}", azure.workflow);
        read_jobs.push(read(&sections, Some(name), workflow, mistakes, warnings));
    }
    mistakes.merge_same();
    read_jobs
}

/// Adds that a name cannot be the end of a Logic App's name.
fn check_name(name: &str, span: Range<usize>, workflow: &str, mistakes: &mut Mistakes) {
    if !is_job_name(name) {
        let problem = format!("invalid name for a job: {}", quote(name));
        let help = "use letters, digits, `-`, and `_`, a letter or digit first".to_owned();
        mistakes.add(span, problem, help);
    } else if workflow.len() + 1 + name.len() > LONGEST_WORKFLOW {
        let problem = format!(
            "the job's Logic App would be called {}, which is longer than {LONGEST_WORKFLOW} characters",
            quote(&format!("{workflow}-{name}"))
        );
        let help = "shorten the job's name, or `workflow` in [azure]".to_owned();
        mistakes.add(span, problem, help);
    }
}

fn read(
    sections: &Sections<'_, '_>,
    name: Option<&str>,
    workflow: String,
    mistakes: &mut Mistakes,
    warnings: &mut Mistakes,
) -> ReadJob {
    let Sections { dyno, run, .. } = sections;
    let mut places = JobPlaces {
        command: dyno.place("command"),
        process_type: dyno.place("process_type"),
        dyno_size: dyno.place("dyno_size"),
        report: run.place("report"),
        ..JobPlaces::default()
    };
    let schedule = if sections.schedule.exists() {
        schedule::read(sections.schedule, &mut places.schedule, mistakes)
    } else {
        None
    };
    let dyno = dyno::read(dyno, mistakes);
    places.time_to_live = dyno.life;
    let command = dyno.command.unwrap_or_else(|| "worker".to_owned());
    let run = run::read(run, &command, schedule.as_ref(), mistakes);
    let has_command = name.is_none() || places.command.is_some();
    let is_known = has_command && dyno.command_is_right && run.report_is_right;
    let is_own_worker = is_known && run.report == Report::Worker && is_worker(&command);
    if is_own_worker && dyno.process_type.as_deref() == Some(ONE_OFF) {
        mistakes.add(
            places.process_type.clone(),
            format!("dynos of type `{ONE_OFF}` do not run the worker's image"),
            "remove `process_type`, or set it to \"worker\"".to_owned(),
        );
    }
    let default_type = if is_own_worker { "worker" } else { ONE_OFF };
    let job = schedule.map(|schedule| Job {
        name: name.map(str::to_owned),
        workflow,
        schedule,
        command,
        process_type: dyno.process_type.unwrap_or_else(|| default_type.to_owned()),
        dyno_size: dyno.dyno_size,
        time_to_live: dyno.time_to_live,
        report: run.report,
        start_window: run.start_window,
    });
    if let Some(job) = &job {
        if is_known {
            how_it_reports(job, &places, mistakes, warnings);
        }
        without_summer_time(job, &places, warnings);
        long_life(job, &places, warnings);
    }
    ReadJob {
        job,
        is_known,
        is_own_worker,
        time_to_live: dyno.time_to_live,
        places,
    }
}
