//! Reference implementation of crontab expressions: the crate croner, which shares no code with
//! Picletter.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::{
    CivilDate, CivilDateTime, CivilTime, Cron, CronDateTime, Direction, Resolution, Weekday,
};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A local time without a zone.
#[derive(Debug, Clone)]
struct Local(DateTime);

/// An instant in a zone.
#[derive(Debug, Clone)]
struct Instant {
    at: Timestamp,
    clock: TimeZone,
}

impl Instant {
    fn local(&self) -> DateTime {
        self.clock.to_datetime(self.at)
    }

    fn same_clock(&self, at: Timestamp) -> Self {
        Self {
            at,
            clock: self.clock.clone(),
        }
    }
}

/// An expression parsed by croner.
pub(super) struct Reference(Cron);

impl Reference {
    pub(super) fn new(expression: &str) -> Self {
        let fields: Vec<&str> = expression.split(' ').collect();
        // crontab(5): both days must match if one of the fields starts with a star.
        let both = fields[2].starts_with('*') || fields[4].starts_with('*');
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .dom_and_dow(both);
        let cron = parser.build().parse(expression);
        Self(cron.unwrap_or_else(|error| panic!("{expression}: {error}")))
    }

    fn is_for_every_hour(&self) -> bool {
        self.0.pattern.hours.values().len() == 24
    }

    /// The number of times of day at which the expression is due.
    pub(super) fn times_of_day(&self) -> usize {
        self.0.pattern.hours.values().len() * self.0.pattern.minutes.values().len()
    }

    /// The first instant from `from` on at which the expression is due, unless it is centuries
    /// later.
    pub(super) fn first(&self, clock: &TimeZone, from: Timestamp) -> Option<Timestamp> {
        let start = Local(clock.to_datetime(from));
        let due = self.0.find_next_occurrence(&start, true).ok()?;
        clock.to_timestamp(due.0).ok()
    }

    /// The instants between `from` and `until` at which the expression is due, sorted.
    ///
    /// An expression for every hour is due in every elapsed hour, as in croner. In other
    /// expressions, and if clocks change by parts of an hour, each local time is due once: croner
    /// computes the local times, and jiff's "compatible" strategy the instants.
    pub(super) fn due(
        &self,
        clock: &TimeZone,
        (from, until): (Timestamp, Timestamp),
    ) -> Vec<Timestamp> {
        let due: BTreeSet<Timestamp> = if self.is_for_every_hour() && by_whole_hours(clock) {
            let start = Instant {
                at: from,
                clock: clock.clone(),
            };
            let due = self.0.iter_from(start, Direction::Forward);
            due.map(|due| due.at)
                .take_while(|due| *due < until)
                .collect()
        } else {
            // A skipped local time may move forward into the span.
            let before = SignedDuration::from_hours(2);
            let start = Local(clock.to_datetime(from).saturating_sub(before));
            let due = self.0.iter_from(start, Direction::Forward);
            due.map(|due| clock.to_timestamp(due.0).unwrap())
                .filter(|due| *due >= from)
                .take_while(|due| *due < until)
                .collect()
        };
        due.into_iter().collect()
    }
}

fn by_whole_hours(clock: &TimeZone) -> bool {
    clock.iana_name() != Some("Australia/Lord_Howe")
}

fn to_civil(local: DateTime) -> CivilDateTime {
    CivilDateTime::new(
        CivilDate::from_ymd_opt(
            local.year().into(),
            local.month().unsigned_abs().into(),
            local.day().unsigned_abs().into(),
        )
        .unwrap(),
        CivilTime::from_hms_opt(
            local.hour().unsigned_abs().into(),
            local.minute().unsigned_abs().into(),
            local.second().unsigned_abs().into(),
        )
        .unwrap(),
    )
}

fn from_civil(civil: CivilDateTime) -> DateTime {
    let small = |number: u32| i8::try_from(number).unwrap();
    DateTime::new(
        i16::try_from(civil.year()).unwrap(),
        small(civil.month()),
        small(civil.day()),
        small(civil.hour()),
        small(civil.minute()),
        small(civil.second()),
        0,
    )
    .unwrap()
}

fn week_day(local: DateTime) -> Weekday {
    Weekday::from_days_from_sunday(
        local
            .weekday()
            .to_sunday_zero_offset()
            .unsigned_abs()
            .into(),
    )
}

impl CronDateTime for Local {
    fn to_civil(&self) -> CivilDateTime {
        to_civil(self.0)
    }

    fn civil_weekday(&self) -> Weekday {
        week_day(self.0)
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        Ok(Resolution::Single(Self(from_civil(civil))))
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let later = self.0.checked_add(SignedDuration::from_secs(seconds));
        later.ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl CronDateTime for Instant {
    fn to_civil(&self) -> CivilDateTime {
        to_civil(self.local())
    }

    fn civil_weekday(&self) -> Weekday {
        week_day(self.local())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let local = self.clock.to_ambiguous_timestamp(from_civil(civil));
        let instant = |at: Result<Timestamp, jiff::Error>| self.same_clock(at.unwrap());
        Ok(match local.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(instant(local.unambiguous())),
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
            AmbiguousOffset::Fold { .. } => {
                Resolution::Ambiguous(instant(local.earlier()), instant(local.later()))
            }
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let later = self.at.checked_add(SignedDuration::from_secs(seconds));
        later.ok().map(|at| self.same_clock(at))
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}
