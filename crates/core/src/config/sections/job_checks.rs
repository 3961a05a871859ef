//! Checks of combinations of a job's keys.

use super::super::file_diagnostic::FileDiagnostics;
use super::super::job::{Job, Report};
use super::job::JobSpans;
use crate::schedule::{Overlap, ScheduleKey};
use picletter_worker::quote::quote;

/// Warns about zones without daylight saving time that are confused with ones that have it.
pub(super) fn warn_about_zone(job: &Job, spans: &JobSpans, warnings: &mut FileDiagnostics) {
    let zone = job.schedule.zone().name();
    let alternative = match zone {
        "EST" => "America/New_York",
        "MST" => "America/Denver",
        _ => return,
    };
    let problem = format!("time zone {zone} has no daylight saving time");
    let span = spans.schedule.get(ScheduleKey::TimeZone);
    warnings.add(
        span,
        problem,
        format!("for daylight saving time, use {alternative}"),
    );
}

/// Warns that runs may be skipped if a run can take until the next one is due.
pub(super) fn warn_about_overlap(job: &Job, spans: &JobSpans, warnings: &mut FileDiagnostics) {
    let (time_to_live, gap) = (job.time_to_live, job.schedule.min_gap());
    if job.schedule.overlap() == Overlap::Skip && time_to_live > gap {
        let problem = format!(
            "a run may take {time_to_live:#} (time_to_live), but the next one is due after {gap:#}: \
             with overlap = \"skip\", it may be skipped"
        );
        let span = spans.time_to_live.clone();
        let span = span.or_else(|| spans.schedule.get(ScheduleKey::Every));
        warnings.add(span, problem, None);
    }
}

/// Reports jobs that would not report their outcome or would not run.
pub(super) fn check_report(
    job: &Job,
    spans: &JobSpans,
    errors: &mut FileDiagnostics,
    warnings: &mut FileDiagnostics,
) {
    let JobSpans {
        command, report, ..
    } = spans;
    match job.report {
        Report::Worker if !job.runs_picletter_worker() => warnings.add(
            command.clone().or_else(|| report.clone()),
            format!(
                "{} must accept `--run-id ID` and post a report to RUN_CALLBACK_URL, \
                 or every run fails",
                quote(&job.command)
            ),
            "otherwise set report = \"shell\" or \"none\"".to_owned(),
        ),
        Report::Shell | Report::None if command.is_none() => errors.add_missing(
            report.clone(),
            &["heroku"],
            format!("report = \"{}\" requires `command`", job.report.name()),
            "add it, such as `command = \"bin/rails reports:send\"`".to_owned(),
        ),
        Report::Shell | Report::None => {
            let first = job.command.split_whitespace().next().unwrap_or_default();
            if first == "worker" || first == job.process_type {
                errors.add(
                    command.clone(),
                    format!(
                        "`{first}` is a process type, but with report = \"{}\" the command runs in \
                         a shell",
                        job.report.name(),
                    ),
                    "use the process type's command from the Procfile".to_owned(),
                );
            }
        }
        Report::Worker => {}
    }
}
