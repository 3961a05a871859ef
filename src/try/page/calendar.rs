//! The schedule, a few weeks of it: how past runs ended, and when the next are due.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};

use super::Job;
use super::record::Recorded;

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
    next: Vec<Timestamp>,
}

/// A table of weeks around `now`, and the next times in words.
pub(super) fn of(job: &Job, runs: &[std::sync::Arc<Recorded>], now: Timestamp) -> Markup {
    let clock = job.job.schedule.zone().clock();
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
    let due = job.job.schedule.occurrences(now).take(MOST);
    let due: Vec<_> = due
        .map(|due| due.at)
        .take_while(|at| date(*at) < end)
        .collect();
    // The day of the last may have more.
    let cut = due.get(MOST - 1).map(|at| date(*at));
    for at in &due {
        days.entry(date(*at)).or_default().next.push(*at);
    }
    let nothing = Day::default();
    html! {
        table.calendar {
            caption.small { "In " (job.job.schedule.zone().name()) ". What has been is marked ✓ sent, ✕ failed, – not run; the rest is due." }
            thead { tr { @for name in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] { th scope="col" { (name) } } } }
            tbody {
                @for week in 0..WEEKS {
                    tr {
                        @for day in 0..7 {
                            @let date = first.saturating_add((week * 7 + day).days());
                            (cell(job, date, today, days.get(&date).unwrap_or(&nothing), cut))
                        }
                    }
                }
            }
        }
        (next(job, &due))
    }
}

fn monday(date: Date) -> Date {
    let past = date.weekday().since(Weekday::Monday);
    date.saturating_sub(i64::from(past).days())
}

fn cell(job: &Job, date: Date, today: Date, day: &Day<'_>, cut: Option<Date>) -> Markup {
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
            @for run in marked(&day.past) { (past(job, run)) }
            @if day.past.len() > A_DAY { span.count { (day.past.len()) " runs" } }
            @if day.next.len() > A_DAY { span.count { (day.next.len()) (more) " due" } }
            @else { @for at in &day.next { span.due { (clock_time(job, *at)) } } }
        }
    }
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

fn past(job: &Job, run: &Recorded) -> Markup {
    let tone = run.tone();
    let words = format!("{}, {}", job.outcome(run), clock_time(job, run.run.fired));
    html! {
        a class={ "mark " (tone.class()) } href={ "/runs/" (run.run.id) }
            aria-label=(words) title=(words) { (tone.mark()) }
    }
}

fn next(job: &Job, due: &[Timestamp]) -> Markup {
    let clock = job.job.schedule.zone().clock();
    html! {
        p.label { "Next" }
        @if due.is_empty() { p.small { "Nothing is due in these weeks." } }
        ol.next #next {
            @for at in due.iter().take(3) {
                li { time datetime=(at) { (clock.to_datetime(*at).strftime("%a %-d %b %Y, %H:%M")) } }
            }
        }
    }
}

fn clock_time(job: &Job, at: Timestamp) -> String {
    let clock = job.job.schedule.zone().clock();
    clock.to_datetime(at).strftime("%H:%M").to_string()
}
