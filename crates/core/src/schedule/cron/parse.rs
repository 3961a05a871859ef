//! Parser for crontab expressions.
//!
//! Source: `crontab(5)` of cronie and Debian's cron for the five fields; Quartz for `L`, `#`, and
//! `?`.

use std::ops::Range;

use jiff::civil::Weekday;

use super::error::NICKNAMES;
use super::{Cron, CronError, CronProblem, Dates, MonthDays, WeekDays};

/// One of the five fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::schedule) enum Field {
    Minute,
    Hour,
    MonthDay,
    Month,
    WeekDay,
}

impl Field {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::MonthDay => "day of the month",
            Self::Month => "month",
            Self::WeekDay => "day of the week",
        }
    }

    /// The valid values.
    pub(super) const fn range(self) -> &'static str {
        match self {
            Self::Minute => "0 to 59",
            Self::Hour => "0 to 23",
            Self::MonthDay => "1 to 31, or L for the last",
            Self::Month => "1 to 12, or jan to dec",
            Self::WeekDay => "0 to 7 (0 and 7 are Sunday), or sun to sat",
        }
    }

    const fn bounds(self) -> (u32, u32) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::MonthDay => (1, 31),
            Self::Month => (1, 12),
            Self::WeekDay => (0, 7),
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => &[
                "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
            ],
            Self::WeekDay => &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
            _ => &[],
        }
    }
}

/// A part of the expression, with its byte offset.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    at: usize,
}

impl Part<'_> {
    fn range(self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }

    fn error<T>(self, problem: CronProblem) -> Result<T, CronError> {
        Err(CronError {
            at: self.range(),
            problem,
        })
    }

    fn split(self, separator: char) -> impl Iterator<Item = Self> {
        let mut at = self.at;
        self.text.split(separator).map(move |text| {
            let part = Part { text, at };
            at += text.len() + separator.len_utf8();
            part
        })
    }

    fn split_once(self, separator: char) -> Option<(Self, Self)> {
        let (text, rest) = self.text.split_once(separator)?;
        let at = self.at + text.len() + separator.len_utf8();
        Some((Part { text, at: self.at }, Part { text: rest, at }))
    }

    fn strip_last(self, letter: char) -> Option<Self> {
        let text = self
            .text
            .strip_suffix([letter, letter.to_ascii_lowercase()])?;
        Some(Part { text, at: self.at })
    }
}

impl Cron {
    /// Parses an expression.
    pub(in crate::schedule) fn parse(text: &str) -> Result<Self, CronError> {
        let whole = Part { text, at: 0 };
        let fields: Vec<Part<'_>> = whole
            .split(' ')
            .flat_map(|part| part.split('\t'))
            .filter(|part| !part.text.is_empty())
            .collect();
        if let Some(first) = fields.first() {
            if first.text.starts_with('@') {
                return nickname(whole);
            }
            if first.text.contains('=') {
                return first.error(CronProblem::TimeZone);
            }
        }
        let [minute, hour, month_day, month, week_day] = fields.as_slice() else {
            return whole.error(CronProblem::Fields(fields.len()));
        };
        let cron = Self {
            minutes: plain(*minute, Field::Minute)?,
            hours: plain(*hour, Field::Hour)?,
            dates: dates(*month_day, *week_day)?,
            months: plain(*month, Field::Month)?,
        };
        if !cron.is_ever_due() {
            return Err(CronError {
                at: month_day.at..month.range().end,
                problem: CronProblem::Never,
            });
        }
        Ok(cron)
    }
}

fn nickname(whole: Part<'_>) -> Result<Cron, CronError> {
    let name = whole.text.trim();
    let mut known = NICKNAMES.iter();
    match known.find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, "")) => whole.error(CronProblem::Reboot),
        Some((_, expression)) => Cron::parse(expression),
        None => whole.error(CronProblem::Nickname(name.to_owned())),
    }
}

/// Parses a field of values, ranges, and steps.
fn plain(part: Part<'_>, field: Field) -> Result<Vec<i8>, CronError> {
    let mut values = Vec::new();
    for item in part.split(',') {
        values.extend(item_values(item, field)?);
    }
    Ok(sorted(values))
}

fn sorted(mut values: Vec<i8>) -> Vec<i8> {
    values.sort_unstable();
    values.dedup();
    values
}

/// Parses an item such as `5`, `mon`, `1-5`, `*`, `*/15`, or `8-18/2`.
fn item_values(item: Part<'_>, field: Field) -> Result<Vec<i8>, CronError> {
    if item.text.is_empty() {
        return item.error(CronProblem::Empty(field));
    }
    let (low, high) = field.bounds();
    let (range, step) = match item.split_once('/') {
        None => (item, 1),
        Some((range, step)) => (range, read_step(step, field)?),
    };
    let (first, last) = if range.text == "*" {
        // `*` includes Sunday once, as 0.
        (low, if field == Field::WeekDay { 6 } else { high })
    } else if let Some((from, to)) = range.split_once('-') {
        let first = value(from, field)?;
        let last = match value(to, field)? {
            0 if field == Field::WeekDay && first > 0 => 7,
            last => last,
        };
        if first > last {
            return range.error(CronProblem::Backward(range.text.to_owned()));
        }
        (first, last)
    } else {
        let only = value(range, field)?;
        if let Some((_, step)) = item.split_once('/') {
            let step = step.text.to_owned();
            return item.error(CronProblem::StepOfOne {
                first: only,
                last: high,
                step,
            });
        }
        (only, only)
    };
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    let values = (first..=last).step_by(step);
    Ok(values.filter_map(|n| i8::try_from(n).ok()).collect())
}

