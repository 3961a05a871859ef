//! All jobs as a table.

use jiff::Timestamp;
use maud::{Markup, html};

use super::badge::{run_badge, state};
use super::format::{age, count, date_time, due, duration};
use super::links::Links;
use super::{has_common_zone, number};
use crate::dashboard::view::{Board, JobState, JobView, Recent};

/// In place of a value that was never read.
pub(super) const NOT_READ: &str = "not read yet";

/// A row for each job. On narrow screens each row is a block whose cells carry the column's name.
pub(crate) fn table(board: &Board, links: Links) -> Markup {
    let names_zones = !has_common_zone(board);
    html! {
        table.jobs {
            thead {
                tr {
                    @for name in ["Job", "State", "Next run", "Last run", "Last 30 days", "This month"] {
                        th scope="col" { (name) }
                    }
                }
            }
            tbody {
                @for (n, view) in board.jobs.iter().enumerate() {
                    tr data-job=(view.job.label()) {
                        th scope="row" {
                            span.number { (number(n)) } " "
                            a href=(links.job(&view.job)) { (view.job.label()) }
                            span.small { (view.job.schedule.description()) }
                        }
                        td data-label="State" { (state(view)) }
                        td data-label="Next run" { (next(view, names_zones)) }
                        td data-label="Last run" { (last(view, board.now, links)) }
                        td data-label="Last 30 days" { (recent(view)) }
                        td data-label="This month" { (month(view)) }
                    }
                }
            }
        }
    }
}

fn next(view: &JobView, names_zone: bool) -> Markup {
    let zone = view.job.schedule.zone();
    html! {
        @match view.next.first() {
            Some(at) => {
                time datetime=(at) { (due(zone, *at)) }
                @if names_zone { span.small { (zone.name()) } }
            }
            None if view.state == JobState::NotRead => (NOT_READ),
            None if view.has_unknown_schedule() => "unknown",
            None => "none",
        }
    }
}

fn last(view: &JobView, now: Timestamp, links: Links) -> Markup {
    html! {
        @match view.history.runs.first() {
            Some(run) => {
                (run_badge(&view.job, run, links))
                time.small datetime=(run.start) title=(date_time(view.job.schedule.zone(), run.start)) {
                    (age(now, run.start))
                }
            }
            None if view.lacks_history() => (NOT_READ),
            None => "none yet",
        }
    }
}

fn recent(view: &JobView) -> Markup {
    html! {
        @match success_rate(&view.recent) {
            Some(rate) => {
                (rate) " % succeeded"
                @if let Some(median) = view.recent.median { span.small { "median " (duration(median)) } }
            }
            None if view.lacks_history() => (NOT_READ),
            None => "no run",
        }
    }
}

/// In percent, rounded down, so that 100 means that no run failed.
pub(crate) fn success_rate(recent: &Recent) -> Option<usize> {
    let ended = recent.succeeded + recent.failed;
    (recent.succeeded * 100).checked_div(ended)
}

fn month(view: &JobView) -> Markup {
    let month = &view.month;
    if view.lacks_history() {
        return html! { (NOT_READ) };
    }
    html! {
        (count(usize::try_from(month.runs).unwrap_or(usize::MAX), "run"))
        @if month.failed > 0 { ", " (month.failed) " failed" }
        span.small { (month.cost) }
    }
}
