//! The schedules of all jobs: two weeks of runs and three weeks of due times.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};

use super::format::{outcome, time_of_day};
use super::links::Links;
use super::tone::Tone;
use super::{number, zone};
use crate::dashboard::view::{Board, JobState, JobView, RunView};
use picletter_core::schedule::{Zone, timeline};

/// Weeks that are shown.
const WEEKS: i32 = 5;

/// Weeks before the current one that are shown if they have runs.
const WEEKS_BACK: i32 = 2;

/// Due times that are counted. Later days show none.
const MAX_DUE: usize = 500;

/// Runs or due times of a day that are shown one by one.
const MAX_PER_DAY: usize = 2;

/// Due times that are listed below.
const NEXT: usize = 3;

#[derive(Default)]
struct Day<'a> {
    past: Vec<Past<'a>>,
    next: Vec<Due>,
}

#[derive(Clone, Copy)]
struct Past<'a> {
    job: &'a JobView,
    run: &'a RunView,
}

#[derive(Clone, Copy)]
struct Due {
    /// Index of the job.
    job: usize,
    at: Timestamp,
}

struct Calendar<'a> {
    board: &'a Board,
    zone: Zone,
    links: Links,
}

/// The calendar, and the next due times in words.
pub(crate) fn calendar(board: &Board, links: Links) -> Markup {
    let calendar = Calendar {
        board,
        zone: zone(board),
        links,
    };
    let today = calendar.date(board.now);
    let earliest = today.saturating_sub((WEEKS_BACK * 7).days());
    let mut past: Vec<Past<'_>> = Vec::new();
    for job in &board.jobs {
        let runs = job.history.runs.iter();
        let runs =
            runs.take_while(|run| calendar.date(run.start) >= earliest.saturating_sub(7.days()));
        past.extend(runs.map(|run| Past { job, run }));
    }
    past.sort_by_key(|one| one.run.start);
    let oldest = past
        .first()
        .map_or(today, |one| calendar.date(one.run.start));
    let first = monday(oldest.min(today).max(earliest));
    let end = first.saturating_add((WEEKS * 7).days());

    let mut days: BTreeMap<Date, Day<'_>> = BTreeMap::new();
    for one in past {
        days.entry(calendar.date(one.run.start))
            .or_default()
            .past
            .push(one);
    }
    let on_schedule = board.jobs.iter().enumerate();
    let on_schedule: Vec<_> = on_schedule
        .filter(|(_, view)| view.state == JobState::OnSchedule && !view.has_unknown_schedule())
        .collect();
    let schedules = on_schedule.iter().map(|(_, view)| &view.job.schedule);
    let due = timeline(schedules, board.now).filter_map(|(n, due)| {
        let (job, _) = on_schedule.get(n)?;
        Some(Due {
            job: *job,
            at: due.at,
        })
    });
    let due: Vec<_> = due
        .take(MAX_DUE)
        .take_while(|due| calendar.date(due.at) < end)
        .collect();
    // The last counted day can have more.
    let cut = due.get(MAX_DUE - 1).map(|due| calendar.date(due.at));
    for due in &due {
        days.entry(calendar.date(due.at))
            .or_default()
            .next
            .push(*due);
    }
    let nothing = Day::default();
    html! {
        table.calendar {
            caption.small { "Times are in " (calendar.zone.name()) "."
                @if calendar.has_several() { " The numbers are those of the jobs above." }
                " ✓ succeeded, ✕ failed, – skipped; times without a mark are due." }
            thead { tr { @for name in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] { th scope="col" { (name) } } } }
            tbody {
                @for week in 0..WEEKS {
                    tr {
                        @for day in 0..7 {
                            @let date = first.saturating_add((week * 7 + day).days());
                            (calendar.cell(date, today, days.get(&date).unwrap_or(&nothing), cut))
                        }
                    }
                }
            }
        }
        (calendar.next(&due))
    }
}

fn monday(date: Date) -> Date {
    let past = date.weekday().since(Weekday::Monday);
    date.saturating_sub(i64::from(past).days())
}

impl Calendar<'_> {
    fn date(&self, at: Timestamp) -> Date {
        self.zone.clock().to_datetime(at).date()
    }

    fn has_several(&self) -> bool {
        self.board.jobs.len() > 1
    }

    fn cell(&self, date: Date, today: Date, day: &Day<'_>, cut: Option<Date>) -> Markup {
        let class = match date.cmp(&today) {
            std::cmp::Ordering::Less => "past",
            std::cmp::Ordering::Equal => "today",
            std::cmp::Ordering::Greater => "coming",
        };
        let label = if date.day() == 1 { "%-d %b" } else { "%-d" };
        let more = if cut.is_some_and(|cut| cut <= date) {
            "+"
        } else {
            ""
        };
        html! {
            td class=(class) aria-current=[(date == today).then_some("date")] {
                time.date datetime=(date) { (date.strftime(label)) }
                @for one in marked(&day.past) { (self.past(one)) }
                @if day.past.len() > MAX_PER_DAY { span.count { (day.past.len()) " runs" } }
                @if day.next.len() > MAX_PER_DAY { span.count { (day.next.len()) (more) " due" } }
                @if day.next.len() <= MAX_PER_DAY {
                    @for due in &day.next {
                        span.due { (time_of_day(&self.zone, due.at)) @if self.has_several() { " " (number(due.job)) } }
                    }
                } @else if self.has_several() {
                    span.due { (numbers(&day.next)) }
                }
            }
        }
    }

    fn past(&self, Past { job, run }: Past<'_>) -> Markup {
        let tone = Tone::for_outcome(run.outcome);
        let name = if self.has_several() {
            format!("{}: ", job.job.label())
        } else {
            String::new()
        };
        let time = time_of_day(&self.zone, run.start);
        let words = format!("{name}{}, {time}", outcome(run));
        html! {
            @match self.links.run(&job.job, &run.id) {
                Some(address) => a class={ "mark " (tone.class()) } href=(address) aria-label=(words) title=(words) { (tone.mark()) },
                None => span class={ "mark " (tone.class()) } title=(words) {
                    span aria-hidden="true" { (tone.mark()) }
                    span.hidden { (words) }
                },
            }
        }
    }

    fn next(&self, due: &[Due]) -> Markup {
        html! {
            p.label { "Next" }
            @if due.is_empty() { p.small { "Nothing is due in these weeks." } }
            @else {
                ol.next #next {
                    @for due in due.iter().take(NEXT) {
                        li {
                            time datetime=(due.at) { (self.zone.clock().to_datetime(due.at).strftime("%a %-d %b %Y, %H:%M")) }
                            @if let Some(view) = self.board.jobs.get(due.job).filter(|_| self.has_several()) { " " (view.job.label()) }
                        }
                    }
                }
            }
        }
    }
}

/// The numbers of the jobs that are due.
fn numbers(due: &[Due]) -> String {
    let jobs: BTreeSet<usize> = due.iter().map(|due| due.job).collect();
    let numbers: Vec<_> = jobs.into_iter().map(number).collect();
    numbers.join(" ")
}

/// Each of a few runs; of more, the newest of each tone.
fn marked<'a>(past: &[Past<'a>]) -> Vec<Past<'a>> {
    if past.len() <= MAX_PER_DAY {
        return past.to_vec();
    }
    let tone = |one: &Past<'_>| Tone::for_outcome(one.run.outcome);
    let mut marked: Vec<Past<'a>> = Vec::new();
    for one in past.iter().rev() {
        if marked.iter().all(|other| tone(other) != tone(one)) {
            marked.push(*one);
        }
    }
    marked
}
