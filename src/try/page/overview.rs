//! The page that has all: inbox, switches, a run, the schedule, dynos, alerts.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use maud::{Markup, html};

use super::layout::{count, page};
use super::record::{Recorded, Tone};
use super::switches::Scenario;
use super::timeline::badge;
use super::words::{brief, ending, lasted};
use super::{Page, ShownJobs, calendar, controls, job_table, mail, timeline};

/// How many of a kind are listed.
const LISTED: usize = 12;

/// Of alerts, which are long.
const ALERTS: usize = 4;

/// All, with one run, or the newest, in full; nothing where there is no such run.
pub(super) fn answer(all: &Page, id: Option<&str>) -> Option<Response> {
    let jobs = all.jobs();
    let jobs = jobs.as_deref();
    let runs = all.runs();
    let chosen = match id {
        None => runs.first(),
        Some(id) => Some(runs.iter().find(|run| *run.run.id == *id)?),
    };
    let content = html! {
        a.skip href="#run" { "Skip to the run" }
        (masthead(jobs, id))
        p.status #status role="status" data-live { (status(all, jobs, &runs)) }
        main.board {
            div.first {
                (controls::form(jobs))
                (card("inbox", "Inbox", &mail::list(&all.shared.inbox, jobs)))
            }
            div.run-column {
                (card("run", if id.is_none() { "Newest run" } else { "One run" }, &html! {
                    @match (jobs, chosen) {
                        (Some(jobs), Some(run)) => (timeline::section(jobs, run)),
                        _ => p.empty { "No run has begun yet." }
                    }
                }))
            }
            div.rest {
                @if let Some(jobs) = jobs.filter(|jobs| jobs.are_several()) {
                    (card("jobs", "Jobs", &job_table::of(jobs, &runs, all.now(jobs))))
                }
                (card("runs", "Runs", &list(jobs, &runs, chosen)))
                (card("schedule", "Schedule", &html! {
                    @match jobs {
                        Some(jobs) => (calendar::of(jobs, &runs, all.now(jobs))),
                        None => p.empty { "Nothing is deployed yet." }
                    }
                }))
                (card("dynos", "Dynos", &dynos(jobs, &runs)))
                (card("alerts", "Alerts", &alerts(jobs, &runs)))
                (card("heartbeats", "Heartbeats", &heartbeats(all, jobs)))
            }
        }
    };
    Some(page("Runs", true, &content).into_response())
}

/// A part of the page that follows what happens.
fn card(id: &str, title: &str, content: &Markup) -> Markup {
    let title_id = format!("{id}-title");
    html! {
        section.card id=(id) aria-labelledby=(title_id) {
            h2 id=(title_id) { (title) }
            div id={ (id) "-content" } data-live { (content) }
        }
    }
}

fn masthead(jobs: Option<&ShownJobs>, id: Option<&str>) -> Markup {
    html! {
        header.masthead {
            div {
                h1 { "Picletter sandbox" }
                p #job data-live {
                    @match jobs {
                        Some(jobs) => {
                            "App " strong { (jobs.app) } ", "
                            @match &*jobs.jobs {
                                [only] => { "workflow " strong { (only.job.workflow) } }
                                all => (count(all.len(), "job")),
                            }
                            ": stand-ins on this machine, from which nothing leaves it. Times are of "
                            (jobs.zone.name()) "."
                        }
                        None => "Nothing is deployed yet."
                    }
                }
            }
            p.follow {
                @if id.is_some() { a href="/" { "Newest run" } " " }
                span.live #live hidden { "Live" }
                a #reload href="" { "Reload" }
            }
        }
    }
}

fn status(all: &Page, jobs: Option<&ShownJobs>, runs: &[Arc<Recorded>]) -> Markup {
    let Some(jobs) = jobs else {
        return html! { "Nothing is deployed yet." };
    };
    if all.is_busy() {
        return html! { (badge(Tone::Going, "working")) " A run goes on." };
    }
    html! {
        @if let Some(notice) = all.notice() {
            (jobs.clean(&notice))
        } @else if let Some(run) = runs.first() {
            (badge(run.tone(), &jobs.outcome(run))) " The last run " @if let Some(job) = jobs.job_of(run) { "of " (job) " " } "ended as " (run.run.status) "."
        } @else {
            "Nothing has run yet."
        }
    }
}