fn read_step(step: Part<'_>, field: Field) -> Result<u32, CronError> {
    let (low, high) = field.bounds();
    match number(step.text) {
        Some(0) => step.error(CronProblem::StepZero),
        Some(n) if n > high - low + 1 => step.error(CronProblem::StepTooLong { field, step: n }),
        Some(n) => Ok(n),
        None => step.error(CronProblem::Value {
            field,
            text: step.text.to_owned(),
        }),
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX))
}

fn value(part: Part<'_>, field: Field) -> Result<u32, CronError> {
    let (low, high) = field.bounds();
    if let Some(value) = number(part.text) {
        return if (low..=high).contains(&value) {
            Ok(value)
        } else {
            part.error(CronProblem::OutOfRange { field, value })
        };
    }
    if part.text.is_empty() {
        return part.error(CronProblem::Empty(field));
    }
    let mut names = field.names().iter();
    let nth = names.position(|name| name.eq_ignore_ascii_case(part.text));
    match nth.and_then(|n| u32::try_from(n).ok()) {
        Some(n) => Ok(n + low),
        None => part.error(CronProblem::Value {
            field,
            text: part.text.to_owned(),
        }),
    }
}

fn dates(month_day: Part<'_>, week_day: Part<'_>) -> Result<Dates, CronError> {
    let of_month = month_days(month_day)?;
    let of_week = week_days(week_day)?;
    let every_month_day = (1..=31).all(|day| of_month.contains(&day));
    let every_week_day = of_week.every.len() == 7;
    let starred = |part: Part<'_>| part.text.starts_with(['*', '?']);
    Ok(if starred(month_day) || starred(week_day) {
        match (every_month_day, every_week_day) {
            (true, true) => Dates::Every,
            (true, false) => Dates::WeekDays(of_week),
            (false, true) => Dates::MonthDays(of_month),
            (false, false) => Dates::Both(of_month, of_week),
        }
    } else if every_month_day || every_week_day {
        Dates::Every
    } else {
        Dates::Either(of_month, of_week)
    })
}

/// Parses the third field, which may contain `L` or be `?`.
fn month_days(part: Part<'_>) -> Result<MonthDays, CronError> {
    if part.text == "?" {
        return Ok((1..=31).collect());
    }
    let mut days = Vec::new();
    for item in part.split(',') {
        if item.text.eq_ignore_ascii_case("L") {
            days.push(-1);
        } else if item.text.starts_with(['L', 'l']) {
            return item.error(
                if item.text.starts_with("L-") || item.text.starts_with("l-") {
                    CronProblem::BeforeLast
                } else {
                    CronProblem::NearestWeekday
                },
            );
        } else if item.strip_last('W').is_some() {
            return item.error(CronProblem::NearestWeekday);
        } else {
            days.extend(item_values(item, Field::MonthDay)?);
        }
    }
    let mut days = sorted(days);
    // Moves the last day (-1) to the end, as in a rule.
    days.sort_unstable_by_key(|day| (day.is_negative(), *day));
    Ok(days)
}

/// Parses the fifth field, which may contain `mon#1` and `5L`, or be `?`.
fn week_days(part: Part<'_>) -> Result<WeekDays, CronError> {
    let mut days = WeekDays::default();
    if part.text == "?" {
        days.every = Weekday::Monday.cycle_forward().take(7).collect();
        return Ok(days);
    }
    for item in part.split(',') {
        if item.text.eq_ignore_ascii_case("L") {
            return item.error(CronProblem::LastWeekday);
        } else if let Some((day, nth)) = item.split_once('#') {
            let day = week_day(value(day, Field::WeekDay)?);
            match number(nth.text) {
                Some(n @ 1..=5) => days.nth.extend(day.zip(i8::try_from(n).ok())),
                None if nth.text.is_empty() => {
                    return nth.error(CronProblem::Empty(Field::WeekDay));
                }
                _ => return nth.error(CronProblem::Nth(nth.text.to_owned())),
            }
        } else if let Some(day) = item.strip_last('L') {
            let day = week_day(value(day, Field::WeekDay)?);
            days.nth.extend(day.map(|day| (day, -1)));
        } else {
            let values = item_values(item, Field::WeekDay)?;
            let values = values
                .into_iter()
                .filter_map(|n| week_day(n.unsigned_abs().into()));
            days.every.extend(values);
        }
    }
    days.every
        .sort_unstable_by_key(|day| day.to_monday_zero_offset());
    days.every.dedup();
    days.nth.retain(|(day, _)| !days.every.contains(day));
    Ok(days)
}

/// Converts a number to a day of the week; Sunday is 0 and 7.
fn week_day(number: u32) -> Option<Weekday> {
    let number = i8::try_from(number % 7).ok()?;
    Weekday::from_sunday_zero_offset(number).ok()
}
