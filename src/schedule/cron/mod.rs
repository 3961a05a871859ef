//! `cron = "…"`: crontab expressions, read into sets and translated into rules.

mod error;
mod parse;
mod translate;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

pub(super) use error::CronError;
use error::CronProblem;
pub(super) use translate::rules;

/// A crontab expression: when it falls due, in the terms of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    /// From 0 to 59, in order.
    minutes: Vec<i8>,
    /// From 0 to 23, in order.
    hours: Vec<i8>,
    dates: Dates,
    /// From 1 to 12, in order.
    months: Vec<i8>,
}

/// Days of the month from the first (1) or, for the last day, from the end (-1).
type MonthDays = Vec<i8>;

/// The third and the fifth field.
///
/// As in `crontab(5)`: where both are restricted, a date that matches either of them matches. A field
/// that begins with `*`, such as `*/2`, is not restricted in that sense: then both must match.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Dates {
    Every,
    MonthDays(MonthDays),
    WeekDays(WeekDays),
    Either(MonthDays, WeekDays),
    Both(MonthDays, WeekDays),
}

/// Days of the week, and the nth of them in a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct WeekDays {
    /// In order, Monday first.
    every: Vec<Weekday>,
    /// From the first (1) to the fifth, or the last (-1).
    nth: Vec<(Weekday, i8)>,
}

/// As long as the calendar takes to repeat, until the leap year that 2100 is not.
const CALENDAR: (Date, Date) = (date(2026, 1, 1), date(2054, 1, 1));

impl Cron {
    /// Whether it falls due at some time of `date`.
    fn falls_on(&self, date: Date) -> bool {
        let month_day = |days: &MonthDays| {
            days.contains(&date.day()) || days.contains(&-1) && date == date.last_of_month()
        };
        self.months.contains(&date.month())
            && match &self.dates {
                Dates::Every => true,
                Dates::MonthDays(days) => month_day(days),
                Dates::WeekDays(days) => days.contains(date),
                Dates::Either(of_month, of_week) => month_day(of_month) || of_week.contains(date),
                Dates::Both(of_month, of_week) => month_day(of_month) && of_week.contains(date),
            }
    }

    fn is_ever_due(&self) -> bool {
        let (first, end) = CALENDAR;
        let mut dates = first.series(1.day()).take_while(|date| *date < end);
        dates.any(|date| self.falls_on(date))
    }
}

impl WeekDays {
    fn contains(&self, date: Date) -> bool {
        let day = date.weekday();
        let nth = (date.day() - 1) / 7 + 1;
        let is_last = date.day() > date.days_in_month() - 7;
        self.every.contains(&day)
            || self.nth.contains(&(day, nth))
            || is_last && self.nth.contains(&(day, -1))
    }
}
