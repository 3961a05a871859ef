//! The last 90 days of a job as a calendar: a cell a day, a column a week.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};

use super::format::count;
use super::tone::Tone;
use crate::dashboard::view::{History, JobView};
use picletter_core::deploy::status::Outcome;

/// Days that are shown.
pub(crate) const DAYS: i32 = 90;

/// The runs of a day by outcome.
#[derive(Debug, Default, Clone, Copy)]
struct Day {
    succeeded: usize,
    failed: usize,
    skipped: usize,
    running: usize,
}

impl Day {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Running => self.running += 1,
            Outcome::Succeeded => self.succeeded += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Skipped => self.skipped += 1,
        }
    }

    /// A day with a failure is bad.
    fn tone(self) -> Option<Tone> {
        match self {
            Self { failed: 1.., .. } => Some(Tone::Bad),
            Self { running: 1.., .. } => Some(Tone::Going),
            Self { succeeded: 1.., .. } => Some(Tone::Good),
            Self { skipped: 1.., .. } => Some(Tone::Quiet),
            _ => None,
        }
    }

    fn words(self) -> String {
        let parts = [
            (self.failed, "failed"),
            (self.succeeded, "succeeded"),
            (self.skipped, "skipped"),
            (self.running, "running"),
        ];
        let parts = parts.into_iter().filter(|(number, _)| *number > 0);
        let parts: Vec<String> = parts
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        if parts.is_empty() {
            "no run".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

/// First of the 90 days before and with today, in the job's zone; and today.
pub(crate) fn range(view: &JobView, now: Timestamp) -> (Date, Date) {
    let today = view.job.schedule.zone().clock().to_datetime(now).date();
    (today.saturating_sub((DAYS - 1).days()), today)
}

/// The calendar.
pub(crate) fn table(view: &JobView, now: Timestamp) -> Markup {
    let (first, today) = range(view, now);
    let days = days(view);
    let complete_since = complete_since(view, &view.history);
    let monday = first.saturating_sub(i64::from(first.weekday().since(Weekday::Monday)).days());
    let weeks: Vec<Date> =
        std::iter::successors(Some(monday), |week| week.checked_add(7.days()).ok())
            .take_while(|week| *week <= today)
            .collect();
    let ranks = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    html! {
        table.days {
            caption.hidden { "Runs by day, a column for each week" }
            thead {
                tr {
                    td {}
                    @for week in &weeks { (month(*week, first)) }
                }
            }
            tbody {
                @for (n, name) in (0..).zip(ranks) {
                    tr {
                        th scope="row" { (name) }
                        @for week in &weeks {
                            @let date = week.saturating_add(i64::from(n).days());
                            @if date < first || date > today {
                                td.outside {}
                            } @else {
                                (cell(date, days.get(&date).copied().unwrap_or_default(), complete_since, date == today))
                            }
                        }
                    }
                }
            }
        }
        (summary(view, first, complete_since))
    }
}

/// The name of the month that starts in a week.
fn month(week: Date, first: Date) -> Markup {
    let starts = (0..7)
        .map(|day| week.saturating_add(day.days()))
        .find(|date| date.day() == 1 && *date >= first);
    html! {
        @match starts {
            Some(date) => th scope="col" { (date.strftime("%b")) },
            None => td {},
        }
    }
}

fn cell(date: Date, day: Day, complete_since: Option<Date>, is_today: bool) -> Markup {
    let is_partial = complete_since.is_none_or(|since| date < since);
    let (class, mark) = match day.tone() {
        Some(tone) => (tone.class(), tone.mark()),
        None if is_partial => ("partial", "?"),
        None => ("none", "·"),
    };
    let words = match (day.tone(), is_partial) {
        (None, true) => "not read".to_owned(),
        (_, true) => format!("{}; more runs were not read", day.words()),
        (_, false) => day.words(),
    };
    let words = format!("{}: {words}", date.strftime("%a %-d %b"));
    html! {
        td class=(class) title=(words) aria-current=[is_today.then_some("date")] {
            span aria-hidden="true" { (mark) }
            span.hidden { (words) }
        }
    }
}

fn days(view: &JobView) -> BTreeMap<Date, Day> {
    let clock = view.job.schedule.zone().clock();
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    for run in &view.history.runs {
        let date = clock.to_datetime(run.start).date();
        days.entry(date).or_default().add(run.outcome);
    }
    days
}

/// First day of which all runs were read.
fn complete_since(view: &JobView, history: &History) -> Option<Date> {
    let clock = view.job.schedule.zone().clock();
    Some(clock.to_datetime(history.complete_since?).date())
}

fn summary(view: &JobView, first: Date, complete_since: Option<Date>) -> Markup {
    let mut all = Day::default();
    for run in &view.history.runs {
        all.add(run.outcome);
    }
    let runs = view.history.runs.len();
    let since = first.strftime("%-d %b %Y");
    html! {
        p.small {
            @match (complete_since, runs) {
                (None, _) => "The runs are not read yet. ",
                (_, 0) => { "No run since " (since) ". " }
                _ => { (count(runs, "run")) " since " (since) ": " (all.words()) ". " }
            }
            span.key { "✓ all succeeded, ✕ a run failed, – skipped, … running, · no run" }
        }
        @if let Some(since) = complete_since.filter(|since| *since > first) {
            p.small { "Days before " (since.strftime("%-d %b %Y")) " are incomplete: they show only runs that failed." }
        }
    }
}
