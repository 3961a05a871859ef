//! The schedule of a job: keys of `[schedule]` or `[jobs.NAME]`.

use std::ops::Range;

use super::super::file_diagnostic::{FileDiagnostics, ScheduleSpans, Spanned};
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
    errors: &mut FileDiagnostics,
) -> Option<Schedule> {
    let before = errors.0.len();
    let mut text = ScheduleText::default();
    if let Some(cron) = section.text("cron", errors) {
        spans.add_cron(&cron.value, cron.span);
        text.cron = Some(cron.value);
    }
    let mut add_span = |key, span: Range<usize>| spans.add(key, span);
    if let Some(span) = &section.span {
        add_span(ScheduleKey::Section, span.clone());
    }
    let mut keep = |key, text: Option<Spanned<String>>| {
        text.map(|text| {
            add_span(key, text.span);
            text.value
        })
    };
    text.every = keep(ScheduleKey::Every, section.text("every", errors));
    text.start = keep(ScheduleKey::Start, section.text_or_date("start", errors));
    text.time_zone = keep(ScheduleKey::TimeZone, section.text("time_zone", errors));
    text.overlap = keep(ScheduleKey::Overlap, section.text("overlap", errors));
    if let Some(at) = section.texts("at", errors) {
        text.at = listed(at, ScheduleKey::At, ScheduleKey::AtNth, &mut add_span);
    }
    if let Some(on) = section.texts("on", errors) {
        text.on = listed(on, ScheduleKey::On, ScheduleKey::OnNth, &mut add_span);
    }
    if let Some(months) = section.texts("months", errors) {
        text.months = listed(
            months,
            ScheduleKey::Months,
            ScheduleKey::MonthsNth,
            &mut add_span,
        );
    }
    if let Some(catch_up) = section.flag("catch_up", errors) {
        add_span(ScheduleKey::CatchUp, catch_up.span);
        text.catch_up = catch_up.value;
    }
    let readable = section.is_valid && errors.0.len() == before;
    match Schedule::new(&text) {
        Ok(schedule) => readable.then_some(schedule),
        Err(found) => {
            for error in found {
                // An unreadable key counts as missing, so errors about combinations may be wrong.
                // No key of another section can resolve them.
                if error.together {
                    if readable {
                        let span = spans.get(error.key);
                        errors.add_missing(span, &[], error.problem, error.help);
                    }
                } else {
                    errors.add(spans.get(error.key), error.problem, error.help);
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
    add_span: &mut impl FnMut(ScheduleKey, Range<usize>),
) -> Vec<String> {
    add_span(whole, texts.span);
    let each = texts.value.into_iter().enumerate();
    each.map(|(n, text)| {
        add_span(nth(n), text.span);
        text.value
    })
    .collect()
}
