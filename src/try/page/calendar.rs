//! The schedules of all jobs, a few weeks of them: how past runs ended, and when the next are due.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};

use super::ShownJobs;
use super::job_table::number;
use super::record::Recorded;
use crate::schedule::timeline;

const WEEKS: i32 = 5;

/// How many weeks before now are shown, where there were runs.
const WEEKS_BACK: i32 = 2;

/// How many times are counted at most: days beyond them have none.
const MOST: usize = 500;

/// Of more on one day only the number is shown.
const A_DAY: usize = 2;

#[derive(Default)]
struct Day<'a> {
    past: Vec<&'a Recorded>,
    next: Vec<Due>,
}

/// When a run is due, and the place of its job.
#[derive(Clone, Copy)]
struct Due {
    job: usize,
    at: Timestamp,
}

/// A table of weeks around `now`, and the next times in words.
pub(super) fn of(jobs: &ShownJobs, runs: &[std::sync::Arc<Recorded>], now: Timestamp) -> Markup {
    let clock = jobs.zone.clock();
    let date = |at: Timestamp| clock.to_datetime(at).date();
    let today = date(now);
    let oldest = runs.iter().map(|run| date(run.run.fired)).min();
    let first = oldest.map_or(today, |oldest| oldest.min(today));
    let first = monday(first.max(today.saturating_sub((WEEKS_BACK * 7).days())));
    let end = first.saturating_add((WEEKS * 7).days());

    let mut days: BTreeMap<Date, Day<'_>> = BTreeMap::new();
    for run in runs.iter().rev() {
        days.entry(date(run.run.fired)).or_default().past.push(run);
    }
    let schedules = jobs.jobs.iter().map(|job| &job.job.schedule);
    let due = timeline(schedules, now).map(|(job, due)| Due { job, at: due.at });
    let due: Vec<_> = due
        .take(MOST)
        .take_while(|due| date(due.at) < end)
        .collect();
    // The day of the last may have more.
    let cut = due.get(MOST - 1).map(|due| date(due.at));
    for due in &due {
        days.entry(date(due.at)).or_default().next.push(*due);
    }
    let nothing = Day::default();
    html! {
        table.calendar {
            caption.small { "In " (jobs.zone.name()) "."
                @if jobs.are_several() { " The numbers are those of the list of jobs." }
                " What has been is marked ✓ sent, ✕ failed, – not run; the rest is due." }
            thead { tr { @for name in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] { th scope="col" { (name) } } } }
            tbody {
                @for week in 0..WEEKS {
                    tr {
                        @for day in 0..7 {
                            @let date = first.saturating_add((week * 7 + day).days());
                            (cell(jobs, date, today, days.get(&date).unwrap_or(&nothing), cut))
                        }
                    }
                }
            }
        }
        (next(jobs, &due))
    }
}

fn monday(date: Date) -> Date {
    let past = date.weekday().since(Weekday::Monday);
    date.saturating_sub(i64::from(past).days())
}

fn cell(jobs: &ShownJobs, date: Date, today: Date, day: &Day<'_>, cut: Option<Date>) -> Markup {
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
            @for run in marked(&day.past) { (past(jobs, run)) }
            @if day.past.len() > A_DAY { span.count { (day.past.len()) " runs" } }
            @if day.next.len() > A_DAY { span.count { (day.next.len()) (more) " due" } }
            @if day.next.len() <= A_DAY {
                @for due in &day.next { span.due { (clock_time(jobs, due.at)) @if jobs.are_several() { " " (number(due.job)) } } }
            } @else if jobs.are_several() {
                span.due { (numbers(&day.next)) }
            }
        }
    }
}

/// The jobs that are due.
fn numbers(due: &[Due]) -> String {
    let jobs: BTreeSet<usize> = due.iter().map(|due| due.job).collect();
    let numbers: Vec<_> = jobs.into_iter().map(number).collect();
    numbers.join(" ")
}

/// Each of a few; of more the newest of each kind of outcome.
fn marked<'a>(past: &[&'a Recorded]) -> Vec<&'a Recorded> {
    if past.len() <= A_DAY {
        return past.to_vec();
    }
    let mut marked: Vec<&Recorded> = Vec::new();
    for run in past.iter().rev() {
        if marked.iter().all(|other| other.tone() != run.tone()) {
            marked.push(run);
        }
    }
    marked
}

fn past(jobs: &ShownJobs, run: &Recorded) -> Markup {
    let tone = run.tone();
    let job = jobs.job_of(run).map(|job| format!("{job}: "));
    let words = format!(
        "{}{}, {}",
        job.unwrap_or_default(),
        jobs.outcome(run),
        clock_time(jobs, run.run.fired)
    );
    html! {
        a class={ "mark " (tone.class()) } href={ "/runs/" (run.run.id) }
            aria-label=(words) title=(words) { (tone.mark()) }
    }
}

fn next(jobs: &ShownJobs, due: &[Due]) -> Markup {
    let clock = jobs.zone.clock();
    html! {
        p.label { "Next" }
        @if due.is_empty() { p.small { "Nothing is due in these weeks." } }
        ol.next #next {
            @for due in due.iter().take(3) {
                li {
                    time datetime=(due.at) { (clock.to_datetime(due.at).strftime("%a %-d %b %Y, %H:%M")) }
                    @if let Some(job) = jobs.jobs.get(due.job).filter(|_| jobs.are_several()) { " " (job.job.label()) }
                }
            }
        }
    }
}

fn clock_time(jobs: &ShownJobs, at: Timestamp) -> String {
    let clock = jobs.zone.clock();
    clock.to_datetime(at).strftime("%H:%M").to_string()
}
