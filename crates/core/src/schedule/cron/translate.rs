//! Translates crontab expressions to rules.
//!
//! Prefers rules without a condition, because Azure bills firings that a condition rejects.

use jiff::SignedDuration;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::{Cron, Dates, MonthDays, WeekDays};
use crate::schedule::condition::{Condition, DateSet};
use crate::schedule::rule::{Rule, SINCE};
use crate::schedule::triggers::MAX_CONDITIONAL_TRIGGERS;
use picletter_logic_apps::recurrence::Frequency;

/// How many years of a zone's clock changes to consider.
const YEARS: i64 = 10;

/// The rules whose combined occurrences are those of `cron` from the date `start` on.
///
/// An expression for every hour is due in every elapsed hour: not in an hour that a clock change
/// skips, and twice in a repeated hour. In other expressions, each local time is due once a day: a
/// skipped time moves forward by the change, and a repeated time is due at its first occurrence. If
/// clocks change by part of an hour, as on Lord Howe Island, expressions for every hour follow this
/// second rule too.
pub(in crate::schedule) fn rules(cron: &Cron, start: DateTime, clock: &TimeZone) -> Vec<Rule> {
    if cron.hours.len() == 24
        && let Some(rules) = elapsed(cron, start, clock)
    {
        return rules;
    }
    by_calendar(cron, start)
}

/// Rules with elapsed minutes and hours, independent of local time. `None` if calendar rules are
/// equivalent, or if elapsed time would not be exact.
fn elapsed(cron: &Cron, start: DateTime, clock: &TimeZone) -> Option<Vec<Rule>> {
    let mut steps = progressions(&cron.minutes);
    let is_plain = steps.len() == 1 && cron.dates == Dates::Every;
    if !is_plain && is_steady(cron, clock) {
        return None;
    }
    let mut minutes = Vec::new();
    if steps.len() > MAX_CONDITIONAL_TRIGGERS {
        let first = cron.minutes.first()?;
        let step = cron
            .minutes
            .iter()
            .fold(60, |step, minute| gcd(step, minute - first));
        steps = vec![(first % step, step)];
        minutes.clone_from(&cron.minutes);
    }
    // Otherwise clock changes would change the minutes of the hour.
    if !changes(clock).all(|change| change.shift.as_mins() % 60 == 0) {
        return None;
    }
    let condition = Condition {
        months: cron.months_if_any(),
        within: within(cron),
        except: Vec::new(),
        minutes,
    };
    let rule = |(first, step): (i8, i8)| Rule {
        interval: if step == 60 {
            1
        } else {
            step.unsigned_abs().into()
        },
        frequency: if step == 60 {
            Frequency::Hour
        } else {
            Frequency::Minute
        },
        start: start.date().at(0, first, 0, 0),
        condition: condition.clone(),
        ..Rule::new(start)
    };
    Some(steps.into_iter().map(rule).collect())
}

/// Rules with times of day on calendar days.
fn by_calendar(cron: &Cron, start: DateTime) -> Vec<Rule> {
    let times = cron.times();
    let months = cron.months_if_any();
    let at_times = |frequency, week_days: Vec<Weekday>, within| Rule {
        frequency,
        times: times.clone(),
        week_days,
        condition: Condition {
            months: months.clone(),
            within,
            ..Condition::default()
        },
        ..Rule::new(start)
    };
    let daily = |within| vec![at_times(Frequency::Day, Vec::new(), within)];
    let weekly = |days: &WeekDays, mut within: Vec<Vec<DateSet>>| {
        within.extend(days.condition());
        at_times(Frequency::Week, days.all(), within)
    };
    let monthly = |days: &[i8], except| Rule {
        frequency: Frequency::Month,
        times: times.clone(),
        month_days: days.to_vec(),
        condition: Condition {
            months: months.clone(),
            except,
            ..Condition::default()
        },
        ..Rule::new(start)
    };
    match &cron.dates {
        Dates::Every => daily(Vec::new()),
        Dates::WeekDays(days) => vec![weekly(days, Vec::new())],
        Dates::MonthDays(days) if times.len() <= MAX_CONDITIONAL_TRIGGERS => {
            vec![monthly(&cron.existing(days), Vec::new())]
        }
        // The monthly rule must exclude the dates of the weekly rule.
        Dates::Either(of_month, of_week) if cron.existing(of_month).is_empty() => {
            vec![weekly(of_week, Vec::new())]
        }
        Dates::Either(of_month, of_week) if times.len() < MAX_CONDITIONAL_TRIGGERS => {
            vec![
                weekly(of_week, Vec::new()),
                monthly(&cron.existing(of_month), of_week.sets()),
            ]
        }
        Dates::Both(of_month, of_week) => {
            vec![weekly(of_week, vec![vec![DateSet::month_days(of_month)]])]
        }
        Dates::MonthDays(_) | Dates::Either(..) => daily(within(cron)),
    }
}

