//! The dates of a recurrence by days, weeks, or months.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{Frequency, Recurrence};

/// Dates that match a rule whose periods are counted from `first`.
#[derive(Debug, Clone)]
pub(super) struct Dates {
    first: Date,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    /// Interval in days.
    Days(i64),
    /// Interval in weeks, and days of the week as offsets from Monday, ascending.
    Weeks(i64, Vec<i8>),
    /// Interval in months.
    Months(i64),
    /// Interval in months, and days of the month, counted from the first (1) or the last (-1).
    MonthDays(i64, Vec<i8>),
}

impl Dates {
    /// Returns the dates of `recurrence` from `first` on. If the recurrence sets no days of the
    /// week or of the month, those of `first` apply.
    ///
    /// Microsoft does not document which weeks and months an interval greater than one selects.
    /// This implementation counts calendar weeks (starting on Monday) and calendar months from that
    /// of `first`.
    pub(super) fn new(recurrence: &Recurrence, first: Date) -> Self {
        let interval = i64::from(recurrence.interval.max(1));
        let rule = match recurrence.frequency {
            Frequency::Month if !recurrence.month_days.is_empty() => {
                Rule::MonthDays(interval, recurrence.month_days.clone())
            }
            Frequency::Month => Rule::Months(interval),
            Frequency::Week => {
                let mut days: Vec<i8> = recurrence
                    .week_days
                    .iter()
                    .map(|day| day.to_monday_zero_offset())
                    .collect();
                if days.is_empty() {
                    days.push(first.weekday().to_monday_zero_offset());
                }
                days.sort_unstable();
                days.dedup();
                Rule::Weeks(interval, days)
            }
            _ => Rule::Days(interval),
        };
        Self { first, rule }
    }

    /// Returns the dates that are not before `since`, in order.
    pub(super) fn from(&self, since: Date) -> impl Iterator<Item = Date> {
        (self.period_for(since)..)
            .map_while(|period| self.dates(period))
            .flatten()
            .skip_while(move |date| *date < since)
    }

    /// Returns the index, from 0, of the period that contains `date`.
    fn period_for(&self, date: Date) -> i64 {
        match &self.rule {
            Rule::Days(interval) => days_between(self.first, date) / interval,
            Rule::Weeks(interval, _) => days_between(monday(self.first), date) / (7 * interval),
            Rule::Months(interval) | Rule::MonthDays(interval, _) => {
                let months = i64::from(date.year() - self.first.year()) * 12
                    + i64::from(date.month() - self.first.month());
                months / interval
            }
        }
    }

    /// Returns the dates of a period, in order. `None` past the end of the calendar.
    fn dates(&self, period: i64) -> Option<Vec<Date>> {
        let one = |date: Result<Date, jiff::Error>| date.ok().map(|date| vec![date]);
        match &self.rule {
            Rule::Days(interval) => one(self.first.checked_add((period * interval).days())),
            Rule::Weeks(interval, days) => {
                let monday = monday(self.first);
                let day = |day: &i8| period * interval * 7 + i64::from(*day);
                let dates: Vec<Date> = days
                    .iter()
                    .map_while(|offset| monday.checked_add(day(offset).days()).ok())
                    .collect();
                (!dates.is_empty()).then_some(dates)
            }
            // Adds to the first date, not to the previous one: otherwise, all dates after Jan 31 and Feb 28 would be the 28th.
            Rule::Months(interval) => one(self.first.checked_add((period * interval).months())),
            Rule::MonthDays(interval, days) => {
                let first = self.first.first_of_month();
                let month = first.checked_add((period * interval).months()).ok()?;
                Some(days_of_month(month, days))
            }
        }
    }
}

/// Returns the dates of `days` in the month of `date`, in order, without days that the month does
/// not have. Days are counted from the first (1) or from the last (-1).
fn days_of_month(date: Date, days: &[i8]) -> Vec<Date> {
    let last = date.days_in_month();
    let from_the_first = |day: i8| if day < 0 { last + 1 + day } else { day };
    let day = |day: &i8| Date::new(date.year(), date.month(), from_the_first(*day)).ok();
    let mut dates: Vec<Date> = days.iter().filter_map(day).collect();
    dates.sort_unstable();
    dates.dedup();
    dates
}

fn monday(date: Date) -> Date {
    let since = date.weekday().to_monday_zero_offset();
    date.saturating_sub(i64::from(since).days())
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}
