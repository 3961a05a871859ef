//! Recurrences of triggers, and the instants at which they are due.
//!
//! Source: Microsoft, *Schedule and run recurring workflows* and *Recurrence trigger*
//! (`concepts-schedule-automated-recurring-tasks-workflows.md`, `connectors-native-recurrence.md`
//! in MicrosoftDocs/azure-docs). The former documents clock changes. A local time that does not
//! exist moves forward by the change (02:30 to 03:30). Of a local time that exists twice, the first
//! counts. Times from 02:00 to 03:00 are discouraged.

mod dates;

use std::iter;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use self::dates::Dates;

/// The unit of a recurrence's interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// Elapsed seconds.
    Second,
    /// Elapsed minutes.
    Minute,
    /// Elapsed hours.
    Hour,
    /// Days of the zone's calendar.
    Day,
    /// Weeks of the zone's calendar.
    Week,
    /// Months of the zone's calendar.
    Month,
}

impl Frequency {
    /// All frequencies, shortest first.
    pub const ALL: [Self; 6] = [
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
    ];

    /// The name in a trigger definition, such as `Day`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Second => "Second",
            Self::Minute => "Minute",
            Self::Hour => "Hour",
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
        }
    }

    /// The largest interval that the service accepts (`connectors-native-recurrence.md`).
    pub const fn largest_interval(self) -> u32 {
        match self {
            Self::Second => 9_999_999,
            Self::Minute => 72_000,
            Self::Hour => 12_000,
            Self::Day => 500,
            Self::Week => 71,
            Self::Month => 16,
        }
    }

    /// The duration of one unit. `None` for days, weeks, and months, whose duration varies.
    pub const fn elapsed(self) -> Option<SignedDuration> {
        match self {
            Self::Second => Some(SignedDuration::from_secs(1)),
            Self::Minute => Some(SignedDuration::from_mins(1)),
            Self::Hour => Some(SignedDuration::from_hours(1)),
            Self::Day | Self::Week | Self::Month => None,
        }
    }
}

/// A trigger's `startTime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// Without `Z`: a local time in the recurrence's zone.
    Local(DateTime),
    /// With `Z`: UTC, regardless of the zone.
    Utc(Timestamp),
}

/// A recurrence as defined in a trigger.
///
/// [`Recurrence::check`] reports whether the service would accept it. Invalid parts of a
/// recurrence do not affect its occurrences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// The interval's unit.
    pub frequency: Frequency,
    /// Number of units between two occurrences, at least 1.
    pub interval: u32,
    /// Origin of the interval, and earliest possible occurrence. The default is the time of
    /// deployment, which is then the first occurrence.
    pub start: Option<Start>,
    /// The zone of the start, the days, the hours, and the minutes.
    pub zone: TimeZone,
    /// Hours of the day, 0 to 23. Only for days and weeks.
    pub hours: Vec<i8>,
    /// Minutes of the hour, 0 to 59, each combined with every hour. Only for days and weeks.
    pub minutes: Vec<i8>,
    /// Days of the week. Only for weeks.
    pub week_days: Vec<Weekday>,
    /// Days of the month, 1 to 31 from its first and -1 to -31 from its last. Only for months. A
    /// month without such a day has no occurrence for it. The time of day is that of the start.
    pub month_days: Vec<i8>,
}

/// Effect of a clock change on an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shift {
    /// The local time does not exist that day; the occurrence moved forward by the change.
    Skipped,
    /// The local time exists twice that day; the occurrence is the first.
    Repeated,
}

/// One time at which a recurrence is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occurrence {
    /// The instant.
    pub at: Timestamp,
    /// The effect of a clock change, if any.
    pub shift: Option<Shift>,
}

/// Why the service would reject a recurrence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    /// The interval is outside the service's range.
    #[error("interval {interval} is out of range: {} accepts 1 to {}", frequency.name(), frequency.largest_interval())]
    Interval {
        /// The unit of the interval.
        frequency: Frequency,
        /// The interval, in units.
        interval: u32,
    },
    /// `hours` or `minutes` with a frequency other than `Day` and `Week`.
    #[error("hours and minutes require the frequency Day or Week, not {}", .0.name())]
    TimesOfDay(Frequency),
    /// `weekDays` with a frequency other than `Week`.
    #[error("days of the week require the frequency Week, not {}", .0.name())]
    WeekDays(Frequency),
    /// `monthDays` with a frequency other than `Month`.
    #[error("days of the month require the frequency Month, not {}", .0.name())]
    MonthDays(Frequency),
    /// A day that no month has.
    #[error("invalid day of the month: {0} (expected 1 to 31, or -1 to -31 from the end)")]
    MonthDay(i8),
    /// An hour that no day has.
    #[error("invalid hour: {0} (expected 0 to 23)")]
    Hour(i8),
    /// A minute that no hour has.
    #[error("invalid minute: {0} (expected 0 to 59)")]
    Minute(i8),
}

