//! The newest runs of all jobs as a list.

use std::sync::Arc;

use maud::{Markup, html};

use super::badge::badge;
use super::format::{brief, outcome};
use super::links::Links;
use super::tone::Tone;
use crate::dashboard::view::{Board, JobView, RunView};

/// Runs that are listed.
pub(crate) const LISTED: usize = 12;

/// A run in the list.
#[derive(Debug, Clone)]
pub struct Recent {
    /// The job's index in [`Board::jobs`].
    pub job: usize,
    /// The run.
    pub run: Arc<RunView>,
    /// What else is known of it, in a few words; can be empty.
    pub note: String,
}

/// The newest runs of all jobs, by start.
pub(crate) fn by_start(board: &Board) -> Vec<Recent> {
    let jobs = board.jobs.iter().enumerate();
    let mut runs: Vec<Recent> = jobs
        .flat_map(|(job, view)| {
            // A list has no more than `LISTED` of any job.
            let runs = view.history.runs.iter().take(LISTED);
            runs.map(move |run| Recent {
                job,
                run: Arc::clone(run),
                note: String::new(),
            })
        })
        .collect();
    runs.sort_by_key(|one| std::cmp::Reverse(one.run.start));
    runs
}

/// The sentence in place of the runs of jobs that have none.
pub(crate) fn no_runs<'a>(jobs: impl IntoIterator<Item = &'a JobView>) -> Markup {
    let mut jobs = jobs.into_iter();
    html! {
        @if jobs.any(JobView::lacks_history) { "The runs are not read yet." }
        @else { "No run has started yet." }
    }
}

/// The list of runs of all jobs.
pub(crate) fn list(board: &Board, runs: &[Recent], links: Links) -> Markup {
    if runs.is_empty() {
        return html! { p.empty { (no_runs(&board.jobs)) } };
    }
    let total = board.jobs.iter().map(|view| view.history.runs.len()).sum();
    markup(board, runs, total, None, board.jobs.len() > 1, links)
}

/// The list of runs of the job at an index. `current` is the id of the run that the page shows.
pub(crate) fn list_of_job(
    board: &Board,
    job: usize,
    current: Option<&str>,
    links: Links,
) -> Markup {
    let view = board.jobs.get(job);
    let runs = view.map(|view| &*view.history.runs).unwrap_or_default();
    if runs.is_empty() {
        return html! { p.empty { (no_runs(view)) } };
    }
    let recent = runs.iter().take(LISTED).map(|run| Recent {
        job,
        run: Arc::clone(run),
        note: String::new(),
    });
    let recent: Vec<_> = recent.collect();
    markup(board, &recent, runs.len(), current, false, links)
}

fn markup(
    board: &Board,
    runs: &[Recent],
    total: usize,
    current: Option<&str>,
    names_jobs: bool,
    links: Links,
) -> Markup {
    let is_current = |run: &RunView| current == Some(&*run.id);
    html! {
        ol.runs {
            @for Recent { job, run, note } in runs.iter().take(LISTED) {
                @if let Some(view) = board.jobs.get(*job) {
                    li data-run=(run.id) data-outcome=(outcome(run)) {
                        a href=[links.run(&view.job, &run.id)] aria-current=[is_current(run).then_some("true")] {
                            (badge(Tone::for_outcome(run.outcome), outcome(run)))
                            span.words {
                                @if names_jobs { strong { (view.job.label()) } " · " }
                                (brief(view.job.schedule.zone(), run.start))
                                @if !note.is_empty() { " · " (note) }
                            }
                        }
                    }
                }
            }
        }
        @if total > LISTED { p.small { "and " (total - LISTED) " older" } }
    }
}
