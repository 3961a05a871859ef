//! The deployed triggers of random expressions are due at the same times as in croner.
//!
//! Set `PROPTEST_CASES` for more cases: 1,500 take a few minutes.

use std::collections::BTreeSet;

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use picletter_core::schedule::{MAX_TRIGGERS, Schedule, ScheduleText};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::croner::Reference;
use super::deployed::Deployed;

/// Zones with clock changes of an hour, of half an hour, and without clock changes.
const ZONES: [&str; 5] = [
    "UTC",
    "Asia/Kolkata",
    "Europe/Berlin",
    "America/Los_Angeles",
    "Australia/Lord_Howe",
];

/// Expressions with more times of day are not compared over the whole two years.
const MAX_TIMES_OF_DAY: usize = 4;

/// A list of numbers, ranges, and steps.
fn numbers(least: u32, most: u32) -> impl Strategy<Value = String> {
    let one = (least..=most).prop_map(|n| n.to_string());
    let range = (least..=most, least..=most)
        .prop_map(|(one, other)| format!("{}-{}", one.min(other), one.max(other)));
    let stepped = (range.clone(), 1..=most / 2).prop_map(|(range, step)| format!("{range}/{step}"));
    let steps = (1..=most / 2).prop_map(|step| format!("*/{step}"));
    let item = prop_oneof![4 => one, 1 => range, 1 => stepped];
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => steps,
        4 => prop::collection::vec(item, 1..3).prop_map(|items| items.join(",")),
    ]
}

fn month_days() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => numbers(1, 31),
        1 => Just("L".to_owned()),
        1 => (1..=31u32).prop_map(|day| format!("{day},L")),
        1 => Just("?".to_owned()),
    ]
}

fn months() -> impl Strategy<Value = String> {
    let names = vec!["jan", "FEB", "apr", "Jun", "jul", "oct", "dec"];
    prop_oneof![
        3 => Just("*".to_owned()),
        2 => numbers(1, 12),
        1 => subsequence(names, 1..4).prop_map(|names| names.join(",")),
    ]
}

fn week_days() -> impl Strategy<Value = String> {
    let day = select(vec!["sun", "mon", "TUE", "3", "Thu", "fri", "6", "7"]);
    let nth = (day.clone(), 1..=5u32).prop_map(|(day, nth)| format!("{day}#{nth}"));
    let last = (0..=7u32).prop_map(|day| format!("{day}L"));
    let item = prop_oneof![2 => day.prop_map(str::to_owned), 1 => nth, 1 => last];
    prop_oneof![
        3 => Just("*".to_owned()),
        2 => numbers(0, 6),
        2 => prop::collection::vec(item, 1..3).prop_map(|items| items.join(",")),
        1 => Just("mon-fri".to_owned()),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let times = (numbers(0, 59), numbers(0, 23));
    (times, month_days(), months(), week_days()).prop_map(|((minute, hour), day, month, week)| {
        format!("{minute} {hour} {day} {month} {week}")
    })
}

/// The spans to compare: two years. For expressions with many times of day, only the hours around
/// clock changes, ends of months, and the first due time.
fn spans(cron: &Reference, clock: &TimeZone, from: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let until = from + SignedDuration::from_hours(24 * 731);
    if cron.times_of_day() <= MAX_TIMES_OF_DAY {
        return vec![(from, until)];
    }
    let around = SignedDuration::from_hours(5);
    let changes = clock.following(from).map(|change| change.timestamp());
    let changes = changes.take_while(|change| *change < until);
    let year = clock.to_datetime(from).year();
    let ends = [date(year + 1, 3, 1), date(year + 2, 1, 1)];
    let ends = ends.map(|end| clock.to_timestamp(end.at(0, 0, 0, 0)).unwrap());
    let instants = changes.chain(ends).chain(cron.first(clock, from));
    instants.map(|at| (at - around, at + around)).collect()
}

/// The number of cases: few enough for CI, or `PROPTEST_CASES`.
fn cases() -> u32 {
    let default = ProptestConfig::default().cases;
    std::env::var_os("PROPTEST_CASES").map_or(24, |_| default)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(),
        ..ProptestConfig::default()
    })]

    #[test]
    fn triggers_are_due_at_the_same_times_as_in_croner(
        expression in expression(),
        zone in select(ZONES.to_vec()),
        day in 0..2000i64,
        early in 0..=29i64,
    ) {
        let keys = ScheduleText {
            cron: Some(expression.clone()),
            time_zone: Some(zone.to_owned()),
            ..ScheduleText::default()
        };
        let schedule = match Schedule::new(&keys) {
            Ok(schedule) => schedule,
            Err(errors) => {
                prop_assert_eq!(errors[0].problem.as_str(), "the expression never matches a date", "{}", expression);
                return Ok(());
            }
        };
        prop_assert!(schedule.triggers().len() <= MAX_TRIGGERS);
        let deployed = Deployed::new(&schedule);
        let clock = TimeZone::get(zone).unwrap();
        let from = clock.to_timestamp((date(2027, 1, 1) + day.days()).at(0, 0, 0, 0)).unwrap();
        let reference = Reference::new(&expression);
        for (from, until) in spans(&reference, &clock, from) {
            let expected = reference.due(&clock, (from, until));
            let early = SignedDuration::from_secs(early);
            let due = deployed.due((from, until), early);
            let missing: Vec<_> = expected.iter().filter(|at| !due.contains(at)).take(3).collect();
            let all: BTreeSet<_> = expected.iter().copied().collect();
            let extra: Vec<_> = due.difference(&all).take(3).collect();
            prop_assert!(
                missing.is_empty() && extra.is_empty(),
                "{expression} in {zone}: missing {missing:?}, extra {extra:?}, {:?}",
                schedule.triggers()
            );
            let own: Vec<_> = schedule.occurrences(from).map(|due| due.at).take_while(|at| *at < until).collect();
            prop_assert_eq!(own, expected);
        }
    }
}