impl Recurrence {
    /// Checks whether the service would accept the recurrence.
    ///
    /// # Errors
    /// The first violation of the service's rules.
    pub fn check(&self) -> Result<(), RecurrenceError> {
        let frequency = self.frequency;
        if !(1..=frequency.largest_interval()).contains(&self.interval) {
            return Err(RecurrenceError::Interval {
                frequency,
                interval: self.interval,
            });
        }
        let calendar = matches!(frequency, Frequency::Day | Frequency::Week);
        let timed = !self.hours.is_empty() || !self.minutes.is_empty();
        if timed && !calendar {
            return Err(RecurrenceError::TimesOfDay(frequency));
        }
        if frequency != Frequency::Week && !self.week_days.is_empty() {
            return Err(RecurrenceError::WeekDays(frequency));
        }
        if frequency != Frequency::Month && !self.month_days.is_empty() {
            return Err(RecurrenceError::MonthDays(frequency));
        }
        let no_month_has = |day: &&i8| !(1..=31).contains(&day.abs());
        if let Some(day) = self.month_days.iter().find(no_month_has) {
            return Err(RecurrenceError::MonthDay(*day));
        }
        if let Some(hour) = self.hours.iter().find(|hour| !(0..24).contains(*hour)) {
            return Err(RecurrenceError::Hour(*hour));
        }
        if let Some(minute) = self
            .minutes
            .iter()
            .find(|minute| !(0..60).contains(*minute))
        {
            return Err(RecurrenceError::Minute(*minute));
        }
        Ok(())
    }

    /// The instant of `start`, if set.
    pub fn start_at(&self) -> Option<Timestamp> {
        self.start.map(|start| match start {
            Start::Utc(at) => at,
            Start::Local(local) => resolve(&self.zone, local).map_or(Timestamp::MAX, |o| o.at),
        })
    }

    /// The first date of a recurrence by days, weeks, or months whose interval is counted from
    /// `start`. `None` if the calendar ends before it.
    pub fn first_date(&self, start: Date) -> Option<Date> {
        Dates::new(self, start).from(start).next()
    }

    /// Every occurrence from `deployed_at` on, in order and without duplicates.
    ///
    /// A `Recurrence` trigger skips occurrences before its deployment. A `SlidingWindow` trigger
    /// catches up on them: its occurrences start at [`Recurrence::start_at`].
    pub fn occurrences(&self, deployed_at: Timestamp) -> impl Iterator<Item = Occurrence> + use<> {
        let occurrences = Occurrences::new(self, deployed_at);
        iter::successors(occurrences.first(), move |last| occurrences.after(last.at))
    }

    /// The first occurrence that is after `after` and not before `deployed_at`.
    ///
    /// The cost does not depend on how far in the past the start is.
    pub fn next_after(&self, deployed_at: Timestamp, after: Timestamp) -> Option<Occurrence> {
        Occurrences::new(self, deployed_at).after(after)
    }
}

/// A recurrence with all defaults resolved for a time of deployment.
struct Occurrences {
    zone: TimeZone,
    /// The earliest possible occurrence.
    floor: Timestamp,
    /// An occurrence that does not follow from the rule: the deployment, or the start of the
    /// interval.
    base: Option<Occurrence>,
    rule: Rule,
}

enum Rule {
    Elapsed { from: Timestamp, step: i128 },
    Calendar { dates: Dates, times: Times },
}

impl Occurrences {
    fn new(recurrence: &Recurrence, deployed_at: Timestamp) -> Self {
        let zone = recurrence.zone.clone();
        let interval = recurrence.interval.max(1);
        let frequency = recurrence.frequency;
        let (start, local) = match recurrence.start {
            None => (at(deployed_at), zone.to_datetime(deployed_at)),
            Some(Start::Utc(start)) => (at(start), zone.to_datetime(start)),
            Some(Start::Local(local)) => {
                let start = resolve(&zone, local).unwrap_or(at(Timestamp::MAX));
                (start, local)
            }
        };
        let scheduled = match frequency {
            Frequency::Day | Frequency::Week => {
                !(recurrence.hours.is_empty()
                    && recurrence.minutes.is_empty()
                    && recurrence.week_days.is_empty())
            }
            Frequency::Month => !recurrence.month_days.is_empty(),
            _ => false,
        };
        let rule = match frequency.elapsed() {
            Some(unit) => Rule::Elapsed {
                from: start.at,
                step: unit.as_nanos() * i128::from(interval),
            },
            None => Rule::Calendar {
                dates: Dates::new(recurrence, local.date()),
                times: Times::new(recurrence, local.time(), scheduled),
            },
        };
        Self {
            zone,
            floor: start.at.max(deployed_at),
            base: (!scheduled || recurrence.start.is_none()).then_some(start),
            rule,
        }
    }

    fn first(&self) -> Option<Occurrence> {
        match self.floor.checked_sub(SignedDuration::from_nanos(1)) {
            Ok(before) => self.after(before),
            Err(_) => self.after(self.floor),
        }
    }

