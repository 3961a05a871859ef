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
use super::{Job, Page, calendar, controls, mail, timeline};

/// How many of a kind are listed.
const LISTED: usize = 12;

/// Of alerts, which are long.
const ALERTS: usize = 4;

/// All, with one run, or the newest, in full; nothing where there is no such run.
pub(super) fn answer(all: &Page, id: Option<&str>) -> Option<Response> {
    let job = all.job();
    let job = job.as_deref();
    let runs = all.runs();
    let chosen = match id {
        None => runs.first(),
        Some(id) => Some(runs.iter().find(|run| *run.run.id == *id)?),
    };
    let content = html! {
        a.skip href="#run" { "Skip to the run" }
        (masthead(job, id))
        p.status #status role="status" data-live { (status(all, job, &runs)) }
        main.board {
            div.first {
                (controls::form(job))
                (card("inbox", "Inbox", &mail::list(&all.shared.inbox, job)))
            }
            div.run-column {
                (card("run", if id.is_none() { "Newest run" } else { "One run" }, &html! {
                    @match (job, chosen) {
                        (Some(job), Some(run)) => (timeline::section(job, run)),
                        _ => p.empty { "No run has begun yet." }
                    }
                }))
            }
            div.rest {
                (card("runs", "Runs", &list(job, &runs, chosen)))
                (card("schedule", "Schedule", &html! {
                    @match job {
                        Some(job) => (calendar::of(job, &runs, all.now(job))),
                        None => p.empty { "Nothing is deployed yet." }
                    }
                }))
                (card("dynos", "Dynos", &dynos(job, &runs)))
                (card("alerts", "Alerts", &alerts(job, &runs)))
                (card("heartbeats", "Heartbeats", &heartbeats(all, job)))
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

fn masthead(job: Option<&Job>, id: Option<&str>) -> Markup {
    html! {
        header.masthead {
            div {
                h1 { "Picletter sandbox" }
                p #job data-live {
                    @match job {
                        Some(job) => {
                            "App " strong { (job.config.heroku.app) }
                            ", workflow " strong { (job.job.workflow) }
                            ": stand-ins on this machine, from which nothing leaves it. Times are of "
                            (job.job.schedule.zone().name()) "."
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

fn status(all: &Page, job: Option<&Job>, runs: &[Arc<Recorded>]) -> Markup {
    let Some(job) = job else {
        return html! { "Nothing is deployed yet." };
    };
    if all.is_busy() {
        return html! { (badge(Tone::Going, "working")) " A run goes on." };
    }
    html! {
        @if let Some(notice) = all.notice() {
            (job.clean(&notice))
        } @else if let Some(run) = runs.first() {
            (badge(run.tone(), &job.outcome(run))) " The last run ended as " (run.run.status) "."
        } @else {
            "Nothing has run yet."
        }
    }
}

fn list(job: Option<&Job>, runs: &[Arc<Recorded>], chosen: Option<&Arc<Recorded>>) -> Markup {
    let Some(job) = job.filter(|_| !runs.is_empty()) else {
        return html! { p.empty { "No run has begun yet." } };
    };
    let current = |run: &Arc<Recorded>| chosen.is_some_and(|chosen| chosen.run.id == run.run.id);
    html! {
        @if runs.iter().any(|run| run.simulated) {
            p.small { "The newest is first. The time of a simulated run is not this machine's." }
        }
        ol.runs {
            @for run in runs.iter().take(LISTED) {
                li data-run=(run.run.id) data-outcome=(job.outcome(run)) {
                    a href={ "/runs/" (run.run.id) } aria-current=[current(run).then_some("true")] {
                        (badge(run.tone(), &job.outcome(run)))
                        span.words {
                            (brief(job, run.run.fired))
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

fn dynos(job: Option<&Job>, runs: &[Arc<Recorded>]) -> Markup {
    let lives: Vec<_> = runs.iter().flat_map(|run| run.dynos.iter().rev()).collect();
    let Some(job) = job.filter(|_| !lives.is_empty()) else {
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
                        " · " (brief(job, life.dyno.started_at))
                    }
                }
            }
        }
        @if lives.len() > LISTED { p.small { "and " (count(lives.len() - LISTED, "older dyno")) } }
    }
}

fn alerts(job: Option<&Job>, runs: &[Arc<Recorded>]) -> Markup {
    let alerts: Vec<_> = runs
        .iter()
        .flat_map(|run| run.alerts.iter().rev())
        .collect();
    let Some(job) = job.filter(|_| !alerts.is_empty()) else {
        return html! { p.empty { "Nothing to complain about." } };
    };
    html! {
        ol.alerts {
            @for (at, text) in alerts.iter().take(ALERTS) {
                li {
                    p.small { (brief(job, *at)) }
                    blockquote { (job.clean(text)) }
                }
            }
        }
        @if alerts.len() > ALERTS { p.small { "and " (count(alerts.len() - ALERTS, "older alert")) } }
    }
}

fn heartbeats(all: &Page, job: Option<&Job>) -> Markup {
    let pings: Vec<(Timestamp, String)> = all.shared.heartbeats.dated();
    let Some(job) = job.filter(|_| !pings.is_empty()) else {
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
                li { (badge(tone, &words)) span.words { (brief(job, *at)) } }
            }
        }
        @if pings.len() > LISTED { p.small { "and " (count(pings.len() - LISTED, "older ping")) } }
    }
}
