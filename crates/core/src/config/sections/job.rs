//! The jobs of a file: `[jobs.NAME]` with `[defaults]`, or in the short form the single job of
//! `[schedule]`, `[heroku]`, and `[run]`.

use std::ops::Range;

use jiff::SignedDuration;
use toml::de::{DeTable, DeValue};

use super::super::Azure;
use super::super::file_diagnostic::{FileDiagnostics, ScheduleSpans};
use super::super::job::{Job, ONE_OFF, Report, is_worker};
use super::super::names::{MAX_WORKFLOW_LENGTH, is_job_name};
use super::super::table::Section;
use super::job_checks::{check_report, warn_about_overlap, warn_about_zone};
use super::{dyno, run, schedule};
use crate::parallel;
use picletter_worker::quote::quote;

/// The keys of a job that are in `[heroku]` in the short form.
pub(super) const DYNO_KEYS: [&str; 4] = ["process_type", "command", "dyno_size", "time_to_live"];

/// The keys of a job that are in `[run]` in the short form.
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

/// Synonyms of keys.
pub(super) const SYNONYMS: [(&str, &str); 6] = [
    ("cmd", "command"),
    ("run", "command"),
    ("size", "dyno_size"),
    ("type", "process_type"),
    ("time_limit", "time_to_live"),
    ("timeout", "time_to_live"),
];

/// Help for keys of the short form in a file with `[jobs.NAME]`.
const MOVE: &str = "move it to [jobs.NAME], or to [defaults] if it applies to all jobs";

/// Help for a section of the short form in a file with `[jobs.NAME]`.
const MOVE_SECTION: &str =
    "move its keys to each section [jobs.NAME], or to [defaults] if all jobs can share them";

/// A parsed job, possibly incomplete.
pub(super) struct ParsedJob {
    /// `None` if the schedule is invalid.
    pub(super) job: Option<Job>,
    /// Whether the command and the report are valid.
    pub(super) has_valid_command: bool,
    /// Whether the job runs Picletter's worker.
    pub(super) runs_picletter_worker: bool,
    pub(super) time_to_live: SignedDuration,
    pub(super) spans: JobSpans,
}

/// The spans of a job's keys.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct JobSpans {
    pub(in crate::config) schedule: ScheduleSpans,
    pub(super) command: Option<Range<usize>>,
    pub(super) process_type: Option<Range<usize>>,
    pub(super) dyno_size: Option<Range<usize>>,
    pub(super) report: Option<Range<usize>>,
    pub(super) time_to_live: Option<Range<usize>>,
}

/// The sections that contain a job's keys. For `[jobs.NAME]`, all three are the same.
struct Sections<'s, 't> {
    schedule: &'s Section<'t>,
    dyno: &'s Section<'t>,
    run: &'s Section<'t>,
}

/// Whether the file contains `[jobs]`.
pub(super) fn has_jobs(root: &DeTable<'_>) -> bool {
    root.iter().any(|(key, _)| key.get_ref() == "jobs")
}

/// Reads the single job of a file in the short form.
pub(super) fn read_short_form(
    root: &DeTable<'_>,
    heroku: &Section<'_>,
    azure: &Azure,
    errors: &mut FileDiagnostics,
    warnings: &mut FileDiagnostics,
) -> ParsedJob {
    if let Some((key, _)) = root.iter().find(|(key, _)| key.get_ref() == "defaults") {
        let help = "add a section for each job, such as [jobs.reports]".to_owned();
        let problem = "[defaults] requires [jobs.NAME]".to_owned();
        errors.add_missing(Some(key.span()), &["jobs"], problem, help);
    }
    let schedule = Section::read(root, "schedule", &schedule::KEYS, &[], errors);
    if !schedule.exists() {
        let help = "add it with keys such as `every = \"day\"` and `at = \"08:30\"`, or add a \
                    section [jobs.NAME] for each job";
        let problem = "section [schedule] is missing";
        errors.add_missing(None, &["schedule", "jobs"], problem, help.to_owned());
    }
    let run = Section::read(root, "run", &RUN_KEYS, &[], errors);
    let sections = Sections {
        schedule: &schedule,
        dyno: heroku,
        run: &run,
    };
    read(&sections, None, azure.workflow.clone(), errors, warnings)
}

