//! The dates of a recurrence by days, weeks or months.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{Frequency, Recurrence};

/// Dates, counted from one of them.
#[derive(Debug, Clone)]
pub(super) struct Dates {
    first: Date,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    Days(i64),
    /// Weeks begin on Monday; the days of the week are counted from there, in order.
    Weeks(i64, Vec<i8>),
    Months(i64),
    /// Days of the month, counted from its first (1) or its last (-1).
    MonthDays(i64, Vec<i8>),
}

impl Dates {
    /// The dates of `recurrence` from `first` on. Without days of the week or of the month, those
    /// of `first` are taken.
    ///
    /// Microsoft does not document which weeks and months an interval of several ones selects.
    /// Here they are those of the calendar (weeks begin on Monday), counted from that of `first`.
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

    /// Those that are not before `since`, in order.
    pub(super) fn from(&self, since: Date) -> impl Iterator<Item = Date> {
        (self.period_of(since)..)
            .map_while(|period| self.dates(period))
            .flatten()
            .skip_while(move |date| *date < since)
    }

    /// The number of the period, counted from 0, that `date` lies in.
    fn period_of(&self, date: Date) -> i64 {
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

    /// The dates of a period, in order; none at the end of the calendar.
    fn dates(&self, period: i64) -> Option<Vec<Date>> {
        let one = |date: Result<Date, jiff::Error>| date.ok().map(|date| vec![date]);
        match &self.rule {
            Rule::Days(interval) => one(self.first.checked_add((period * interval).days())),
            Rule::Weeks(interval, days) => {
                let monday = monday(self.first);
                let day = |day: &i8| period * interval * 7 + i64::from(*day);
                let dates: Vec<Date> = days
                    .iter()
                    .map_while(|of| monday.checked_add(day(of).days()).ok())
                    .collect();
                (!dates.is_empty()).then_some(dates)
            }
            // Counted from the first, so that a short month does not shorten those after it.
            Rule::Months(interval) => one(self.first.checked_add((period * interval).months())),
            Rule::MonthDays(interval, days) => {
                let first = self.first.first_of_month();
                let month = first.checked_add((period * interval).months()).ok()?;
                Some(days_of_month(month, days))
            }
        }
    }
}

/// Those of `days` that the month of `date` has, in order. Days are counted from the first (1) or
/// from the last (-1).
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
