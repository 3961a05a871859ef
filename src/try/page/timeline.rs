//! One run from its trigger to its end: actions, dynos, what these wrote, alerts.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, Render, html};
use picletter_logic_apps::history::{ActionRecord, AttemptRecord, Content, Problem};
use picletter_logic_apps::{Status, ticks};
use serde_json::{Value, json};

use super::ShownJobs;
use super::layout::count;
use super::legend::meaning;
use super::record::{Recorded, Tone};
use super::story::Life;
use super::switches::Scenario;
use super::words::{ending, lasted, local};

/// Of longer inputs and outputs only the beginning is shown.
const LONGEST: usize = 6_000;

/// The action that starts the dyno.
const START: &str = "Run";

/// Something that happened.
struct Entry {
    at: Timestamp,
    content: Markup,
}

/// All of a run.
pub(super) fn section(jobs: &ShownJobs, run: &Recorded) -> Markup {
    let record = &run.run;
    let outcome = jobs.outcome(run);
    let state = if record.status.has_ended() {
        "ended"
    } else {
        "running"
    };
    html! {
        div.run data-run=(record.id) data-outcome=(outcome) data-status=(record.status) data-state=(state) {
            div.verdict {
                (badge(run.tone(), &outcome))
                p.why { (why(jobs, run)) }
            }
            dl.facts {
                @if let Some(job) = jobs.job_of(run) { div { dt { "Job" } dd { (job) } } }
                div { dt { "Trigger" } dd { (record.trigger) @if !run.simulated { ", by hand" } } }
                div { dt { "Began" } dd { (local(jobs, record.fired)) } }
                @if let Some(ended) = record.ended {
                    div { dt { "Took" } dd { (lasted(ended.duration_since(record.fired))) } }
                }
                div { dt { "Billed" } dd { (count(usize::try_from(record.billed).unwrap_or(usize::MAX), "execution")) } }
                @if run.scenario != Scenario::None { div { dt { "Made to fail" } dd { (run.scenario.title()) } } }
                div { dt { "Time" } dd { @if run.simulated { "simulated, with a stand-in dyno" } @else { "real, with the real worker" } } }
                div.wide { dt { "Run id" } dd.id { (record.id) } }
            }
            ol.timeline {
                @for entry in entries(jobs, run) { (entry.content) }
            }
            (skipped(run))
        }
    }
}

pub(super) fn badge(tone: Tone, words: &str) -> Markup {
    html! {
        span class={ "badge " (tone.class()) } {
            span aria-hidden="true" { (tone.mark()) } " " (words)
        }
    }
}

fn why(jobs: &ShownJobs, run: &Recorded) -> String {
    let status = run.run.status;
    match run.why() {
        _ if !status.has_ended() => "The run goes on.".to_owned(),
        words if words.is_empty() => format!("The run ended as {status}."),
        words => jobs.clean(&format!("The run ended as {status}: {words}")),
    }
}

