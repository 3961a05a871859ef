//! Date and time functions. Timestamps are texts; a result is written in .NET's format `o` unless
//! another is asked for.

use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use windows_timezones::WindowsTimezone;

use super::time_format::{ROUND_TRIP, formatted};
use super::time_parse::{Moment, moment};
use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

const TICKS_PER_SECOND: i64 = 10_000_000;

/// .NET has no other years.
const OUT_OF_RANGE: &str = "the result is not within the years 1 to 9999";

fn timestamp(arguments: &Arguments<'_>, index: usize) -> Result<Moment, EvalError> {
    moment(arguments.text(index)?)
        .filter(|moment| moment.at.year() >= 1)
        .ok_or_else(|| arguments.unfit(index, "a timestamp", "it was another text"))
}

fn written<'e>(arguments: &Arguments<'_>, moment: Moment, format: usize) -> Outcome<'e> {
    let format = arguments.optional_text(format)?.unwrap_or(ROUND_TRIP);
    written_as(arguments, moment, format)
}

fn moved(arguments: &Arguments<'_>, from: Moment, span: Span) -> Result<Moment, EvalError> {
    let at = from.at.checked_add(span);
    let at = at.map_err(|_| arguments.fail(OUT_OF_RANGE))?;
    if at.year() < 1 {
        return Err(arguments.fail(OUT_OF_RANGE));
    }
    Ok(Moment { at, ..from })
}

/// `count` units, of which some names are known.
fn span(arguments: &Arguments<'_>, count: usize, unit: &str) -> Option<Result<Span, EvalError>> {
    let integer = match arguments.integer(count) {
        Ok(integer) => integer,
        Err(error) => return Some(Err(error)),
    };
    let span = match unit.to_ascii_lowercase().as_str() {
        "second" => Span::new().try_seconds(integer),
        "minute" => Span::new().try_minutes(integer),
        "hour" => Span::new().try_hours(integer),
        "day" => Span::new().try_days(integer),
        "week" => Span::new().try_weeks(integer),
        "month" => Span::new().try_months(integer),
        "year" => Span::new().try_years(integer),
        _ => return None,
    };
    Some(span.map_err(|_| arguments.fail("the interval is beyond what a date can hold")))
}

fn named_span(arguments: &Arguments<'_>, count: usize) -> Result<Span, EvalError> {
    span(arguments, count, arguments.text(count + 1)?).unwrap_or_else(|| {
        Err(arguments.unfit(
            count + 1,
            "Second, Minute, Hour, Day, Week, Month or Year",
            "it was another text",
        ))
    })
}

fn add<'e>(arguments: &Arguments<'_>, unit: &str) -> Outcome<'e> {
    let from = timestamp(arguments, 0)?;
    let span = span(arguments, 1, unit).unwrap_or_else(|| Ok(Span::new()))?;
    written(arguments, moved(arguments, from, span)?, 2)
}

