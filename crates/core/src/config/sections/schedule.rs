//! The schedule of a job: keys of `[schedule]` or `[jobs.NAME]`.

use std::ops::Range;

use super::super::mistake::{Mistakes, ScheduleSpans, Spanned};
use super::super::table::Section;
use crate::schedule::{Schedule, ScheduleKey, ScheduleText};

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

/// Reads the schedule of a section, and adds the spans of its keys to `spans`.
pub(super) fn read(
    section: &Section<'_>,
    spans: &mut ScheduleSpans,
    mistakes: &mut Mistakes,
) -> Option<Schedule> {
    let before = mistakes.0.len();
    let mut text = ScheduleText::default();
    if let Some(cron) = section.text("cron", mistakes) {
        spans.add_cron(&cron.value, cron.span);
        text.cron = Some(cron.value);
    }
    let mut place = |place, span: Range<usize>| spans.add(place, span);
    if let Some(span) = &section.span {
        place(ScheduleKey::Section, span.clone());
    }
    let mut keep = |of, text: Option<Spanned<String>>| {
        text.map(|text| {
            place(of, text.span);
            text.value
        })
    };
    text.every = keep(ScheduleKey::Every, section.text("every", mistakes));
    text.start = keep(ScheduleKey::Start, section.text_or_date("start", mistakes));
    text.time_zone = keep(ScheduleKey::TimeZone, section.text("time_zone", mistakes));
    text.overlap = keep(ScheduleKey::Overlap, section.text("overlap", mistakes));
    if let Some(at) = section.texts("at", mistakes) {
        text.at = listed(at, ScheduleKey::At, ScheduleKey::AtNth, &mut place);
    }
    if let Some(on) = section.texts("on", mistakes) {
        text.on = listed(on, ScheduleKey::On, ScheduleKey::OnNth, &mut place);
    }
    if let Some(months) = section.texts("months", mistakes) {
        text.months = listed(
            months,
            ScheduleKey::Months,
            ScheduleKey::MonthsNth,
            &mut place,
        );
    }
    if let Some(catch_up) = section.flag("catch_up", mistakes) {
        place(ScheduleKey::CatchUp, catch_up.span);
        text.catch_up = catch_up.value;
    }
    let readable = section.is_valid && mistakes.0.len() == before;
    match Schedule::new(&text) {
        Ok(schedule) => readable.then_some(schedule),
        Err(errors) => {
            for error in errors {
                // An unreadable key counts as missing, so errors about combinations may be wrong.
                if error.together {
                    if readable {
                        mistakes.add_missing(spans.get(error.place), error.problem, error.help);
                    }
                } else {
                    mistakes.add(spans.get(error.place), error.problem, error.help);
                }
            }
            None
        }
    }
}

fn listed(
    texts: Spanned<Vec<Spanned<String>>>,
    whole: ScheduleKey,
    nth: impl Fn(usize) -> ScheduleKey,
    place: &mut impl FnMut(ScheduleKey, Range<usize>),
) -> Vec<String> {
    place(whole, texts.span);
    let each = texts.value.into_iter().enumerate();
    each.map(|(n, text)| {
        place(nth(n), text.span);
        text.value
    })
    .collect()
}
