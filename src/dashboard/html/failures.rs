//! Failed runs with the reason.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::badge::run_badge;
use super::format::{brief, count};
use super::links::Links;
use crate::dashboard::view::{Board, JobView, RunView};
use picletter_core::deploy::status::Outcome;

/// Failures of a job that are listed.
const LISTED: usize = 20;

/// Failures of all jobs that are listed.
const RECENT: usize = 5;

/// The failures, newest first.
pub(crate) fn list(view: &JobView, links: Links) -> Markup {
    let failed = view.history.runs.iter();
    let failed: Vec<_> = failed
        .filter(|run| run.outcome == Outcome::Failed)
        .collect();
    html! {
        @if failed.is_empty() && view.lacks_history() { p.empty { "The runs are not read yet." } }
        @else if failed.is_empty() { p.empty { "No run failed in these 90 days." } }
        @else {
            ol.failures {
                @for run in failed.iter().take(LISTED) { (failure(view, run, false, links)) }
            }
            @if failed.len() > LISTED {
                p.small { "and " (count(failed.len() - LISTED, "older failure")) }
            }
        }
    }
}

/// The newest failures of all jobs.
pub(crate) fn recent(board: &Board, links: Links) -> Markup {
    let mut failed: Vec<(&JobView, &RunView)> = Vec::new();
    for view in &board.jobs {
        let runs = view.history.runs.iter().map(|run| &**run);
        let runs = runs.filter(|run| run.outcome == Outcome::Failed);
        failed.extend(runs.take(RECENT).map(|run| (view, run)));
    }
    failed.sort_by_key(|(_, run)| Reverse(run.start));
    html! {
        @if failed.is_empty() && board.jobs.iter().any(JobView::lacks_history) {
            p.empty { "The runs are not read yet." }
        }
        @else if failed.is_empty() { p.empty { "No run failed in the last 90 days." } }
        @else {
            ol.failures {
                @for (view, run) in failed.iter().take(RECENT) { (failure(view, run, true, links)) }
            }
        }
    }
}

fn failure(view: &JobView, run: &RunView, names_job: bool, links: Links) -> Markup {
    html! {
        li data-run=(run.id) {
            (run_badge(&view.job, run, links))
            @if names_job { strong { (view.job.label()) } }
            time datetime=(run.start) { (brief(view.job.schedule.zone(), run.start)) }
            @if let Some(message) = &run.message { p { (message) } }
        }
    }
}
