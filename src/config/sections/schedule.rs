//! When a job runs: keys of `[schedule]`, or of `[jobs.NAME]`.

use std::ops::Range;

use super::super::places::{Mistakes, SchedulePlaces, Spanned};
use super::super::table::Section;
use crate::schedule::{Place, Schedule, Words};

/// The keys of a schedule.
pub(super) const KEYS: [&str; 9] = [
    "cron",
    "every",
    "at",
    "on",
    "months",
    "start",
    "time_zone",
    "catch_up",
    "overlap",
];

/// The schedule that the section describes; its keys' places are added to `places`.
pub(super) fn read(
    section: &Section<'_>,
    places: &mut SchedulePlaces,
    mistakes: &mut Mistakes,
) -> Option<Schedule> {
    let before = mistakes.0.len();
    let mut words = Words::default();
    if let Some(cron) = section.text("cron", mistakes) {
        places.add_cron(&cron.value, cron.span);
        words.cron = Some(cron.value);
    }
    let mut place = |place, span: Range<usize>| places.add(place, span);
    if let Some(span) = &section.span {
        place(Place::Section, span.clone());
    }
    let mut keep = |of, text: Option<Spanned<String>>| {
        text.map(|text| {
            place(of, text.span);
            text.value
        })
    };
    words.every = keep(Place::Every, section.text("every", mistakes));
    words.start = keep(Place::Start, section.text_or_date("start", mistakes));
    words.time_zone = keep(Place::TimeZone, section.text("time_zone", mistakes));
    words.overlap = keep(Place::Overlap, section.text("overlap", mistakes));
    if let Some(at) = section.texts("at", mistakes) {
        words.at = listed(at, Place::At, Place::AtNth, &mut place);
    }
    if let Some(on) = section.texts("on", mistakes) {
        words.on = listed(on, Place::On, Place::OnNth, &mut place);
    }
    if let Some(months) = section.texts("months", mistakes) {
        words.months = listed(months, Place::Months, Place::MonthsNth, &mut place);
    }
    if let Some(catch_up) = section.flag("catch_up", mistakes) {
        place(Place::CatchUp, catch_up.span);
        words.catch_up = catch_up.value;
    }
    let readable = section.is_right && mistakes.0.len() == before;
    match Schedule::new(&words) {
        Ok(schedule) => readable.then_some(schedule),
        Err(errors) => {
            for error in errors {
                // What was not readable is missing, which says nothing about the rest.
                if error.together {
                    if readable {
                        mistakes.add_missing(
                            places.span_of(error.place),
                            error.problem,
                            error.help,
                        );
                    }
                } else {
                    mistakes.add(places.span_of(error.place), error.problem, error.help);
                }
            }
            None
        }
    }
}

fn listed(
    texts: Spanned<Vec<Spanned<String>>>,
    whole: Place,
    nth: impl Fn(usize) -> Place,
    place: &mut impl FnMut(Place, Range<usize>),
) -> Vec<String> {
    place(whole, texts.span);
    let each = texts.value.into_iter().enumerate();
    each.map(|(n, text)| {
        place(nth(n), text.span);
        text.value
    })
    .collect()
}
