//! One run from its trigger to its end: actions, dynos, log lines, and other events.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, Render, html};
use picletter_logic_apps::history::Content;
use serde_json::Value;

use super::badge::badge;
use super::format::{count, date_time, duration, outcome, took};
use super::prose::prose;
use super::tone::Tone;
use crate::dashboard::action_legend::meaning;
use crate::dashboard::view::{ActionView, AttemptView, DynoView, JobView, RunDetail, RunLog};
use crate::run_log::parts;
use picletter_core::config::Job;
use picletter_core::deploy::status::Outcome;
use picletter_core::diagnostic::Diagnostic;
use picletter_core::schedule::{BY_HAND, Zone};

/// Characters of inputs and outputs that are shown.
const MAX_CHARACTERS: usize = 6_000;

/// The action that starts the dyno.
const START: &str = "Run";

/// The actions by which the workflow cancels its own run, and why.
const CANCELS: [(&str, &str); 2] = [
    (
        "Skipped_as_previous_run_is_active",
        "the dyno of a previous run was still active",
    ),
    ("Replaced_by_later_run", "a later run stopped its dyno"),
];

/// What only some sources know of a run.
#[derive(Debug, Clone, Default)]
pub struct RunNotes {
    /// Further facts: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// Alerts that the run sent: time and text.
    pub alerts: Vec<(Timestamp, String)>,
}

/// An entry of the timeline.
struct Entry {
    at: Timestamp,
    content: Markup,
}

/// A run with its job.
struct Shown<'a> {
    job: &'a Job,
    zone: &'a Zone,
    detail: &'a RunDetail,
}

/// The whole run.
pub(crate) fn run(view: &JobView, names_job: bool, detail: &RunDetail, notes: &RunNotes) -> Markup {
    let shown = Shown {
        job: &view.job,
        zone: view.job.schedule.zone(),
        detail,
    };
    let run = &detail.run;
    let tone = Tone::for_outcome(run.outcome);
    let state = match run.outcome {
        Outcome::Running => "running",
        _ => "ended",
    };
    let trigger = run.trigger.as_deref().map(|trigger| match trigger {
        BY_HAND => "by hand",
        trigger => trigger,
    });
    html! {
        div.run data-run=(run.id) data-outcome=(outcome(run)) data-state=(state) {
            div.verdict {
                (badge(tone, outcome(run)))
                p.why { (reason(detail)) }
            }
            @if let Some(advice) = &detail.advice {
                div.advice { p.label { "What to do next" } p { (prose(advice)) } }
            }
            dl.facts {
                @if names_job { div { dt { "Job" } dd { (view.job.label()) } } }
                @if let Some(trigger) = trigger { div { dt { "Trigger" } dd { (trigger) } } }
                div { dt { "Started" } dd { (date_time(shown.zone, run.start)) } }
                @if let Some(took) = took(run) { div { dt { "Took" } dd { (duration(took)) } } }
                @for (name, value) in &notes.facts { div { dt { (name) } dd { (value) } } }
                div.wide { dt { "Run id" } dd.id { (run.id) } }
            }
            ol.timeline {
                @for entry in shown.entries(notes) { (entry.content) }
            }
            (skipped(detail))
            (log(shown.zone, detail))
        }
    }
}

/// The result in one sentence.
fn reason(RunDetail { run, actions, .. }: &RunDetail) -> String {
    let verb = match run.outcome {
        Outcome::Running => return "The run is in progress.".to_owned(),
        Outcome::Succeeded => return "The run succeeded.".to_owned(),
        Outcome::Failed => "failed",
        Outcome::Skipped => "was skipped",
    };
    let ran = |name| {
        let mut actions = actions.iter();
        actions.any(|action| &*action.name == name && action.status != "Skipped")
    };
    let mut cancels = CANCELS.into_iter();
    let cancelled = cancels
        .find(|(name, _)| ran(*name))
        .map(|(_, reason)| reason);
    match run.message.as_deref().or(cancelled) {
        Some(reason) => format!("The run {verb}: {reason}"),
        None => format!("The run {verb}."),
    }
}