fn entries(jobs: &ShownJobs, run: &Recorded) -> Vec<Entry> {
    let began = run.run.fired;
    let mut entries = vec![Entry {
        at: began,
        content: html! {
            li.entry.good data-kind="trigger" {
                (line(jobs, began, began, &run.run.trigger, "the trigger fires", ""))
            }
        },
    }];
    // The dyno lives and reports within the action that starts it.
    let start = run.actions.iter().position(|one| *one.name == *START);
    let (before, after) = run.actions.split_at(start.map_or(0, |start| start + 1));
    entries.extend(before.iter().filter_map(|one| action(jobs, run, one)));
    for life in &run.dynos {
        dyno(jobs, began, life, &mut entries);
    }
    entries.extend(before.last().and_then(|start| report(jobs, run, start)));
    entries.extend(after.iter().filter_map(|one| action(jobs, run, one)));
    entries.extend(run.alerts.iter().map(|(at, text)| Entry {
        at: *at,
        content: html! {
            li.entry.bad data-kind="alert" {
                (line(jobs, began, *at, "Alert", "the webhook gets", ""))
                blockquote { (jobs.clean(text)) }
            }
        },
    }));
    if let Some(ended) = run.run.ended {
        let words = format!("the run ends as {}", run.run.status);
        entries.push(Entry {
            at: ended,
            content: html! {
                li class={ "entry last " (run.tone().class()) } data-kind="end" {
                    (line(jobs, began, ended, "End", &words, &jobs.outcome(run)))
                }
            },
        });
    }
    // What happened at one instant stays in this order.
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn action(jobs: &ShownJobs, run: &Recorded, action: &ActionRecord) -> Option<Entry> {
    let ActionRecord { name, status, .. } = action;
    if *status == Status::Skipped {
        return None;
    }
    let at = action.started?;
    let tone = Tone::for_status(*status);
    let took = action.ended.map(|ended| lasted(ended.duration_since(at)));
    let passes = action.repetitions.filter(|n| *n > 1);
    let content = html! {
        li class={ "entry " (tone.class()) } data-kind="action" data-action=(name) data-status=(status) {
            details id={ "action-" (name) } {
                summary { (line(jobs, run.run.fired, at, name, meaning(name).unwrap_or_default(), &said(action))) }
                div.inside {
                    @if let Some(took) = &took { p.small { "Took " (took) @if let Some(passes) = passes { ", in " (passes) " passes, of which this is the last" } "." } }
                    (data(jobs, &action.inputs, "inputs", "Inputs"))
                    (data(jobs, &action.outputs, "outputs", "Outputs"))
                    @if let Some(problem) = &action.problem { (shown("Error", &pretty(jobs, &error(problem)))) }
                    @if !action.attempts.is_empty() { (shown("Earlier attempts", &pretty(jobs, &attempts(&action.attempts)))) }
                }
            }
        }
    };
    Some(Entry { at, content })
}

/// What the dyno told the action that started it.
fn report(jobs: &ShownJobs, run: &Recorded, action: &ActionRecord) -> Option<Entry> {
    let body = &action.outputs.value()?["body"];
    let outcome = body["outcome"]
        .as_str()
        .filter(|_| *action.name == *START)?;
    let at = action.ended?;
    let tone = if outcome == "sent" {
        Tone::Good
    } else {
        Tone::Bad
    };
    let content = html! {
        li class={ "entry " (tone.class()) } data-kind="report" {
            details id="report" {
                summary { (line(jobs, run.run.fired, at, "Report", "the worker calls the workflow back", outcome)) }
                div.inside { (shown("What it says", &pretty(jobs, body))) }
            }
        }
    };
    Some(Entry { at, content })
}

/// How an action stands, where it is not as one hopes.
fn said(ActionRecord { status, code, .. }: &ActionRecord) -> String {
    match status {
        Status::Succeeded => String::new(),
        // `ActionFailed` adds nothing to `Failed`.
        _ if code.is_empty() || code.ends_with(status.name()) => status.to_string(),
        _ => format!("{status}: {code}"),
    }
}

fn error(problem: &Problem) -> Value {
    json!({ "code": problem.code, "message": problem.message })
}

fn attempts(attempts: &[AttemptRecord]) -> Value {
    let shown = attempts.iter().map(|attempt| {
        json!({
            "startTime": ticks::to_text(attempt.started),
            "endTime": ticks::to_text(attempt.ended),
            "code": attempt.code,
        })
    });
    shown.collect()
}

fn data(jobs: &ShownJobs, content: &Content, key: &str, title: &str) -> Markup {
    match content {
        Content::Hidden => html! {
            p.secured data-secured=(key) { strong { (title) } " hidden: the workflow secures them, as Azure’s run history does." }
        },
        Content::Value(value) if !value.is_null() => shown(title, &pretty(jobs, value)),
        Content::Value(_) | Content::None => html! {},
    }
}

fn shown(title: &str, text: &str) -> Markup {
    html! {
        p.label { (title) }
        pre.json { (text) }
    }
}

fn pretty(jobs: &ShownJobs, value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    // Before it is cut, so that no half of a secret is left.
    let text = jobs.clean(&text);
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => {
            let more = text[end..].chars().count();
            format!("{}\n… and {more} more characters", &text[..end])
        }
    }
}

fn dyno(jobs: &ShownJobs, began: Timestamp, life: &Life, entries: &mut Vec<Entry>) {
    let info = &life.dyno;
    let plain = |at, words: &Markup, said: &str, tone: Tone| Entry {
        at,
        content: html! {
            li class={ "entry " (tone.class()) } data-kind="dyno" {
                (line(jobs, began, at, &info.name, words, said))
            }
        },
    };
    let command = jobs.clean(&info.command);
    let words = html! { "a " (info.size) " dyno starts " code { (command) } };
    entries.push(plain(info.started_at, &words, "", Tone::Good));
    if let Some(first) = life.lines.first() {
        entries.push(Entry {
            at: first.time,
            content: html! {
                li.entry.good data-kind="log" {
                    details open id={ "log-" (info.id) } {
                        summary { (line(jobs, began, first.time, "Log", "what the worker writes", "")) }
                        pre.log { @for line in &life.lines { (jobs.clean(&line.text)) "\n" } }
                    }
                }
            },
        });
    }
    if let Some(end) = &life.ended {
        let (words, tone) = ending(end);
        let ends = html! { "the dyno ends" };
        entries.push(plain(end.ended_at, &ends, &words, tone));
    }
}

fn line(
    jobs: &ShownJobs,
    began: Timestamp,
    at: Timestamp,
    name: &str,
    words: impl Render,
    said: &str,
) -> Markup {
    let since = at.duration_since(began).max(SignedDuration::ZERO);
    html! {
        span.line {
            time.since datetime=(at) title=(local(jobs, at)) { "+" (lasted(since)) }
            span.what { strong { (name) } " " span.words { (words) } }
            @if !said.is_empty() { span.said { (said) } }
        }
    }
}

fn skipped(run: &Recorded) -> Markup {
    let skipped = run.actions.iter();
    let skipped = skipped.filter(|action| action.status == Status::Skipped);
    let names: Vec<&str> = skipped.map(|action| &*action.name).collect();
    html! {
        @if !names.is_empty() {
            details.skipped id="skipped" {
                summary { (count(names.len(), "action")) " not needed in this run" }
                p { (names.join(", ")) }
            }
        }
    }
}
