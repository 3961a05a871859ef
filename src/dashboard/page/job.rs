//! The page of a job.

use axum::response::Response;
use maud::{Markup, html};

use super::Options;
use super::layout::page;
use super::masthead::masthead;
use super::notices::Notices;
use crate::dashboard::html::{Links, card, parts, runs_of_job};
use crate::dashboard::source::Command;
use crate::dashboard::view::{Board, JobState, JobView};

/// The page of the job at an index, which the board has.
pub(super) fn job(
    board: &Board,
    index: usize,
    view: &JobView,
    options: &Options,
    notices: &Notices,
) -> Response {
    let status = notices.newest(Some(index)).unwrap_or_default();
    let mut parts = parts(view, board.now, Links::Pages);
    let summary = parts.remove(0);
    let content = html! {
        (masthead(board, options, &[("/", "All jobs")], view.job.label(), &status))
        main.job #content {
            (card(summary.id, summary.title, &html! {
                (summary.content)
                @if !options.read_only { (commands(view)) }
            }))
            @for part in parts { (card(part.id, part.title, &part.content)) }
            (card("runs", "Runs", &runs_of_job(board, index, None, Links::Pages)))
        }
    };
    page(view.job.label(), options.site, true, &content)
}

/// Links to the pages that confirm a command.
fn commands(view: &JobView) -> Markup {
    let link = |command, link_id, name| {
        let address = address(view, command);
        html! { a.button id=(link_id) href=(address) data-confirm { (name) } }
    };
    html! {
        @match view.state {
            JobState::NotRead | JobState::NotDeployed => {}
            JobState::OnSchedule => p.buttons { (link(Command::Run, "run-now", "Run now")) (link(Command::Pause, "pause", "Pause")) },
            JobState::Paused => p.buttons { (link(Command::Resume, "resume", "Resume")) },
        }
    }
}

/// The address of a command.
pub(super) fn address(view: &JobView, command: Command) -> String {
    format!("/jobs/{}/{}", view.job.workflow, id(command))
}

/// The last part of the address of a command.
pub(super) fn id(command: Command) -> &'static str {
    match command {
        Command::Run => "run",
        Command::Pause => "pause",
        Command::Resume => "resume",
    }
}