impl Shown<'_> {
    fn entries(&self, notes: &RunNotes) -> Vec<Entry> {
        let RunDetail { run, actions, .. } = self.detail;
        let trigger = run.trigger.as_deref().unwrap_or("Trigger");
        let mut entries = vec![Entry {
            at: run.start,
            content: html! {
                li.entry.good data-kind="trigger" {
                    (self.line(run.start, trigger, "the trigger fires", ""))
                }
            },
        }];
        // The dyno runs and reports within the action that starts it.
        let start = actions.iter().position(|one| *one.name == *START);
        let (before, after) = actions.split_at(start.map_or(0, |start| start + 1));
        entries.extend(before.iter().filter_map(|one| self.action(one)));
        for dyno in &self.detail.dynos {
            entries.push(self.dyno_start(dyno));
        }
        entries.extend(self.log_lines(before.last().and_then(|one| one.start)));
        for dyno in &self.detail.dynos {
            entries.extend(self.dyno_end(dyno));
        }
        entries.extend(before.last().and_then(|start| self.report(start)));
        entries.extend(after.iter().filter_map(|one| self.action(one)));
        entries.extend(notes.alerts.iter().map(|(at, text)| Entry {
            at: *at,
            content: html! {
                li.entry.bad data-kind="alert" {
                    (self.line(*at, "Alert", "the webhook receives", ""))
                    blockquote { (text) }
                }
            },
        }));
        if let Some(ended) = run.end {
            entries.push(Entry {
                at: ended,
                content: html! {
                    li class={ "entry last " (Tone::for_outcome(run.outcome).class()) } data-kind="end" {
                        (self.line(ended, "End", "the run ends", outcome(run)))
                    }
                },
            });
        }
        // Entries of the same time keep this order.
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    fn action(&self, action: &ActionView) -> Option<Entry> {
        let ActionView { name, status, .. } = action;
        if status == "Skipped" {
            return None;
        }
        let at = action.start?;
        let tone = Tone::for_status(status);
        let took = action.end.map(|end| duration(end.duration_since(at)));
        let repetitions = action.repetitions.filter(|n| *n > 1);
        let content = html! {
            li class={ "entry " (tone.class()) } data-kind="action" data-action=(name) data-status=(status) {
                details id={ "action-" (name) } {
                    summary { (self.line(at, name, meaning(name).unwrap_or_default(), &result(action))) }
                    div.inside {
                        @if let Some(took) = &took {
                            p.small { "Took " (took) @if let Some(n) = repetitions { ", in " (n) " repetitions; this is the last" } "." }
                        }
                        (data(&action.inputs, "inputs", "Inputs"))
                        (data(&action.outputs, "outputs", "Outputs"))
                        @if let Some(error) = &action.error { (block("Error", &cut(error.clone()))) }
                        (self.attempts(&action.attempts))
                    }
                }
            }
        };
        Some(Entry { at, content })
    }

    /// The attempts before the last one.
    fn attempts(&self, attempts: &[AttemptView]) -> Markup {
        html! {
            @if !attempts.is_empty() {
                p.label { "Earlier attempts" }
                ol.attempts {
                    @for attempt in attempts {
                        li {
                            @if let Some(at) = attempt.start {
                                time datetime=(at) title=(date_time(self.zone, at)) {
                                    "+" (duration(at.duration_since(self.detail.run.start).max(SignedDuration::ZERO)))
                                } " "
                            }
                            (attempt.code.as_deref().unwrap_or("failed"))
                            @if let Some((start, end)) = attempt.start.zip(attempt.end) {
                                " after " (duration(end.duration_since(start)))
                            }
                        }
                    }
                }
            }
        }
    }

    /// The dyno's report to the action that started it.
    fn report(&self, action: &ActionView) -> Option<Entry> {
        let body = &action.outputs.value()?["body"];
        let outcome = body["outcome"]
            .as_str()
            .filter(|_| *action.name == *START)?;
        let at = action.end?;
        let tone = Tone::for_outcome(self.detail.run.outcome);
        let content = html! {
            li class={ "entry " (tone.class()) } data-kind="report" {
                details id="report" {
                    summary { (self.line(at, "Report", "the dyno calls the workflow back", outcome)) }
                    div.inside { (block("Content", &pretty(body))) }
                }
            }
        };
        Some(Entry { at, content })
    }

    fn dyno_start(&self, dyno: &DynoView) -> Entry {
        let size = if dyno.size.is_empty() {
            &self.job.dyno_size
        } else {
            &dyno.size
        };
        let words = html! { "a " (size) " dyno starts " code { (self.job.command) } };
        self.dyno(dyno.start, &dyno.name, words, "", Tone::Good)
    }

    fn dyno_end(&self, dyno: &DynoView) -> Option<Entry> {
        let tone = Tone::for_outcome(self.detail.run.outcome);
        Some(self.dyno(dyno.end?, &dyno.name, "the dyno ends", &dyno.state, tone))
    }

    fn dyno(
        &self,
        at: Timestamp,
        name: &str,
        words: impl Render,
        result: &str,
        tone: Tone,
    ) -> Entry {
        Entry {
            at,
            content: html! {
                li class={ "entry " (tone.class()) } data-kind="dyno" {
                    (self.line(at, name, words, result))
                }
            },
        }
    }

    /// The log lines at the start of the dyno, or of the action that starts it.
    fn log_lines(&self, action: Option<Timestamp>) -> Option<Entry> {
        let lines = self.detail.log.lines()?;
        let dyno = self.detail.dynos.first().map(|dyno| dyno.start);
        let at = dyno.or(action).unwrap_or(self.detail.run.start);
        Some(Entry {
            at,
            content: html! {
                li.entry.good data-kind="log" {
                    details open id="log" {
                        summary { (self.line(at, "Log", "output of the dyno", "")) }
                        pre.log { @for line in lines { (log_line(line)) "\n" } }
                    }
                }
            },
        })
    }

    fn line(&self, at: Timestamp, name: &str, words: impl Render, result: &str) -> Markup {
        let since = at.duration_since(self.detail.run.start);
        html! {
            span.line {
                time.since datetime=(at) title=(date_time(self.zone, at)) { "+" (duration(since.max(SignedDuration::ZERO))) }
                span.what { strong { (name) } " " span.words { (words) } }
                @if !result.is_empty() { span.said { (result) } }
            }
        }
    }
}

