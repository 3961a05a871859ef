//! Schedules of random words: the runs are the times on the days that were written, whatever
//! triggers it takes.

use std::collections::BTreeSet;

use jiff::civil::{Time, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use picletter::schedule::recurrence::Recurrence;
use picletter::schedule::{MOST_TRIGGERS, Schedule, Words};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::oracle::ZONES;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn runs_are_the_times_on_the_days(
        hours in vec(0..24i8, 1..5),
        minutes in vec(select(vec![0i8, 15, 30, 45]), 1..5),
        days in btree_set(0..7usize, 0..4),
        zone in select(ZONES.to_vec()),
        from in 0..360i64,
    ) {
        let times: BTreeSet<Time> = hours
            .iter()
            .zip(minutes.iter().cycle())
            .map(|(hour, minute)| Time::new(*hour, *minute, 0, 0).unwrap())
            .collect();
        let schedule = Schedule::new(&Words {
            at: times.iter().map(|time| time.strftime("%H:%M").to_string()).collect(),
            on: days.iter().map(|day| DAYS[*day].0.to_owned()).collect(),
            time_zone: Some(zone.to_owned()),
            ..Words::default()
        }).unwrap();
        prop_assert!(schedule.triggers().len() <= MOST_TRIGGERS);

        let clock = TimeZone::get(zone).unwrap();
        let first = date(2026, 1, 2) + from.days();
        let expected: BTreeSet<Timestamp> = first
            .series(1.day())
            .take(21)
            .filter(|day| days.is_empty() || days.iter().any(|of| DAYS[*of].1 == day.weekday()))
            .flat_map(|day| times.iter().map(move |time| day.to_datetime(*time)))
            .map(|local| clock.to_timestamp(local).unwrap())
            .collect();
        let from = clock.to_timestamp(first.at(0, 0, 0, 0)).unwrap();
        let due: Vec<_> = schedule.occurrences(from).take(expected.len()).collect();
        let instants: Vec<_> = due.iter().map(|due| due.at).collect();
        prop_assert_eq!(instants, expected.into_iter().collect::<Vec<_>>());
        let gap = schedule.min_gap();
        for pair in due.windows(2) {
            prop_assert!(pair[1].at.duration_since(pair[0].at) >= gap, "{gap:?} {pair:?}");
        }
    }

    #[test]
    fn no_time_of_the_day_is_in_two_triggers(times in btree_set((0..24i8, 0..6i8), 1..40)) {
        let words = Words {
            at: times.iter().map(|(hour, minute)| format!("{hour}:{:02}", minute * 10)).collect(),
            ..Words::default()
        };
        // A set that takes more triggers than there may be is refused.
        if let Ok(schedule) = Schedule::new(&words) {
            let all: usize = schedule
                .recurrences()
                .map(|(_, recurrence): (_, &Recurrence)| {
                    recurrence.hours.len() * recurrence.minutes.len()
                })
                .sum();
            prop_assert_eq!(all, times.len());
        }
    }

    #[test]
    fn no_words_are_a_panic(
        every in any::<Option<String>>(),
        at in vec(".{0,8}", 0..3),
        on in vec(".{0,8}", 0..3),
        start in proptest::option::of("[0-9]{4}-[0-9]{2}-[0-9]{2}.{0,12}"),
        number in any::<i64>(),
        unit in select(vec!["second", "minutes", "hours", "day", "weeks", "month"]),
        catch_up in any::<bool>(),
    ) {
        let with_unit = Some(format!("{number} {unit}"));
        for every in [every, with_unit] {
            let words = Words {
                every,
                at: at.clone(),
                on: on.clone(),
                start: start.clone(),
                catch_up,
                ..Words::default()
            };
            if let Ok(schedule) = Schedule::new(&words) {
                prop_assert!(schedule.occurrences(Timestamp::UNIX_EPOCH).take(3).count() > 0);
            }
        }
    }
}
