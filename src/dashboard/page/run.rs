//! The page of a run.

use axum::response::Response;
use maud::{Markup, html};

use super::Options;
use super::layout::page;
use super::masthead::masthead;
use crate::dashboard::html::{Links, age, card, date_time, prose, run as timeline, runs_of_job};
use crate::dashboard::view::{Board, JobView, Outdated, RunDetail};
use picletter_core::diagnostic::Diagnostic;

/// The page of a run, or why it could not be read.
pub(super) fn run(
    board: &Board,
    index: usize,
    view: &JobView,
    options: &Options,
    id: &str,
    detail: &Result<RunDetail, Diagnostic>,
) -> Response {
    let shown = match detail {
        Ok(detail) => {
            let notes = options.extras.notes(id);
            html! {
                @if let Some(outdated) = &detail.outdated { (not_current(outdated, board, view)) }
                (timeline(view, board.jobs.len() > 1, detail, &notes))
            }
        }
        Err(diagnostic) => unreadable(diagnostic),
    };
    let (label, job) = (view.job.label(), Links::Pages.job(&view.job));
    let path = [("/", "All jobs"), (&*job, label)];
    let content = html! {
        (masthead(board, options, &path, &format!("Run of {label}"), &html! {}))
        main.board.plain #content {
            div.middle { (card("run", "Run", &shown)) }
            div.rest { (card("runs", "Runs of this job", &runs_of_job(board, index, Some(id), Links::Pages))) }
        }
    };
    page(&format!("Run of {label}"), options.site, true, &content)
}

fn not_current(outdated: &Outdated, board: &Board, view: &JobView) -> Markup {
    let since = date_time(view.job.schedule.zone(), outdated.since);
    banner(
        &outdated.diagnostic,
        &html! {
            " The page shows it as of "
            time datetime=(outdated.since) { (since) } " (" (age(board.now, outdated.since)) ")."
        },
    )
}

fn unreadable(diagnostic: &Diagnostic) -> Markup {
    banner(diagnostic, &html! {})
}

fn banner(diagnostic: &Diagnostic, more: &Markup) -> Markup {
    html! {
        div.banner {
            p { strong { "The run cannot be read: " (prose(&diagnostic.summary)) "." } (more) }
            @if let Some(help) = &diagnostic.help { p { "What to do: " (prose(help)) } }
        }
    }
}
