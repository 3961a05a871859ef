//! What is wrong with a job, or may surprise, though each of its keys is right.

use super::super::job::{Job, Report};
use super::super::places::Mistakes;
use super::job::JobPlaces;
use crate::schedule::{Overlap, Place};
use picletter_worker::quote::quote;

/// Adds that the zone's clock never changes, where that of the places there does.
pub(super) fn without_summer_time(job: &Job, places: &JobPlaces, warnings: &mut Mistakes) {
    let zone = job.schedule.zone().name();
    let there = match zone {
        "EST" => "America/New_York",
        "MST" => "America/Denver",
        _ => return,
    };
    let problem = format!("the zone {zone} has no summer time");
    let place = places.schedule.span_of(Place::TimeZone);
    warnings.add(place, problem, format!("{there} has it"));
}

/// Adds that runs may be skipped, where one can last until the next is due.
pub(super) fn long_life(job: &Job, places: &JobPlaces, warnings: &mut Mistakes) {
    let (life, gap) = (job.time_to_live, job.schedule.min_gap());
    if job.schedule.overlap() == Overlap::Skip && life > gap {
        let problem = format!(
            "a run may last {life:#} (time_to_live) and the next is due after {gap:#}: with \
             overlap = \"skip\" it may be skipped"
        );
        let life = places.time_to_live.clone();
        let place = life.or_else(|| places.schedule.span_of(Place::Every));
        warnings.add(place, problem, None);
    }
}

/// Adds what is wrong where nothing would report, or nothing would run.
pub(super) fn how_it_reports(
    job: &Job,
    places: &JobPlaces,
    mistakes: &mut Mistakes,
    warnings: &mut Mistakes,
) {
    let JobPlaces {
        command, report, ..
    } = places;
    match job.report {
        Report::Worker if !job.is_own_worker() => warnings.add(
            command.clone().or_else(|| report.clone()),
            format!(
                "{} must take `--run-id ID` and post a report to RUN_CALLBACK_URL, \
                 or every run ends as failed",
                quote(&job.command)
            ),
            "else set report = \"shell\" or \"none\"".to_owned(),
        ),
        Report::Shell | Report::None if command.is_none() => mistakes.add(
            report.clone(),
            format!(
                "with report = \"{}\" a shell runs `command`, and the file gives none",
                job.report.name()
            ),
            "add it, such as `command = \"bin/rails reports:send\"`".to_owned(),
        ),
        Report::Shell | Report::None => {
            let first = job.command.split_whitespace().next().unwrap_or_default();
            if first == "worker" || first == job.process_type {
                mistakes.add(
                    command.clone(),
                    format!(
                        "`{first}` is a process type, and with report = \"{}\" a shell runs the \
                         command, which knows no process types",
                        job.report.name(),
                    ),
                    "write the command itself, as in the Procfile".to_owned(),
                );
            }
        }
        Report::Worker => {}
    }
}
