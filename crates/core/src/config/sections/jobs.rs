//! Checks across jobs, which run in one app.

use std::ops::Range;

use jiff::SignedDuration;

use super::super::dyno_size::are_incompatible;
use super::super::file_diagnostic::{FileDiagnostics, Spanned};
use super::job::ParsedJob;
use picletter_worker::quote::quote;

/// Reports jobs that run Picletter's worker with different process types. The worker's image is
/// released for only one process type.
pub(super) fn check_process_types(jobs: &[ParsedJob], errors: &mut FileDiagnostics) {
    let mut worker_jobs = jobs.iter().filter(|job| job.runs_picletter_worker);
    let Some(first) = worker_jobs.next().and_then(|job| job.job.as_ref()) else {
        return;
    };
    for ParsedJob { job, spans, .. } in worker_jobs {
        if let Some(job) = job
            .as_ref()
            .filter(|job| job.process_type != first.process_type)
        {
            let problem = format!(
                "the worker runs as {} here, but as {} in {}",
                quote(&job.process_type),
                quote(&first.process_type),
                first.label()
            );
            let help = "use the same `process_type`: the worker's image is released for only one"
                .to_owned();
            match spans.process_type.clone() {
                Some(span) => errors.add(span, problem, help),
                None => errors.add_missing(None, &["defaults"], problem, help),
            }
        }
    }
}

/// Reports dyno sizes that Heroku does not allow in one app.
pub(super) fn check_dyno_sizes(jobs: &[ParsedJob], errors: &mut FileDiagnostics) {
    let mut sizes: Vec<(&str, &str)> = Vec::new();
    for ParsedJob { job, spans, .. } in jobs {
        let Some(job) = job else {
            continue;
        };
        let size = job.dyno_size.as_str();
        let other = sizes
            .iter()
            .find(|(_, other)| are_incompatible(size, other));
        if let Some((label, other)) = other {
            errors.add(
                spans.dyno_size.clone().or_else(|| spans.command.clone()),
                format!(
                    "dyno size {size} cannot be combined with {other}, the dyno size of {label}"
                ),
                "use eco for all jobs, basic for all jobs, or larger sizes for all jobs".to_owned(),
            );
        }
        sizes.push((job.label(), size));
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
