//! Compares random recurrences with an oracle that examines every minute.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use picletter_logic_apps::recurrence::{Frequency, Occurrence, Recurrence, Shift, Start};
use picletter_test_support::ZONES;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const YEAR: Date = date(2026, 1, 1);

struct Clock {
    zone: TimeZone,
    /// Every offset from UTC, in minutes, that the zone has around that year.
    offsets: BTreeSet<i64>,
}

impl Clock {
    fn new(zone: &TimeZone) -> Self {
        let first = utc(YEAR.at(0, 0, 0, 0) - 40.days());
        // No offset lasts less than a day.
        let offsets = (0..450)
            .map(|day| zone.to_offset(first + (24 * day).hours()).seconds() / 60)
            .map(i64::from)
            .collect();
        Self {
            zone: zone.clone(),
            offsets,
        }
    }

    /// Returns every instant at which the clock shows `local`, in order.
    fn instants(&self, local: DateTime) -> Vec<Timestamp> {
        let mut instants: Vec<_> = self
            .offsets
            .iter()
            .map(|offset| utc(local) - offset.minutes())
            .filter(|instant| self.zone.to_datetime(*instant) == local)
            .collect();
        instants.sort_unstable();
        instants
    }

    fn resolve(&self, local: DateTime) -> Occurrence {
        match *self.instants(local) {
            [at] => Occurrence { at, shift: None },
            [at, ..] => Occurrence {
                at,
                shift: Some(Shift::Repeated),
            },
            [] => {
                // Keeps the distance from the last existing local minute.
                let back = (1..24 * 60)
                    .find(|back| !self.instants(local - back.minutes()).is_empty())
                    .unwrap();
                let last = *self.instants(local - back.minutes()).last().unwrap();
                Occurrence {
                    at: last + back.minutes(),
                    shift: Some(Shift::Skipped),
                }
            }
        }
    }
}

fn utc(local: DateTime) -> Timestamp {
    TimeZone::UTC.to_timestamp(local).unwrap()
}

/// Computes the occurrences by examining every minute of every day.
fn expected(recurrence: &Recurrence, deployed_at: Timestamp, end: Timestamp) -> Vec<Occurrence> {
    let zone = &recurrence.zone;
    let clock = Clock::new(zone);
    let first = match recurrence.start {
        None => zone.to_datetime(deployed_at),
        Some(Start::Utc(at)) => zone.to_datetime(at),
        Some(Start::Local(local)) => local,
    };
    let from = match recurrence.start {
        None => deployed_at,
        Some(Start::Utc(at)) => at.max(deployed_at),
        Some(Start::Local(local)) => clock.resolve(local).at.max(deployed_at),
    };
    let last = zone.to_datetime(end).date() + 1.day();
    let interval = i64::from(recurrence.interval);
    let plain = recurrence.hours.is_empty()
        && recurrence.minutes.is_empty()
        && recurrence.week_days.is_empty()
        && recurrence.month_days.is_empty();
    let or = |given: &[i8], default: i8, n: i8| {
        if given.is_empty() {
            default == n
        } else {
            given.contains(&n)
        }
    };
    let mut due = Vec::new();
    let mut months = 0;
    for (nth, day) in first.date().series(1.day()).enumerate() {
        if day > last {
            break;
        }
        let nth = i64::try_from(nth).unwrap();
        let today = match recurrence.frequency {
            Frequency::Day => nth % interval == 0,
            Frequency::Week => {
                let weeks = (nth + i64::from(first.date().weekday().to_monday_zero_offset())) / 7;
                let on = &recurrence.week_days;
                weeks % interval == 0
                    && (on.contains(&day.weekday())
                        || on.is_empty() && day.weekday() == first.date().weekday())
            }
            _ if !recurrence.month_days.is_empty() => {
                let passed = i64::from(day.year() - first.year()) * 12
                    + i64::from(day.month() - first.month());
                let to_the_end = day.day() - day.days_in_month() - 1;
                let on = &recurrence.month_days;
                passed % interval == 0 && (on.contains(&day.day()) || on.contains(&to_the_end))
            }
            _ => {
                let next = first.date() + (months * interval).months();
                months += i64::from(day == next);
                day == next
            }
        };
        if !today {
            continue;
        }
        for minute in day.at(0, 0, 0, 0).series(1.minute()).take(24 * 60) {
            if plain && minute.time() == first.time()
                || !plain
                    && or(&recurrence.hours, first.hour(), minute.hour())
                    && or(&recurrence.minutes, first.minute(), minute.minute())
            {
                due.push(clock.resolve(minute));
            }
        }
    }
    due.retain(|occurrence| occurrence.at >= from && occurrence.at < end);
    // If a moved occurrence coincides with another, the shift is kept.
    due.sort_unstable_by_key(|occurrence| (occurrence.at, occurrence.shift.is_none()));
    if recurrence.start.is_none() {
        due.insert(
            0,
            Occurrence {
                at: deployed_at,
                shift: None,
            },
        );
    }
    due.dedup_by_key(|occurrence| occurrence.at);
    due
}

fn recurrences() -> impl Strategy<Value = Recurrence> {
    let frequency = select(vec![Frequency::Day, Frequency::Week, Frequency::Month]);
    let start = prop_oneof![
        1 => Just(None),
        4 => (-400..400i64, 0..24 * 60i64)
            .prop_map(|(day, minute)| Some(YEAR.at(0, 0, 0, 0) + day.days() + minute.minutes())),
    ];
    (
        frequency,
        1..5u32,
        start,
        select(ZONES.to_vec()),
        vec(prop_oneof![0..24i8, 0..4i8], 0..4),
        vec(0..60i8, 0..4),
        vec(0..7i8, 0..4),
        vec(prop_oneof![1..=31i8, -31..=-1i8, Just(-1)], 0..4),
    )
        .prop_map(
            |(frequency, interval, start, zone, hours, minutes, week_days, month_days)| {
                let calendar = frequency != Frequency::Month;
                let weekly = frequency == Frequency::Week;
                Recurrence {
                    frequency,
                    interval,
                    start: start.map(Start::Local),
                    zone: TimeZone::get(zone).unwrap(),
                    hours: if calendar { hours } else { Vec::new() },
                    minutes: if calendar { minutes } else { Vec::new() },
                    week_days: week_days
                        .into_iter()
                        .filter(|_| weekly)
                        .map(|day| Weekday::from_monday_zero_offset(day).unwrap())
                        .collect(),
                    month_days: if calendar { Vec::new() } else { month_days },
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        ..ProptestConfig::default()
    })]

    #[test]
    fn occurrences_match_a_minute_by_minute_oracle(
        recurrence in recurrences(),
        deployed in 0..60 * 24 * 60i64,
        ask in vec(0..365 * 24 * 60i64, 8),
    ) {
        let begin = utc(YEAR.at(0, 0, 0, 0));
        let deployed_at = begin + deployed.minutes();
        let end = begin + (366 * 24).hours();
        let expected = expected(&recurrence, deployed_at, end);
        let actual: Vec<_> = recurrence
            .occurrences(deployed_at)
            .take_while(|occurrence| occurrence.at < end)
            .collect();
        let differ = actual.iter().zip(&expected).find(|(actual, expected)| actual != expected);
        prop_assert_eq!(differ, None);
        prop_assert_eq!(actual.len(), expected.len());
        for minute in ask {
            let after = begin + minute.minutes();
            let next = recurrence.next_after(deployed_at, after);
            let next = next.filter(|occurrence| occurrence.at < end);
            let first = expected.iter().find(|occurrence| occurrence.at > after);
            prop_assert_eq!(next.as_ref(), first);
        }
    }
}