pub(crate) fn add_days(arguments: Arguments<'_>) -> Outcome<'_> {
    add(&arguments, "day")
}

pub(crate) fn add_hours(arguments: Arguments<'_>) -> Outcome<'_> {
    add(&arguments, "hour")
}

pub(crate) fn add_minutes(arguments: Arguments<'_>) -> Outcome<'_> {
    add(&arguments, "minute")
}

pub(crate) fn add_seconds(arguments: Arguments<'_>) -> Outcome<'_> {
    add(&arguments, "second")
}

pub(crate) fn add_to_time(arguments: Arguments<'_>) -> Outcome<'_> {
    let span = named_span(&arguments, 1)?;
    let to = moved(&arguments, timestamp(&arguments, 0)?, span)?;
    written(&arguments, to, 3)
}

pub(crate) fn subtract_from_time(arguments: Arguments<'_>) -> Outcome<'_> {
    let span = named_span(&arguments, 1)?.negate();
    let to = moved(&arguments, timestamp(&arguments, 0)?, span)?;
    written(&arguments, to, 3)
}

fn now(arguments: &Arguments<'_>) -> Moment {
    arguments.environment.now().into()
}

pub(crate) fn utc_now(arguments: Arguments<'_>) -> Outcome<'_> {
    written(&arguments, now(&arguments), 0)
}

pub(crate) fn get_future_time(arguments: Arguments<'_>) -> Outcome<'_> {
    let to = moved(&arguments, now(&arguments), named_span(&arguments, 0)?)?;
    written(&arguments, to, 2)
}

pub(crate) fn get_past_time(arguments: Arguments<'_>) -> Outcome<'_> {
    let span = named_span(&arguments, 0)?.negate();
    written(&arguments, moved(&arguments, now(&arguments), span)?, 2)
}

pub(crate) fn format_date_time(arguments: Arguments<'_>) -> Outcome<'_> {
    english_only(&arguments, 2)?;
    written(&arguments, timestamp(&arguments, 0)?, 1)
}

pub(crate) fn parse_date_time(arguments: Arguments<'_>) -> Outcome<'_> {
    english_only(&arguments, 1)?;
    if arguments.optional_text(2)?.is_some() {
        return Err(arguments.fail("a format to read by is not supported"));
    }
    written(&arguments, timestamp(&arguments, 0)?, usize::MAX)
}

fn english_only(arguments: &Arguments<'_>, index: usize) -> Result<(), EvalError> {
    match arguments.optional_text(index)? {
        None => Ok(()),
        Some(locale) if locale.eq_ignore_ascii_case("en-us") => Ok(()),
        Some(_) => Err(arguments.unfit(index, "en-us", "no other locale is supported")),
    }
}

fn start<'e>(arguments: &Arguments<'_>, of: fn(DateTime) -> Option<DateTime>) -> Outcome<'e> {
    let from = timestamp(arguments, 0)?;
    match of(from.at) {
        Some(at) => written(arguments, Moment { at, ..from }, 1),
        None => Err(arguments.fail("there is no such time")),
    }
}

pub(crate) fn start_of_hour(arguments: Arguments<'_>) -> Outcome<'_> {
    start(&arguments, |at| {
        at.with()
            .minute(0)
            .second(0)
            .subsec_nanosecond(0)
            .build()
            .ok()
    })
}

pub(crate) fn start_of_day(arguments: Arguments<'_>) -> Outcome<'_> {
    start(&arguments, |at| {
        Some(at.date().to_datetime(jiff::civil::Time::midnight()))
    })
}

pub(crate) fn start_of_month(arguments: Arguments<'_>) -> Outcome<'_> {
    start(&arguments, |at| {
        let first = at.date().first_of_month();
        Some(first.to_datetime(jiff::civil::Time::midnight()))
    })
}

pub(crate) fn day_of_month(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(timestamp(&arguments, 0)?.at.day())
}

/// Sunday is 0.
pub(crate) fn day_of_week(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(
        timestamp(&arguments, 0)?
            .at
            .weekday()
            .to_sunday_zero_offset(),
    )
}

pub(crate) fn day_of_year(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(timestamp(&arguments, 0)?.at.day_of_year())
}

/// Hundreds of nanoseconds since the beginning of the year 1.
fn ticks_of(at: DateTime) -> i64 {
    let since = DateTime::constant(1, 1, 1, 0, 0, 0, 0).duration_until(at);
    since.as_secs() * TICKS_PER_SECOND + i64::from(since.subsec_nanos()) / 100
}

pub(crate) fn ticks(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(ticks_of(timestamp(&arguments, 0)?.at))
}

/// The time between two timestamps as .NET writes a span: `[-][d.]hh:mm:ss[.fffffff]`.
pub(crate) fn date_difference(arguments: Arguments<'_>) -> Outcome<'_> {
    let from = ticks_of(timestamp(&arguments, 0)?.at);
    let to = ticks_of(timestamp(&arguments, 1)?.at);
    let sign = if to < from { "-" } else { "" };
    let ticks = to.abs_diff(from);
    let (seconds, fraction) = (ticks / 10_000_000, ticks % 10_000_000);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let days = if days > 0 {
        format!("{days}.")
    } else {
        String::new()
    };
    let fraction = if fraction > 0 {
        format!(".{fraction:07}")
    } else {
        String::new()
    };
    owned(format!(
        "{sign}{days}{hours:02}:{:02}:{:02}{fraction}",
        seconds / 60 % 60,
        seconds % 60
    ))
}

/// A zone by its Windows name, as the service knows it.
fn zone(arguments: &Arguments<'_>, index: usize) -> Result<TimeZone, EvalError> {
    let name = arguments.text(index)?;
    if name.eq_ignore_ascii_case("UTC") {
        return Ok(TimeZone::UTC);
    }
    name.parse::<WindowsTimezone>()
        .ok()
        .and_then(|zone| TimeZone::get(zone.tzdb_id()).ok())
        .ok_or_else(|| {
            arguments.unfit(
                index,
                "a Windows time zone, such as 'Pacific Standard Time'",
                "it was another text",
            )
        })
}

/// A time of `zone`, where its text does not say that it is one of UTC.
fn instant(
    arguments: &Arguments<'_>,
    moment: Moment,
    zone: &TimeZone,
) -> Result<jiff::Timestamp, EvalError> {
    let zone = if moment.utc { &TimeZone::UTC } else { zone };
    zone.to_timestamp(moment.at)
        .map_err(|_| arguments.fail("the timestamp is beyond what can be held"))
}

fn local(instant: jiff::Timestamp, zone: &TimeZone) -> Moment {
    Moment {
        at: zone.to_datetime(instant),
        utc: false,
    }
}

pub(crate) fn convert_from_utc(arguments: Arguments<'_>) -> Outcome<'_> {
    let instant = instant(&arguments, timestamp(&arguments, 0)?, &TimeZone::UTC)?;
    written(&arguments, local(instant, &zone(&arguments, 1)?), 2)
}

pub(crate) fn convert_to_utc(arguments: Arguments<'_>) -> Outcome<'_> {
    let source = zone(&arguments, 1)?;
    let instant = instant(&arguments, timestamp(&arguments, 0)?, &source)?;
    written(&arguments, instant.into(), 2)
}

pub(crate) fn convert_time_zone(arguments: Arguments<'_>) -> Outcome<'_> {
    let (source, target) = (zone(&arguments, 1)?, zone(&arguments, 2)?);
    let instant = instant(&arguments, timestamp(&arguments, 0)?, &source)?;
    written(&arguments, local(instant, &target), 3)
}

/// `dateTimeAdd` of ARM templates: a timestamp and a duration by ISO 8601, such as `-PT9H`. There a
/// year is 365 days and a month 30.
pub(crate) fn date_time_add(arguments: Arguments<'_>) -> Outcome<'_> {
    const ISO: &str = "yyyy-MM-ddTHH:mm:ssK";
    let unfit = || arguments.unfit(1, "a duration such as 'P1DT2H'", "it was another text");
    let span: Span = arguments.text(1)?.parse().map_err(|_| unfit())?;
    let days = i64::from(span.get_years()) * 365
        + i64::from(span.get_months()) * 30
        + i64::from(span.get_days());
    let span = span
        .years(0)
        .months(0)
        .try_days(days)
        .map_err(|_| unfit())?;
    let to = moved(&arguments, timestamp(&arguments, 0)?, span)?;
    invariant(&arguments, to, 2, ISO)
}

/// `utcNow` of ARM templates.
pub(crate) fn template_utc_now(arguments: Arguments<'_>) -> Outcome<'_> {
    invariant(&arguments, now(&arguments), 0, "yyyyMMddTHHmmssZ")
}

/// Templates are written in the invariant culture, of which there is here what `en-US` shares.
fn invariant<'e>(
    arguments: &Arguments<'_>,
    moment: Moment,
    index: usize,
    default: &str,
) -> Outcome<'e> {
    let format = arguments.optional_text(index)?.unwrap_or(default);
    if format.len() == 1 && !"oOrRsu".contains(format) {
        let because = "of the formats of one letter there are o, r, s and u";
        return Err(arguments.unfit(index, "a format such as 'yyyy-MM-dd'", because));
    }
    written_as(arguments, moment, format)
}

fn written_as<'e>(arguments: &Arguments<'_>, moment: Moment, format: &str) -> Outcome<'e> {
    match formatted(moment, format) {
        Ok(text) => owned(text),
        Err(message) => Err(arguments.fail(message)),
    }
}
