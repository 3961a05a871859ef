//! The dates of a recurrence by days, weeks or months.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::recurrence::Frequency;

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
}

impl Dates {
    /// Every `interval` units from `first` on. Without `week_days`, weeks have that of `first`.
    ///
    /// Which weeks every second one is, is documented nowhere: here they are those of the calendar,
    /// Monday first, beginning with that of `first`.
    pub(super) fn new(
        frequency: Frequency,
        interval: u32,
        first: Date,
        week_days: &[Weekday],
    ) -> Self {
        let interval = i64::from(interval);
        let rule = match frequency {
            Frequency::Month => Rule::Months(interval),
            Frequency::Week => {
                let mut days: Vec<i8> = week_days
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
        let per_period = match &self.rule {
            Rule::Weeks(_, days) => days.len(),
            Rule::Days(_) | Rule::Months(_) => 1,
        };
        (self.period_of(since)..)
            .flat_map(move |period| (0..per_period).map(move |nth| (period, nth)))
            .map_while(|(period, nth)| self.date(period, nth))
            .skip_while(move |date| *date < since)
    }

    /// The number of the period, counted from 0, that `date` lies in.
    fn period_of(&self, date: Date) -> i64 {
        match &self.rule {
            Rule::Days(interval) => days_between(self.first, date) / interval,
            Rule::Weeks(interval, _) => days_between(monday(self.first), date) / (7 * interval),
            Rule::Months(interval) => {
                let months = i64::from(date.year() - self.first.year()) * 12
                    + i64::from(date.month() - self.first.month());
                months / interval
            }
        }
    }

    fn date(&self, period: i64, nth: usize) -> Option<Date> {
        match &self.rule {
            Rule::Days(interval) => self.first.checked_add((period * interval).days()).ok(),
            Rule::Weeks(interval, days) => {
                let days = period * interval * 7 + i64::from(*days.get(nth)?);
                monday(self.first).checked_add(days.days()).ok()
            }
            // Counted from the first, so that a short month does not shorten those after it.
            Rule::Months(interval) => self.first.checked_add((period * interval).months()).ok(),
        }
    }
}

fn monday(date: Date) -> Date {
    let since = date.weekday().to_monday_zero_offset();
    date.saturating_sub(i64::from(since).days())
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}
