//! The page of all jobs.

use axum::response::Response;
use maud::{Markup, html};

use super::Options;
use super::layout::page;
use super::masthead::masthead;
use super::notices::Notices;
use crate::dashboard::html::{
    Links, Recent, Tone, badge, card, dynos, job_table, no_runs, outcome, recent_failures,
    recent_runs, upcoming,
};
use crate::dashboard::view::Board;
use picletter_core::deploy::status::Outcome;

/// The page.
pub(super) fn overview(board: &Board, options: &Options, notices: &Notices) -> Response {
    let recent = options.extras.recent(board);
    let status = status(board, options, notices, &recent);
    let cards = options.extras.cards(board);
    let jobs = html! {
        @if board.jobs.is_empty() { p.empty { "Nothing is deployed yet." } }
        @else { (job_table(board, Links::Pages)) }
    };
    let runs = card("runs", "Runs", &recent_runs(board, &recent, Links::Pages));
    let rest = html! {
        (card("schedule", "Schedule", &html! {
            @if board.jobs.is_empty() { p.empty { "Nothing is deployed yet." } }
            @else { (upcoming(board, Links::Pages)) }
        }))
        (card("dynos", "Dynos", &dynos(board)))
    };
    let content = html! {
        (masthead(board, options, &[], options.site, &status))
        main #content {
            (card("jobs", "Jobs", &jobs))
            @match cards {
                Some(cards) => div.board {
                    div.first { (cards.first) }
                    div.middle { (cards.main) }
                    div.rest { (runs) (rest) (cards.last) }
                },
                None => div.board.plain {
                    div.middle {
                        (card("failures", "Failures", &recent_failures(board, Links::Pages)))
                        (runs)
                    }
                    div.rest { (rest) }
                },
            }
        }
    };
    page("Jobs", options.site, true, &content)
}

fn status(board: &Board, options: &Options, notices: &Notices, recent: &[Recent]) -> Markup {
    if let Some(status) = notices
        .newest(None)
        .or_else(|| options.extras.status(board))
    {
        return status;
    }
    let Some(newest) = recent.first() else {
        return no_runs(&board.jobs);
    };
    let run = &newest.run;
    let job = board.jobs.get(newest.job);
    let job = job.filter(|_| board.jobs.len() > 1);
    html! {
        (badge(Tone::for_outcome(run.outcome), outcome(run)))
        " Last run "
        @if let Some(view) = job { "(" (view.job.label()) ") " }
        (match run.outcome {
            Outcome::Running => "is in progress.",
            Outcome::Succeeded => "succeeded.",
            Outcome::Failed => "failed.",
            Outcome::Skipped => "was skipped.",
        })
    }
}
