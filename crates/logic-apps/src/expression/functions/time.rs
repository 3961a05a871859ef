//! Date and time functions. Timestamps are strings; results have .NET's format `o` by default.

use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use windows_timezones::WindowsTimezone;

use super::time_format::{ROUND_TRIP, format_moment};
use super::time_parse::{Moment, parse_moment};
use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

const TICKS_PER_SECOND: i64 = 10_000_000;

/// Error for results outside the range of .NET's `DateTime`.
const OUT_OF_RANGE: &str = "the result is outside the years 1 to 9999";

fn timestamp(arguments: &Arguments<'_>, index: usize) -> Result<Moment, EvalError> {
    parse_moment(arguments.text(index)?)
        .filter(|moment| moment.at.year() >= 1)
        .ok_or_else(|| arguments.invalid(index, "a timestamp", "the string is not valid"))
}

fn format_result<'e>(arguments: &Arguments<'_>, moment: Moment, index: usize) -> Outcome<'e> {
    let format = arguments.optional_text(index)?.unwrap_or(ROUND_TRIP);
    format_with(arguments, moment, format)
}

fn shift(arguments: &Arguments<'_>, from: Moment, span: Span) -> Result<Moment, EvalError> {
    let at = from.at.checked_add(span);
    let at = at.map_err(|_| arguments.fail(OUT_OF_RANGE))?;
    if at.year() < 1 {
        return Err(arguments.fail(OUT_OF_RANGE));
    }
    Ok(Moment { at, ..from })
}

/// Returns a span in `unit`s, whose number is the argument at index `count`. `None` if the unit is
/// unknown.
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
    Some(span.map_err(|_| arguments.fail("the interval is out of range")))
}

fn named_span(arguments: &Arguments<'_>, count: usize) -> Result<Span, EvalError> {
    span(arguments, count, arguments.text(count + 1)?).unwrap_or_else(|| {
        Err(arguments.invalid(
            count + 1,
            "Second, Minute, Hour, Day, Week, Month, or Year",
            "the string is not valid",
        ))
    })
}

fn add<'e>(arguments: &Arguments<'_>, unit: &str) -> Outcome<'e> {
    let from = timestamp(arguments, 0)?;
    let span = span(arguments, 1, unit).unwrap_or_else(|| Ok(Span::new()))?;
    format_result(arguments, shift(arguments, from, span)?, 2)
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
    let to = shift(&arguments, timestamp(&arguments, 0)?, span)?;
    format_result(&arguments, to, 3)
}