/// The date conditions for triggers that are due every day.
fn within(cron: &Cron) -> Vec<Vec<DateSet>> {
    match &cron.dates {
        Dates::Every => Vec::new(),
        Dates::MonthDays(days) => vec![vec![DateSet::month_days(days)]],
        Dates::WeekDays(days) => vec![days.sets()],
        Dates::Either(of_month, of_week) => {
            let mut sets = of_week.sets();
            sets.push(DateSet::month_days(of_month));
            vec![sets]
        }
        Dates::Both(of_month, of_week) => {
            vec![vec![DateSet::month_days(of_month)], of_week.sets()]
        }
    }
}

impl Cron {
    fn times(&self) -> Vec<Time> {
        let hours = self.hours.iter();
        hours
            .flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)))
            .filter_map(|(hour, minute)| Time::new(hour, minute, 0, 0).ok())
            .collect()
    }

    /// The months for a condition: empty for every month.
    fn months_if_any(&self) -> Vec<i8> {
        if self.months.len() == 12 {
            Vec::new()
        } else {
            self.months.clone()
        }
    }

    /// The days that exist in at least one of the months.
    fn existing(&self, days: &MonthDays) -> MonthDays {
        let longest = self.months.iter().map(|month| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        });
        let longest = longest.max().unwrap_or(31);
        days.iter().copied().filter(|day| *day <= longest).collect()
    }
}

impl WeekDays {
    /// All days of the week that can match.
    fn all(&self) -> Vec<Weekday> {
        let of_nth = |day: &Weekday| self.nth.iter().any(|(of, _)| of == day);
        let days = Weekday::Monday.cycle_forward().take(7);
        days.filter(|day| self.every.contains(day) || of_nth(day))
            .collect()
    }

    /// The matching dates.
    fn sets(&self) -> Vec<DateSet> {
        let mut sets = DateSet::nth(&self.nth);
        if !self.every.is_empty() {
            sets.insert(
                0,
                DateSet {
                    week_days: self.every.clone(),
                    ..DateSet::default()
                },
            );
        }
        sets
    }

    /// The condition for a trigger on these days of every week.
    fn condition(&self) -> Option<Vec<DateSet>> {
        if self.nth.is_empty() {
            return None;
        }
        Some(DateSet::on_selected_days(self.sets()))
    }
}

/// Splits minutes of an hour into series with a constant step that divides 60. Returns the first
/// minute and the step of each.
fn progressions(minutes: &[i8]) -> Vec<(i8, i8)> {
    let mut rest = minutes.to_vec();
    let mut found = Vec::new();
    for step in (1..=60).filter(|step| 60 % step == 0) {
        for first in 0..step {
            let series = || (first..60).step_by(usize::try_from(step).unwrap_or(1));
            if series().all(|minute| rest.contains(&minute)) {
                rest.retain(|minute| series().all(|of| of != *minute));
                found.push((first, step));
            }
        }
    }
    found
}

fn gcd(one: i8, other: i8) -> i8 {
    if other == 0 {
        one
    } else {
        gcd(other, one % other)
    }
}

/// A change of a zone's offset.
struct Change {
    at: Timestamp,
    shift: SignedDuration,
}

/// The clock changes in the [`YEARS`] from [`SINCE`] on.
fn changes(clock: &TimeZone) -> impl Iterator<Item = Change> {
    let since = clock.to_timestamp(SINCE).unwrap_or(Timestamp::MIN);
    let until = SINCE.saturating_add(YEARS.years());
    let until = clock.to_timestamp(until).unwrap_or(Timestamp::MAX);
    clock
        .following(since)
        .take_while(move |change| change.timestamp() < until)
        .map(|change| {
            let at = change.timestamp();
            let before = at.saturating_sub(SignedDuration::from_secs(1));
            let before = clock.to_offset(before.unwrap_or(at));
            let shift = SignedDuration::from_secs(before.until(change.offset()).get_seconds());
            Change { at, shift }
        })
        .filter(|change| !change.shift.is_zero())
}

/// Whether no clock change is on a date that `cron` matches.
fn is_steady(cron: &Cron, clock: &TimeZone) -> bool {
    changes(clock).all(|change| {
        let after = clock.to_datetime(change.at);
        let before = after.saturating_sub(change.shift);
        ![before, after]
            .map(DateTime::date)
            .iter()
            .any(|date| cron.falls_on(*date))
    })
}
