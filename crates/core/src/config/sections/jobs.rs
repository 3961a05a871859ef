//! Checks across jobs, which run in one app.

use std::ops::Range;

use jiff::SignedDuration;

use super::super::dyno_size::are_incompatible;
use super::super::file_diagnostic::{FileDiagnostics, Spanned};
use super::super::job::Job;
use super::job::ParsedJob;
use picletter_worker::quote::quote;

/// Reports jobs that run Picletter's worker with different process types. The worker's image is
/// released for only one process type.
///
/// Compares each job with the first one that sets the key, if both set it, because `[defaults]` cannot
/// resolve such a conflict. Otherwise compares it with the first job.
pub(super) fn check_process_types(jobs: &[ParsedJob], errors: &mut FileDiagnostics) {
    let mut first: Option<&Job> = None;
    let mut first_set: Option<&Job> = None;
    for ParsedJob { job, spans, .. } in jobs.iter().filter(|job| job.runs_picletter_worker) {
        let Some(job) = job else {
            continue;
        };
        let span = spans.process_type.clone();
        let is_different = |other: &&Job| other.process_type != job.process_type;
        let set = first_set.filter(|other| span.is_some() && is_different(other));
        if let Some(other) = set.or(first.filter(is_different)) {
            let problem = format!(
                "the worker runs as {} here, but as {} in {}",
                quote(&job.process_type),
                quote(&other.process_type),
                other.label()
            );
            let help = "use the same `process_type`: the worker's image is released for only one";
            add_conflict(span.clone(), set.is_some(), problem, help, errors);
        }
        first.get_or_insert(job);
        if span.is_some() {
            first_set.get_or_insert(job);
        }
    }
}

/// Reports dyno sizes that Heroku does not allow in one app. Prefers conflicts with a job that sets
/// the key.
pub(super) fn check_dyno_sizes(jobs: &[ParsedJob], errors: &mut FileDiagnostics) {
    let mut sizes: Vec<(&Job, bool)> = Vec::new();
    for ParsedJob { job, spans, .. } in jobs {
        let Some(job) = job else {
            continue;
        };
        let size = job.dyno_size.as_str();
        let is_set = spans.dyno_size.is_some();
        let conflicts = sizes
            .iter()
            .filter(|(other, _)| are_incompatible(size, &other.dyno_size));
        if let Some((other, other_is_set)) = conflicts.min_by_key(|(_, is_set)| !is_set) {
            let problem = format!(
                "dyno size {size} cannot be combined with {}, the dyno size of {}",
                other.dyno_size,
                other.label()
            );
            let help = "use eco for all jobs, basic for all jobs, or larger sizes for all jobs";
            let span = spans.dyno_size.clone().or_else(|| spans.command.clone());
            add_conflict(span, is_set && *other_is_set, problem, help, errors);
        }
        sizes.push((job, is_set));
    }
}

/// Reports that two jobs have conflicting values of a key. If `both_set` is false, `[defaults]`
/// could set the key.
fn add_conflict(
    span: Option<Range<usize>>,
    both_set: bool,
    problem: String,
    help: &str,
    errors: &mut FileDiagnostics,
) {
    if both_set {
        errors.add(span, problem, help.to_owned());
    } else {
        errors.add_missing(span, &["defaults"], problem, help.to_owned());
    }
}

/// The shortest time to live of the jobs that run Picletter's worker; `None` if there are none.
pub(super) fn shortest_time_to_live(
    jobs: &[ParsedJob],
) -> Option<Spanned<SignedDuration, Option<Range<usize>>>> {
    let worker_jobs = jobs.iter().filter(|job| job.runs_picletter_worker);
    worker_jobs
        .map(|job| Spanned {
            value: job.time_to_live,
            span: job.spans.time_to_live.clone(),
        })
        .min_by_key(|time_to_live| time_to_live.value)
}
