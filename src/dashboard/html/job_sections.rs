//! The parts of a job: facts, calendar, durations, failures, alert rules.

use jiff::Timestamp;
use maud::{Markup, html};

use super::badge::{run_badge, state};
use super::format::{age, count, date_time, due, duration};
use super::job_table::{NOT_READ, success_rate};
use super::links::Links;
use super::prose::prose;
use super::{alert_rules, calendar, chart, failures};
use crate::dashboard::view::{JobState, JobView};
use picletter_core::shell::picletter;

/// A part of a job.
pub(crate) struct Part {
    /// Its identifier within the job.
    pub(crate) id: &'static str,
    /// Its heading.
    pub(crate) title: &'static str,
    /// Its content.
    pub(crate) content: Markup,
}

/// All parts in their order.
pub(crate) fn parts(view: &JobView, now: Timestamp, links: Links) -> Vec<Part> {
    let part = |id, title, content| Part { id, title, content };
    vec![
        part("summary", "Summary", facts(view, now, links)),
        part("calendar", "Last 90 days", calendar::table(view, now)),
        part("durations", "Durations", chart::figure(view, now)),
        part("failures", "Failures", failures::list(view, links)),
        part("rules", "Alerts", alert_rules::list(view)),
    ]
}

fn facts(view: &JobView, now: Timestamp, links: Links) -> Markup {
    let job = &view.job;
    let zone = job.schedule.zone();
    let month = &view.month;
    let (plan, deploy) = (picletter("plan"), picletter("deploy"));
    let next = format!("{plan} shows the differences; {deploy} removes them.");
    html! {
        dl.facts {
            div { dt { "State" } dd { (state(view)) } }
            div { dt { "Schedule" } dd { (job.schedule.description()) " (" (zone.name()) ")" } }
            div { dt { "Command" } dd { code { (job.command) } } }
            div {
                dt { "Last run" }
                dd {
                    @match view.history.runs.first() {
                        Some(run) => {
                            (run_badge(job, run, links)) " "
                            time datetime=(run.start) title=(date_time(zone, run.start)) { (age(now, run.start)) }
                        }
                        None if view.lacks_history() => (NOT_READ),
                        None => "none yet",
                    }
                }
            }
            div {
                dt { "Last 30 days" }
                dd {
                    @match success_rate(&view.recent) {
                        Some(rate) => { (rate) " % of " (count(view.recent.succeeded + view.recent.failed, "run")) " succeeded" },
                        None if view.lacks_history() => (NOT_READ),
                        None => "no run",
                    }
                    @if let Some(median) = view.recent.median { ", median duration " (duration(median)) }
                }
            }
            div {
                dt { "This month" }
                dd {
                    @if view.lacks_history() { (NOT_READ) } @else {
                        (count(usize::try_from(month.runs).unwrap_or(usize::MAX), "run"))
                        @if month.failed > 0 { ", " (month.failed) " failed" }
                        ", " (month.cost)
                    }
                }
            }
            div.wide {
                dt { "Next runs" }
                dd {
                    @if view.state == JobState::NotRead { (NOT_READ) }
                    @else if view.has_unknown_schedule() { "unknown: the deployed schedule is not that of the file" }
                    @else if view.next.is_empty() { "none" }
                    @for (n, at) in view.next.iter().enumerate() {
                        @if n > 0 { " · " }
                        time datetime=(at) { (due(zone, *at)) }
                    }
                }
            }
        }
        @if !view.drift.sentences.is_empty() {
            div.banner {
                p { strong { "The deployed workflow differs from the configuration." } }
                ul { @for difference in &view.drift.sentences { li { (prose(difference)) } } }
                p { "What to do: " (prose(&next)) }
            }
        }
    }
}