/// The status of an action that did not succeed.
fn result(ActionView { status, code, .. }: &ActionView) -> String {
    match code {
        _ if status == "Succeeded" => String::new(),
        // `ActionFailed` adds nothing to `Failed`.
        Some(code) if !code.is_empty() && !code.ends_with(status) => format!("{status}: {code}"),
        _ => status.clone(),
    }
}

fn data(content: &Content, key: &str, title: &str) -> Markup {
    match content {
        Content::Redacted => html! {
            p.secured data-secured=(key) { strong { (title) } " hidden: the workflow secures them." }
        },
        Content::Value(value) if !value.is_null() => block(title, &pretty(value)),
        Content::Value(_) | Content::None => html! {},
    }
}

fn block(title: &str, text: &str) -> Markup {
    html! {
        p.label { (title) }
        pre.json { (text) }
    }
}

fn pretty(value: &Value) -> String {
    cut(match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    })
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_CHARACTERS) {
        None => text,
        Some((end, _)) => {
            let more = text[end..].chars().count();
            format!("{}\n… and {more} more characters", &text[..end])
        }
    }
}

fn skipped(detail: &RunDetail) -> Markup {
    let skipped = detail.actions.iter();
    let skipped = skipped.filter(|action| action.status == "Skipped");
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

/// A line of a log without its time and dyno.
fn log_line(line: &str) -> Cow<'_, str> {
    match parts(line) {
        Some(("app", _, text)) => text.into(),
        Some((source, _, text)) => format!("{source}: {text}").into(),
        None => line.into(),
    }
}

fn unreadable_log(Diagnostic { summary, help }: &Diagnostic) -> Markup {
    html! {
        "The log cannot be read: " (prose(summary)) "."
        @if let Some(help) = help { " What to do: " (prose(help)) }
    }
}

/// Why lines of Heroku are missing, and those that the workflow keeps.
fn log(zone: &Zone, RunDetail { run, log, .. }: &RunDetail) -> Markup {
    html! {
        @if let RunLog::Outdated { outdated, .. } = log {
            div.kept data-kind="outdated-log" {
                p.small {
                    (unreadable_log(&outdated.diagnostic))
                    " The lines are those of "
                    time datetime=(outdated.since) { (date_time(zone, outdated.since)) } "."
                }
            }
        }
        @if log.lines().is_none() && run.outcome != Outcome::Skipped {
            div.kept data-kind="kept-log" {
                @match log {
                    RunLog::Unreadable(diagnostic) => p.small { (unreadable_log(diagnostic)) },
                    _ => p.small { "Heroku has no log lines of this run. It keeps the last 1,500 lines of an app, for a week." },
                }
                @if !run.log.is_empty() {
                    p.label { "Last lines, kept by the workflow" }
                    pre.log { @for line in run.log.iter() { (log_line(line)) "\n" } }
                }
            }
        }
    }
}
