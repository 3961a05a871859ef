//! `[schedule]`.

use std::ops::Range;

use toml::de::DeTable;

use super::super::places::Source;
use super::super::places::{Mistakes, Spanned};
use super::super::table::Section;
use crate::schedule::{Place, Schedule, Words};

/// The keys by which a table says when a job runs.
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

pub(super) fn read(
    root: &DeTable<'_>,
    source: &mut Source,
    mistakes: &mut Mistakes,
) -> Option<Schedule> {
    let before = mistakes.0.len();
    let section = Section::read(root, "schedule", &KEYS, &[], mistakes);
    if !section.exists() {
        let help = "add one, with such as `every = \"day\"` and `at = \"08:30\"` in it";
        mistakes.add(None, "there is no section [schedule]", help.to_owned());
        return None;
    }
    read_keys(&section, before, source, mistakes)
}

/// The schedule that [`KEYS`] of a table describe. Notes their places in `source`; `before` is how
/// many mistakes there were before the table was read.
pub(super) fn read_keys(
    section: &Section<'_>,
    before: usize,
    source: &mut Source,
    mistakes: &mut Mistakes,
) -> Option<Schedule> {
    let mut place = |place, span: Range<usize>| source.schedule.push((place, span));
    let mut words = Words::default();
    if let Some(span) = &section.span {
        place(Place::Section, span.clone());
    }
    let mut keep = |of, text: Option<Spanned<String>>| {
        text.map(|text| {
            place(of, text.span);
            text.value
        })
    };
    words.cron = keep(Place::Cron, section.text("cron", mistakes));
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
    let readable = mistakes.0.len() == before;
    match Schedule::new(&words) {
        Ok(schedule) => readable.then_some(schedule),
        Err(errors) => {
            for error in errors {
                // What was not readable is missing, which says nothing about the rest.
                if error.together {
                    if readable {
                        mistakes.add_missing(
                            source.span_of(error.place),
                            error.problem,
                            error.help,
                        );
                    }
                } else {
                    mistakes.add(source.span_of(error.place), error.problem, error.help);
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
