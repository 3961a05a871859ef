//! `cron = "…"`: parses crontab expressions and translates them to rules.

mod error;
mod parse;
mod translate;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

pub(super) use error::CronError;
use error::CronProblem;
pub(super) use translate::rules;

/// A parsed crontab expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    /// From 0 to 59, sorted.
    minutes: Vec<i8>,
    /// From 0 to 23, sorted.
    hours: Vec<i8>,
    dates: Dates,
    /// From 1 to 12, sorted.
    months: Vec<i8>,
}

/// Days of the month from 1 to 31; -1 is the last day.
type MonthDays = Vec<i8>;

/// The third and the fifth field: days of the month and days of the week.
///
/// As in `crontab(5)`: if both fields are restricted, a date must match either of them. A field
/// that starts with `*`, such as `*/2`, counts as unrestricted: then a date must match both.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Dates {
    Every,
    MonthDays(MonthDays),
    WeekDays(WeekDays),
    Either(MonthDays, WeekDays),
    Both(MonthDays, WeekDays),
}

/// Days of the week, and nth days of the week in a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct WeekDays {
    /// Sorted from Monday.
    every: Vec<Weekday>,
    /// From the first (1) to the fifth, or the last (-1).
    nth: Vec<(Weekday, i8)>,
}

/// A 28-year period, after which the calendar repeats (until 2100, which is not a leap year).
const CALENDAR: (Date, Date) = (date(2026, 1, 1), date(2054, 1, 1));

impl Cron {
    /// Whether the expression matches `date`.
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
