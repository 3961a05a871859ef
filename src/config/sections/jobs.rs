//! What the jobs of a file must have in common, since they run in one app.

use std::ops::Range;

use jiff::SignedDuration;

use super::super::dyno_size::do_not_mix;
use super::super::places::{Mistakes, Spanned};
use super::job::ReadJob;
use picletter_worker::quote::quote;

/// Picletter's worker is released for one process type.
pub(super) fn share_one_image(jobs: &[ReadJob], mistakes: &mut Mistakes) {
    let mut own = jobs.iter().filter(|job| job.is_own_worker);
    let Some(first) = own.next().and_then(|job| job.job.as_ref()) else {
        return;
    };
    for ReadJob { job, places, .. } in own {
        if let Some(job) = job
            .as_ref()
            .filter(|job| job.process_type != first.process_type)
        {
            mistakes.add(
                places.process_type.clone(),
                format!(
                    "the worker runs as {} here, and as {} in {}",
                    quote(&job.process_type),
                    quote(&first.process_type),
                    first.label()
                ),
                "give both the same `process_type`: its image is released for one".to_owned(),
            );
        }
    }
}

/// Heroku refuses some sizes in one app.
pub(super) fn have_sizes_that_mix(jobs: &[ReadJob], mistakes: &mut Mistakes) {
    let mut sizes: Vec<(&str, &str)> = Vec::new();
    for ReadJob { job, places, .. } in jobs {
        let Some(job) = job else {
            continue;
        };
        let size = job.dyno_size.as_str();
        let other = sizes.iter().find(|(_, other)| do_not_mix(size, other));
        if let Some((label, other)) = other {
            mistakes.add(
                places.dyno_size.clone().or_else(|| places.command.clone()),
                format!("Heroku does not mix {size} with {other}, the dyno size of {label}"),
                "give all jobs eco, or all basic, or all larger sizes".to_owned(),
            );
        }
        sizes.push((job.label(), size));
    }
}

/// The shortest time to live of the jobs that run Picletter's worker; none where no job does.
pub(super) fn shortest_life(
    jobs: &[ReadJob],
) -> Option<Spanned<SignedDuration, Option<Range<usize>>>> {
    let own = jobs.iter().filter(|job| job.is_own_worker);
    own.map(|job| Spanned {
        value: job.time_to_live,
        span: job.places.time_to_live.clone(),
    })
    .min_by_key(|life| life.value)
}
