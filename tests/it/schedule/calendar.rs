//! Random schedules: runs are due at the configured times on the configured days.

use std::collections::BTreeSet;

use jiff::civil::{DateTime, Time, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use picletter_core::schedule::{MAX_TRIGGERS, Schedule, ScheduleText};
use picletter_logic_apps::recurrence::Recurrence;
use picletter_test_support::ZONES;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn schedule_from(keys: &ScheduleText) -> Schedule {
    Schedule::new(keys).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        ..ProptestConfig::default()
    })]

    #[test]
    fn runs_are_due_at_the_times_on_the_days(
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
        let schedule = Schedule::new(&ScheduleText {
            at: times.iter().map(|time| time.strftime("%H:%M").to_string()).collect(),
            on: days.iter().map(|day| DAYS[*day].0.to_owned()).collect(),
            time_zone: Some(zone.to_owned()),
            ..ScheduleText::default()
        }).unwrap();
        prop_assert!(schedule.triggers().len() <= MAX_TRIGGERS);

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
    fn monthly_runs_are_due_at_the_times_on_the_days_of_the_month(
        times in btree_set((0..24i8, select(vec![0i8, 15, 59])), 1..4),
        days in btree_set(prop_oneof![1..=31i8, Just(-1)], 1..4),
        interval in 1..=6i32,
        zone in select(ZONES.to_vec()),
        start in 0..360i64,
        deployed in 0..720i64,
    ) {
        let times: BTreeSet<Time> = times
            .into_iter()
            .map(|(hour, minute)| Time::new(hour, minute, 0, 0).unwrap())
            .collect();
        let start = date(2026, 1, 1) + start.days();
        let on = |day: &i8| if *day < 0 { "last day".to_owned() } else { day.to_string() };
        let keys = ScheduleText {
            every: Some(format!("{interval} months")),
            at: times.iter().map(|time| time.strftime("%H:%M").to_string()).collect(),
            on: days.iter().map(on).collect(),
            start: Some(start.to_string()),
            time_zone: Some(zone.to_owned()),
            ..ScheduleText::default()
        };
        let schedule = match Schedule::new(&keys) {
            Ok(schedule) => schedule,
            // Days that do not exist in any of the months, or a start at a clock change.
            Err(errors) => {
                let problem = &errors[0].problem;
                let is_expected = ["none of the months has", "in this time zone: its clocks change"]
                    .iter()
                    .any(|expected| problem.contains(expected));
                prop_assert!(is_expected, "{problem}");
                return Ok(());
            }
        };

        let clock = TimeZone::get(zone).unwrap();
        let deployed = clock.to_timestamp((date(2026, 1, 1) + deployed.days()).at(0, 0, 0, 0)).unwrap();
        let months = |day: jiff::civil::Date| {
            i32::from(day.year() - start.year()) * 12 + i32::from(day.month() - start.month())
        };
        let expected: BTreeSet<Timestamp> = start
            .series(1.day())
            .take(366 * 6)
            .filter(|day| months(*day) % interval == 0)
            .filter(|day| days.contains(&day.day()) || days.contains(&-1) && *day == day.last_of_month())
            .flat_map(|day| times.iter().map(move |time| day.to_datetime(*time)))
            .map(|local| clock.to_timestamp(local).unwrap())
            .filter(|at| *at >= deployed)
            .collect();
        let due: Vec<_> = schedule
            .occurrences(deployed)
            .take(expected.len())
            .map(|due| due.at)
            .collect();
        prop_assert_eq!(&due, &expected.into_iter().collect::<Vec<_>>());
        // The triggers use only what Microsoft documents.
        for (_, trigger) in schedule.triggers() {
            let recurrence = &trigger["recurrence"];
            let schedule = recurrence["schedule"].as_object().unwrap();
            prop_assert_eq!(schedule.keys().collect::<Vec<_>>(), ["monthDays"]);
            let starts = recurrence["startTime"].as_str().unwrap();
            let starts: DateTime = starts.trim_end_matches('Z').parse().unwrap();
            prop_assert!(times.contains(&starts.time()), "{recurrence}");
            let first = clock.to_timestamp(starts).unwrap();
            let mut all = schedule_from(&keys).occurrences(Timestamp::UNIX_EPOCH);
            prop_assert!(all.any(|due| due.at == first), "{recurrence}");
        }
    }

    #[test]
    fn each_time_of_day_is_in_one_trigger(times in btree_set((0..24i8, 0..6i8), 1..40)) {
        let keys = ScheduleText {
            at: times.iter().map(|(hour, minute)| format!("{hour}:{:02}", minute * 10)).collect(),
            ..ScheduleText::default()
        };
        // Times that need too many triggers are rejected.
        if let Ok(schedule) = Schedule::new(&keys) {
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
    fn arbitrary_keys_do_not_panic(
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
            let keys = ScheduleText {
                every,
                at: at.clone(),
                on: on.clone(),
                start: start.clone(),
                catch_up,
                ..ScheduleText::default()
            };
            if let Ok(schedule) = Schedule::new(&keys) {
                prop_assert!(schedule.occurrences(Timestamp::UNIX_EPOCH).take(3).count() > 0);
            }
        }
    }
}
