//! The failed runs of a job, with the reason.

use maud::{Markup, html};

use super::badge::run_badge;
use super::format::{brief, count};
use super::links::Links;
use crate::dashboard::view::{JobView, RunView};
use crate::deploy::status::Outcome;

/// Failures that are listed.
const LISTED: usize = 20;

/// The failures, newest first.
pub(crate) fn list(view: &JobView, links: Links) -> Markup {
    let failed = view.history.runs.iter();
    let failed: Vec<_> = failed
        .filter(|run| run.outcome == Outcome::Failed)
        .collect();
    html! {
        @if failed.is_empty() { p.empty { "No run failed in these 90 days." } }
        @else {
            ol.failures {
                @for run in failed.iter().take(LISTED) { (failure(view, run, links)) }
            }
            @if failed.len() > LISTED {
                p.small { "and " (count(failed.len() - LISTED, "older failure")) }
            }
        }
    }
}

fn failure(view: &JobView, run: &RunView, links: Links) -> Markup {
    html! {
        li data-run=(run.id) {
            (run_badge(&view.job, run, links))
            time datetime=(run.start) { (brief(view.job.schedule.zone(), run.start)) }
            @if let Some(message) = &run.message { p { (message) } }
        }
    }
}