    fn after(&self, after: Timestamp) -> Option<Occurrence> {
        let due = |occurrence: &Occurrence| occurrence.at > after && occurrence.at >= self.floor;
        if let Some(base) = self.base.filter(due) {
            return Some(base);
        }
        match &self.rule {
            Rule::Elapsed { from, step } => {
                let from = from.as_nanosecond();
                let later = (after.as_nanosecond() - from).div_euclid(*step) + 1;
                let not_before = (self.floor.as_nanosecond() - from + step - 1).div_euclid(*step);
                let nth = later.max(not_before).max(0);
                Timestamp::from_nanosecond(from + nth * step).ok().map(at)
            }
            Rule::Calendar { dates, times } => self.after_by_calendar(after, dates, times, due),
        }
    }

    fn after_by_calendar(
        &self,
        after: Timestamp,
        dates: &Dates,
        times: &Times,
        due: impl Fn(&Occurrence) -> bool,
    ) -> Option<Occurrence> {
        let since = self.earliest_local(after.max(self.floor));
        if times.hours.is_empty() || times.minutes.is_empty() {
            return None;
        }
        let mut best: Option<Occurrence> = None;
        for date in dates.from(since.date()) {
            let first_hour = if date == since.date() {
                since.hour()
            } else {
                0
            };
            for time in times.from(first_hour) {
                let local = date.to_datetime(time);
                if local < since {
                    continue;
                }
                let Some(occurrence) = resolve(&self.zone, local).filter(&due) else {
                    continue;
                };
                if best.is_none_or(|best| occurrence.at < best.at) {
                    best = Some(occurrence);
                }
                // A later local time is a later instant, unless a clock change moved it.
                if occurrence.shift != Some(Shift::Skipped) {
                    return best;
                }
            }
        }
        best
    }

    /// Returns the earliest local time whose instant may be `now` or later. This can precede the
    /// local time of `now`: a clock change moves skipped local times forward.
    fn earliest_local(&self, now: Timestamp) -> DateTime {
        let local = self.zone.to_datetime(now);
        let nanosecond = SignedDuration::from_nanos(1);
        let soon = now.checked_add(nanosecond).unwrap_or(now);
        let moved = self
            .zone
            .preceding(soon)
            .map(|change| (change.timestamp(), change.offset()))
            .take_while(|(change, _)| now.duration_since(*change) < MAX_CHANGE)
            .map(|(change, offset)| {
                let before = change.checked_sub(nanosecond).unwrap_or(change);
                let forward = self.zone.to_offset(before).until(offset);
                (
                    now.duration_since(change),
                    SignedDuration::from_secs(forward.get_seconds()),
                )
            })
            .filter(|(since, forward)| since < forward)
            .map(|(_, forward)| forward)
            .max();
        local.saturating_sub(moved.unwrap_or(SignedDuration::ZERO))
    }
}

/// Upper bound of a change of offset. The largest was Samoa's, which skipped a day at the date
/// line.
const MAX_CHANGE: SignedDuration = SignedDuration::from_hours(25);

fn at(at: Timestamp) -> Occurrence {
    Occurrence { at, shift: None }
}

/// Converts a local time to an instant, with the shift of a clock change.
fn resolve(zone: &TimeZone, local: DateTime) -> Option<Occurrence> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let shift = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { .. } => Some(Shift::Skipped),
        AmbiguousOffset::Fold { .. } => Some(Shift::Repeated),
    };
    let at = ambiguous.compatible().ok()?;
    Some(Occurrence { at, shift })
}

/// Times of day: every hour combined with every minute.
struct Times {
    /// Ascending.
    hours: Vec<i8>,
    /// Ascending.
    minutes: Vec<i8>,
    second: i8,
    subsec_nanosecond: i32,
}

impl Times {
    /// The time of day of the `first` occurrence replaces parts that the schedule does not set.
    fn new(recurrence: &Recurrence, first: Time, scheduled: bool) -> Self {
        let values_or = |given: &[i8], default, end| {
            let mut all = if scheduled && !given.is_empty() {
                given.to_vec()
            } else {
                vec![default]
            };
            all.retain(|value| (0..end).contains(value));
            all.sort_unstable();
            all
        };
        let on_the_minute = scheduled && !recurrence.minutes.is_empty();
        Self {
            hours: values_or(&recurrence.hours, first.hour(), 24),
            minutes: values_or(&recurrence.minutes, first.minute(), 60),
            second: if on_the_minute { 0 } else { first.second() },
            subsec_nanosecond: if scheduled {
                0
            } else {
                first.subsec_nanosecond()
            },
        }
    }

    /// Returns the times that are not before `hour`, in order.
    fn from(&self, hour: i8) -> impl Iterator<Item = Time> {
        let hours = self
            .hours
            .iter()
            .filter(move |candidate| **candidate >= hour);
        hours
            .flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)))
            .filter_map(|(hour, minute)| {
                Time::new(hour, minute, self.second, self.subsec_nanosecond).ok()
            })
    }
}