/// Reads the jobs of `[jobs.NAME]`, in the order of the file.
pub(super) fn read_job_sections(
    root: &DeTable<'_>,
    heroku: &Section<'_>,
    azure: &Azure,
    errors: &mut FileDiagnostics,
    warnings: &mut FileDiagnostics,
) -> Vec<ParsedJob> {
    for name in ["schedule", "run"] {
        if let Some((key, _)) = root.iter().find(|(key, _)| key.get_ref() == name) {
            let problem = format!("[{name}] cannot be combined with [jobs.NAME]");
            errors.add(key.span(), problem, MOVE_SECTION.to_owned());
        }
    }
    for key in DYNO_KEYS {
        if let Some(span) = heroku.key_span(key) {
            let problem = format!("`{key}` in [heroku] cannot be combined with [jobs.NAME]");
            errors.add(span, problem, MOVE.to_owned());
        }
    }
    let defaults = Section::read(root, "defaults", &DEFAULT_KEYS, &SYNONYMS, errors);
    let Some((key, jobs)) = root.iter().find(|(key, _)| key.get_ref() == "jobs") else {
        return Vec::new();
    };
    let DeValue::Table(table) = jobs.get_ref() else {
        let help = "write a section for each job, such as [jobs.reports]".to_owned();
        errors.add(key.span(), "`jobs` must be a section", help);
        return Vec::new();
    };
    if table.is_empty() {
        let help = "add a section for each job, such as [jobs.reports]".to_owned();
        errors.add(key.span(), "[jobs] contains no jobs", help);
    }
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut names: Vec<(&str, Range<usize>)> = Vec::new();
    let mut sections = Vec::new();
    for (key, value) in entries {
        let name: &str = key.as_ref();
        if !value.get_ref().is_table() {
            let help = "write each job as a section, such as [jobs.reports]".to_owned();
            let problem = format!("{} is not a job", quote(name));
            errors.add(key.span(), problem, help);
            continue;
        }
        check_name(name, key.span(), &azure.workflow, errors);
        let same = names
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        if let Some((other, other_span)) = same {
            errors.add_with(
                key.span(),
                format!(
                    "two jobs have the same name: {} and {}",
                    quote(other),
                    quote(name)
                ),
                other_span.clone(),
                "rename one of them: Azure ignores case in names".to_owned(),
            );
        }
        names.push((name, key.span()));
        let keys: Vec<&str> = ["command"]
            .into_iter()
            .chain(schedule::KEYS)
            .chain(DYNO_KEYS.into_iter().filter(|key| *key != "command"))
            .chain(RUN_KEYS)
            .collect();
        let section = format!("jobs.{name}").into();
        let (span, value) = (key.span(), value.get_ref());
        let section = Section::new(section, span, value, &keys, &SYNONYMS, errors);
        let section = section.with_defaults(&defaults);
        if section.value_span("command").is_none() && section.is_valid {
            section.missing(
                "command",
                "set it to the command that the dyno runs",
                errors,
            );
        }
        sections.push((name, section));
    }
    let shares = parallel::map_shares(&sections, |share| {
        let (mut errors, mut warnings) = (FileDiagnostics::default(), FileDiagnostics::default());
        let jobs = share.iter().map(|(name, section)| {
            let sections = Sections {
                schedule: section,
                dyno: section,
                run: section,
            };
            let workflow = format!("{}-{name}", azure.workflow);
            let before = warnings.0.len();
            let job = read(&sections, Some(name), workflow, &mut errors, &mut warnings);
            for warning in warnings.0.iter_mut().skip(before) {
                warning.jobs.push((*name).to_owned());
            }
            job
        });
        (jobs.collect::<Vec<_>>(), errors, warnings)
    });
    let mut jobs = Vec::new();
    for (share, share_errors, share_warnings) in shares {
        jobs.extend(share);
        errors.0.extend(share_errors.0);
        warnings.0.extend(share_warnings.0);
    }
    errors.remove_duplicates();
    jobs
}

/// Reports a name that cannot be part of a Logic App's name.
fn check_name(name: &str, span: Range<usize>, workflow: &str, errors: &mut FileDiagnostics) {
    if !is_job_name(name) {
        let problem = format!("invalid job name: {}", quote(name));
        let help = "use letters, digits, `-`, and `_`, starting with a letter or digit".to_owned();
        errors.add(span, problem, help);
    } else if workflow.len() + 1 + name.len() > MAX_WORKFLOW_LENGTH {
        let problem = format!(
            "the name of the job's Logic App, {}, is longer than {MAX_WORKFLOW_LENGTH} characters",
            quote(&format!("{workflow}-{name}"))
        );
        let help = "shorten the job's name, or `workflow` in [azure]".to_owned();
        errors.add(span, problem, help);
    }
}

fn read(
    sections: &Sections<'_, '_>,
    name: Option<&str>,
    workflow: String,
    errors: &mut FileDiagnostics,
    warnings: &mut FileDiagnostics,
) -> ParsedJob {
    let Sections { dyno, run, .. } = sections;
    let mut spans = JobSpans {
        command: dyno.value_span("command"),
        process_type: dyno.value_span("process_type"),
        dyno_size: dyno.value_span("dyno_size"),
        report: run.value_span("report"),
        ..JobSpans::default()
    };
    let schedule = if sections.schedule.exists() {
        schedule::read(sections.schedule, &mut spans.schedule, errors)
    } else {
        None
    };
    let dyno = dyno::read(dyno, errors);
    spans.time_to_live = dyno.time_to_live_span;
    let command = dyno.command.unwrap_or_else(|| "worker".to_owned());
    let run = run::read(run, &command, schedule.as_ref(), errors);
    let has_command = name.is_none() || spans.command.is_some();
    let has_valid_command = has_command && dyno.command_is_valid && run.report_is_valid;
    let runs_picletter_worker =
        has_valid_command && run.report == Report::Worker && is_worker(&command);
    if runs_picletter_worker && dyno.process_type.as_deref() == Some(ONE_OFF) {
        errors.add(
            spans.process_type.clone(),
            format!("dynos of type `{ONE_OFF}` do not run the worker's image"),
            "remove `process_type`, or set it to \"worker\"".to_owned(),
        );
    }
    let default_type = if runs_picletter_worker {
        "worker"
    } else {
        ONE_OFF
    };
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
        if has_valid_command {
            check_report(job, &spans, errors, warnings);
        }
        warn_about_zone(job, &spans, warnings);
        warn_about_overlap(job, &spans, warnings);
    }
    ParsedJob {
        job,
        has_valid_command,
        runs_picletter_worker,
        time_to_live: dyno.time_to_live,
        spans,
    }
}