fn list(
    jobs: Option<&ShownJobs>,
    runs: &[Arc<Recorded>],
    chosen: Option<&Arc<Recorded>>,
) -> Markup {
    let Some(jobs) = jobs.filter(|_| !runs.is_empty()) else {
        return html! { p.empty { "No run has begun yet." } };
    };
    let current = |run: &Arc<Recorded>| chosen.is_some_and(|chosen| chosen.run.id == run.run.id);
    html! {
        @if runs.iter().any(|run| run.simulated) {
            p.small { "The newest is first. The time of a simulated run is not this machine's." }
        }
        ol.runs {
            @for run in runs.iter().take(LISTED) {
                li data-run=(run.run.id) data-outcome=(jobs.outcome(run)) {
                    a href={ "/runs/" (run.run.id) } aria-current=[current(run).then_some("true")] {
                        (badge(run.tone(), &jobs.outcome(run)))
                        span.words {
                            @if let Some(job) = jobs.job_of(run) { strong { (job) } " · " }
                            (brief(jobs, run.run.fired))
                            @if run.simulated { " · simulated" } @else { " · by hand" }
                            @if run.scenario != Scenario::None { " · " (run.scenario.title()) }
                        }
                    }
                }
            }
        }
        @if runs.len() > LISTED { p.small { "and " (runs.len() - LISTED) " older" } }
    }
}

fn dynos(jobs: Option<&ShownJobs>, runs: &[Arc<Recorded>]) -> Markup {
    let lives: Vec<_> = runs.iter().flat_map(|run| run.dynos.iter().rev()).collect();
    let Some(jobs) = jobs.filter(|_| !lives.is_empty()) else {
        return html! { p.empty { "No dyno has been started yet." } };
    };
    html! {
        ol.dynos {
            @for life in lives.iter().take(LISTED) {
                @let (words, tone) = match &life.ended {
                    Some(end) => ending(end),
                    None if life.up => ("up".to_owned(), Tone::Going),
                    None => ("starting".to_owned(), Tone::Going),
                };
                li data-dyno=(life.dyno.name) data-state=(if life.ended.is_some() { "ended" } else { "alive" }) {
                    (badge(tone, &words))
                    span.words {
                        strong { (life.dyno.name) } " · " (life.dyno.size)
                        @if let Some(end) = &life.ended {
                            " · lived " (lasted(end.ended_at.duration_since(life.dyno.started_at)))
                        }
                        " · " (brief(jobs, life.dyno.started_at))
                    }
                }
            }
        }
        @if lives.len() > LISTED { p.small { "and " (count(lives.len() - LISTED, "older dyno")) } }
    }
}

fn alerts(jobs: Option<&ShownJobs>, runs: &[Arc<Recorded>]) -> Markup {
    let alerts: Vec<_> = runs
        .iter()
        .flat_map(|run| run.alerts.iter().rev())
        .collect();
    let Some(jobs) = jobs.filter(|_| !alerts.is_empty()) else {
        return html! { p.empty { "Nothing to complain about." } };
    };
    html! {
        ol.alerts {
            @for (at, text) in alerts.iter().take(ALERTS) {
                li {
                    p.small { (brief(jobs, *at)) }
                    blockquote { (jobs.clean(text)) }
                }
            }
        }
        @if alerts.len() > ALERTS { p.small { "and " (count(alerts.len() - ALERTS, "older alert")) } }
    }
}

fn heartbeats(all: &Page, jobs: Option<&ShownJobs>) -> Markup {
    let pings: Vec<(Timestamp, String)> = all.shared.heartbeats.dated();
    let Some(jobs) = jobs.filter(|_| !pings.is_empty()) else {
        return html! { p.empty { "The cron monitor has heard nothing yet." } };
    };
    html! {
        ol.heartbeats {
            @for (at, what) in pings.iter().rev().take(LISTED) {
                @let (tone, words) = match &**what {
                    "start" => (Tone::Quiet, "start".to_owned()),
                    "" | "0" => (Tone::Good, "0".to_owned()),
                    status => (Tone::Bad, status.to_owned()),
                };
                li { (badge(tone, &words)) span.words { (brief(jobs, *at)) } }
            }
        }
        @if pings.len() > LISTED { p.small { "and " (count(pings.len() - LISTED, "older ping")) } }
    }
}