pub(crate) fn subtract_from_time(arguments: Arguments<'_>) -> Outcome<'_> {
    let span = named_span(&arguments, 1)?.negate();
    let to = shift(&arguments, timestamp(&arguments, 0)?, span)?;
    format_result(&arguments, to, 3)
}

fn now(arguments: &Arguments<'_>) -> Moment {
    arguments.environment.now().into()
}

pub(crate) fn utc_now(arguments: Arguments<'_>) -> Outcome<'_> {
    format_result(&arguments, now(&arguments), 0)
}

pub(crate) fn get_future_time(arguments: Arguments<'_>) -> Outcome<'_> {
    let to = shift(&arguments, now(&arguments), named_span(&arguments, 0)?)?;
    format_result(&arguments, to, 2)
}

pub(crate) fn get_past_time(arguments: Arguments<'_>) -> Outcome<'_> {
    let span = named_span(&arguments, 0)?.negate();
    format_result(&arguments, shift(&arguments, now(&arguments), span)?, 2)
}

pub(crate) fn format_date_time(arguments: Arguments<'_>) -> Outcome<'_> {
    english_only(&arguments, 2)?;
    format_result(&arguments, timestamp(&arguments, 0)?, 1)
}

pub(crate) fn parse_date_time(arguments: Arguments<'_>) -> Outcome<'_> {
    english_only(&arguments, 1)?;
    if arguments.optional_text(2)?.is_some() {
        return Err(arguments.fail("the format argument is not supported"));
    }
    format_result(&arguments, timestamp(&arguments, 0)?, usize::MAX)
}

fn english_only(arguments: &Arguments<'_>, index: usize) -> Result<(), EvalError> {
    match arguments.optional_text(index)? {
        None => Ok(()),
        Some(locale) if locale.eq_ignore_ascii_case("en-us") => Ok(()),
        Some(_) => Err(arguments.invalid(index, "en-us", "no other locale is supported")),
    }
}

fn start<'e>(arguments: &Arguments<'_>, truncate: fn(DateTime) -> Option<DateTime>) -> Outcome<'e> {
    let from = timestamp(arguments, 0)?;
    match truncate(from.at) {
        Some(at) => format_result(arguments, Moment { at, ..from }, 1),
        None => Err(arguments.fail("the time does not exist")),
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

/// Number of ticks (100 ns) since the start of the year 1.
fn to_ticks(at: DateTime) -> i64 {
    let since = DateTime::constant(1, 1, 1, 0, 0, 0, 0).duration_until(at);
    since.as_secs() * TICKS_PER_SECOND + i64::from(since.subsec_nanos()) / 100
}

pub(crate) fn ticks(arguments: Arguments<'_>) -> Outcome<'_> {
    owned(to_ticks(timestamp(&arguments, 0)?.at))
}

/// Returns the time between two timestamps in .NET's format of a span: `[-][d.]hh:mm:ss[.fffffff]`.
pub(crate) fn date_difference(arguments: Arguments<'_>) -> Outcome<'_> {
    let from = to_ticks(timestamp(&arguments, 0)?.at);
    let to = to_ticks(timestamp(&arguments, 1)?.at);
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

/// Returns the time zone with this Windows name.
fn zone(arguments: &Arguments<'_>, index: usize) -> Result<TimeZone, EvalError> {
    let name = arguments.text(index)?;
    if name.eq_ignore_ascii_case("UTC") {
        return Ok(TimeZone::UTC);
    }
    name.parse::<WindowsTimezone>()
        .ok()
        .and_then(|zone| TimeZone::get(zone.tzdb_id()).ok())
        .ok_or_else(|| {
            arguments.invalid(
                index,
                "a Windows time zone, such as 'Pacific Standard Time'",
                "the string is not valid",
            )
        })
}

/// Interprets `moment` in `zone`, unless its text specified UTC.
fn instant(
    arguments: &Arguments<'_>,
    moment: Moment,
    zone: &TimeZone,
) -> Result<jiff::Timestamp, EvalError> {
    let zone = if moment.utc { &TimeZone::UTC } else { zone };
    zone.to_timestamp(moment.at)
        .map_err(|_| arguments.fail("the timestamp is out of range"))
}

fn local(instant: jiff::Timestamp, zone: &TimeZone) -> Moment {
    Moment {
        at: zone.to_datetime(instant),
        utc: false,
    }
}

pub(crate) fn convert_from_utc(arguments: Arguments<'_>) -> Outcome<'_> {
    let instant = instant(&arguments, timestamp(&arguments, 0)?, &TimeZone::UTC)?;
    format_result(&arguments, local(instant, &zone(&arguments, 1)?), 2)
}

pub(crate) fn convert_to_utc(arguments: Arguments<'_>) -> Outcome<'_> {
    let source = zone(&arguments, 1)?;
    let instant = instant(&arguments, timestamp(&arguments, 0)?, &source)?;
    format_result(&arguments, instant.into(), 2)
}

pub(crate) fn convert_time_zone(arguments: Arguments<'_>) -> Outcome<'_> {
    let (source, target) = (zone(&arguments, 1)?, zone(&arguments, 2)?);
    let instant = instant(&arguments, timestamp(&arguments, 0)?, &source)?;
    format_result(&arguments, local(instant, &target), 3)
}

/// `dateTimeAdd` of ARM templates. Accepts an ISO 8601 duration such as `-PT9H`, in which a year is
/// 365 days and a month is 30 days.
pub(crate) fn date_time_add(arguments: Arguments<'_>) -> Outcome<'_> {
    const ISO: &str = "yyyy-MM-ddTHH:mm:ssK";
    let invalid = || arguments.invalid(1, "a duration such as 'P1DT2H'", "the string is not valid");
    let span: Span = arguments.text(1)?.parse().map_err(|_| invalid())?;
    let days = i64::from(span.get_years()) * 365
        + i64::from(span.get_months()) * 30
        + i64::from(span.get_days());
    let span = span
        .years(0)
        .months(0)
        .try_days(days)
        .map_err(|_| invalid())?;
    let to = shift(&arguments, timestamp(&arguments, 0)?, span)?;
    invariant(&arguments, to, 2, ISO)
}

/// `utcNow` of ARM templates.
pub(crate) fn template_utc_now(arguments: Arguments<'_>) -> Outcome<'_> {
    invariant(&arguments, now(&arguments), 0, "yyyyMMddTHHmmssZ")
}

/// Formats in the invariant culture, which templates use. Limited to formats that are the same in
/// `en-US`.
fn invariant<'e>(
    arguments: &Arguments<'_>,
    moment: Moment,
    index: usize,
    default: &str,
) -> Outcome<'e> {
    let format = arguments.optional_text(index)?.unwrap_or(default);
    if format.len() == 1 && !"oOrRsu".contains(format) {
        let reason = "the supported single-letter formats are o, r, s, and u";
        return Err(arguments.invalid(index, "a format such as 'yyyy-MM-dd'", reason));
    }
    format_with(arguments, moment, format)
}

fn format_with<'e>(arguments: &Arguments<'_>, moment: Moment, format: &str) -> Outcome<'e> {
    match format_moment(moment, format) {
        Ok(text) => owned(text),
        Err(message) => Err(arguments.fail(message)),
    }
}
