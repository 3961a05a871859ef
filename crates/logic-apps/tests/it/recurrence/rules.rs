//! Examples with occurrences from Microsoft's documents or from a calendar.

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use picletter_logic_apps::recurrence::{Frequency, Recurrence, RecurrenceError, Shift, Start};

fn every(interval: u32, frequency: Frequency, start: &str, zone: &str) -> Recurrence {
    Recurrence {
        frequency,
        interval,
        start: match start {
            "" => None,
            utc if utc.ends_with('Z') => Some(Start::Utc(utc.parse().unwrap())),
            local => Some(Start::Local(local.parse().unwrap())),
        },
        zone: TimeZone::get(zone).unwrap(),
        hours: Vec::new(),
        minutes: Vec::new(),
        week_days: Vec::new(),
        month_days: Vec::new(),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Returns the first `n` occurrences in local time.
fn local(recurrence: &Recurrence, deployed: &str, n: usize) -> Vec<String> {
    recurrence
        .occurrences(at(deployed))
        .take(n)
        .map(|due| recurrence.zone.to_datetime(due.at))
        .map(|local: DateTime| local.strftime("%a %F %R").to_string())
        .collect()
}

#[test]
fn interval_is_counted_from_a_start_in_the_past() {
    // Microsoft's own example.
    let two_days = every(2, Frequency::Day, "2017-09-07T14:00:00Z", "UTC");
    assert_eq!(
        local(&two_days, "2017-09-08T13:00:00Z", 3),
        [
            "Sat 2017-09-09 14:00",
            "Mon 2017-09-11 14:00",
            "Wed 2017-09-13 14:00"
        ]
    );
    // A sliding window starts at its start time, also in the past.
    let start = two_days.start_at().unwrap();
    assert_eq!(two_days.occurrences(start).next().unwrap().at, start);
}

#[test]
fn without_a_start_the_deployment_is_the_first_occurrence() {
    let hours = every(1, Frequency::Hour, "", "UTC");
    assert_eq!(
        local(&hours, "2026-01-01T10:07:00Z", 2),
        ["Thu 2026-01-01 10:07", "Thu 2026-01-01 11:07"]
    );
}

#[test]
fn hours_and_minutes_are_combined() {
    let mut daily = every(1, Frequency::Day, "2026-01-01T00:00:00", "UTC");
    daily.hours = vec![16, 8];
    daily.minutes = vec![45, 30];
    assert_eq!(
        local(&daily, "2026-02-01T08:40:00Z", 5),
        [
            "Sun 2026-02-01 08:45",
            "Sun 2026-02-01 16:30",
            "Sun 2026-02-01 16:45",
            "Mon 2026-02-02 08:30",
            "Mon 2026-02-02 08:45"
        ]
    );
}

#[test]
fn days_follow_the_time_zone_and_hours_are_elapsed_time() {
    let (deployed, start) = ("2026-03-28T00:00:00Z", "2026-03-28T12:00:00");
    assert_eq!(
        local(
            &every(1, Frequency::Day, start, "Europe/Berlin"),
            deployed,
            2
        ),
        ["Sat 2026-03-28 12:00", "Sun 2026-03-29 12:00"]
    );
    assert_eq!(
        local(
            &every(24, Frequency::Hour, start, "Europe/Berlin"),
            deployed,
            2
        ),
        ["Sat 2026-03-28 12:00", "Sun 2026-03-29 13:00"]
    );
}

#[test]
fn short_month_does_not_shorten_later_months() {
    let months = every(1, Frequency::Month, "2026-01-31T09:00:00", "Europe/Berlin");
    assert_eq!(
        local(&months, "2026-01-31T09:00:00Z", 3),
        [
            "Sat 2026-02-28 09:00",
            "Tue 2026-03-31 09:00",
            "Thu 2026-04-30 09:00"
        ]
    );
}

#[test]
fn month_days_are_counted_from_the_first_or_the_last() {
    let mut months = every(1, Frequency::Month, "2026-01-05T09:00:00", "Europe/Berlin");
    months.month_days = vec![-1, 15, 1];
    assert_eq!(
        local(&months, "2026-01-05T00:00:00Z", 5),
        [
            "Thu 2026-01-15 09:00",
            "Sat 2026-01-31 09:00",
            "Sun 2026-02-01 09:00",
            "Sun 2026-02-15 09:00",
            "Sat 2026-02-28 09:00"
        ]
    );
    // The last day is one occurrence, even if it matches two rules.
    months.month_days = vec![31, -1];
    assert_eq!(
        local(&months, "2026-01-05T00:00:00Z", 3),
        [
            "Sat 2026-01-31 09:00",
            "Sat 2026-02-28 09:00",
            "Tue 2026-03-31 09:00"
        ]
    );
}

#[test]
fn month_without_the_day_is_skipped() {
    let mut months = every(2, Frequency::Month, "2026-12-31T09:00:00", "UTC");
    months.month_days = vec![31];
    assert_eq!(
        local(&months, "2026-01-01T00:00:00Z", 3),
        [
            "Thu 2026-12-31 09:00",
            "Tue 2027-08-31 09:00",
            "Sun 2027-10-31 09:00"
        ]
    );
    months.interval = 12;
    months.month_days = vec![-31, 29];
    months.start = Some(Start::Local("2026-02-01T09:00:00".parse().unwrap()));
    assert_eq!(
        local(&months, "2026-01-01T00:00:00Z", 1),
        ["Tue 2028-02-29 09:00"]
    );
    months.month_days = vec![30];
    assert_eq!(months.occurrences(Timestamp::UNIX_EPOCH).next(), None);
}

#[test]
fn interval_of_weeks_counts_calendar_weeks() {
    let mut weeks = every(2, Frequency::Week, "2026-12-02T00:00:00", "UTC");
    weeks.week_days = vec![Weekday::Wednesday, Weekday::Monday];
    weeks.hours = vec![8];
    weeks.minutes = vec![0];
    assert_eq!(
        local(&weeks, "2026-11-01T00:00:00Z", 4),
        [
            "Wed 2026-12-02 08:00",
            "Mon 2026-12-14 08:00",
            "Wed 2026-12-16 08:00",
            "Mon 2026-12-28 08:00"
        ]
    );
}

#[test]
fn clock_changes_are_marked() {
    let mut nightly = every(1, Frequency::Day, "2026-01-01T00:00:00", "Europe/Berlin");
    nightly.hours = vec![2];
    nightly.minutes = vec![30];
    let marked: Vec<_> = nightly
        .occurrences(at("2026-01-01T00:00:00Z"))
        .take(365)
        .filter_map(|due| Some((due.at.to_string(), due.shift?)))
        .collect();
    assert_eq!(
        marked,
        [
            ("2026-03-29T01:30:00Z".to_owned(), Shift::Skipped),
            ("2026-10-25T00:30:00Z".to_owned(), Shift::Repeated)
        ]
    );
}

#[test]
fn clock_changes_match_microsofts_documented_example() {
    let chicago = |hour: i8| {
        let mut daily = every(1, Frequency::Day, "2019-01-01T00:00:00", "America/Chicago");
        (daily.hours, daily.minutes) = (vec![hour], vec![30]);
        daily
    };
    let utc = |recurrence: &Recurrence, from: &str| {
        let due = recurrence.occurrences(at(from)).take(3);
        due.map(|due| due.at.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        utc(&chicago(1), "2019-03-09T06:00:00Z"),
        [
            "2019-03-09T07:30:00Z",
            "2019-03-10T07:30:00Z",
            "2019-03-11T06:30:00Z"
        ]
    );
    assert_eq!(
        utc(&chicago(2), "2019-03-09T06:00:00Z"),
        [
            "2019-03-09T08:30:00Z",
            "2019-03-10T08:30:00Z",
            "2019-03-11T07:30:00Z"
        ]
    );
    assert_eq!(
        utc(&chicago(1), "2019-11-02T05:00:00Z"),
        [
            "2019-11-02T06:30:00Z",
            "2019-11-03T06:30:00Z",
            "2019-11-04T07:30:00Z"
        ]
    );
    assert_eq!(
        utc(&chicago(2), "2019-11-02T05:00:00Z"),
        [
            "2019-11-02T07:30:00Z",
            "2019-11-03T08:30:00Z",
            "2019-11-04T08:30:00Z"
        ]
    );
}

#[test]
fn occurrence_moved_by_a_clock_change_is_in_order() {
    // Lord Howe Island moves its clocks forward by half an hour, at 02:00.
    let mut daily = every(
        1,
        Frequency::Day,
        "2026-01-01T00:00:00",
        "Australia/Lord_Howe",
    );
    (daily.hours, daily.minutes) = (vec![2], vec![15, 30]);
    assert_eq!(
        local(&daily, "2026-10-03T12:00:00Z", 3),
        [
            "Sun 2026-10-04 02:30",
            "Sun 2026-10-04 02:45",
            "Mon 2026-10-05 02:15"
        ]
    );
}

#[test]
fn day_skipped_by_the_time_zone_has_no_occurrence() {
    // Samoa skipped 30 December 2011.
    let mut daily = every(1, Frequency::Day, "2011-12-01T00:00:00", "Pacific/Apia");
    daily.hours = vec![8];
    daily.minutes = vec![30];
    assert_eq!(
        local(&daily, "2011-12-29T00:00:00Z", 3),
        [
            "Thu 2011-12-29 08:30",
            "Sat 2011-12-31 08:30",
            "Sun 2012-01-01 08:30"
        ]
    );
}

/// Takes too long to finish if every occurrence is counted from the start.
#[test]
fn cost_does_not_depend_on_the_age_of_the_start() {
    let minutes = every(
        1,
        Frequency::Minute,
        "2001-01-01T00:00:00Z",
        "Europe/Berlin",
    );
    let mut by_calendar = every(1, Frequency::Day, "2001-01-01T00:00:00", "UTC");
    by_calendar.hours = (0..24).collect();
    by_calendar.minutes = (0..60).collect();
    for recurrence in [minutes, by_calendar] {
        let mut after = at("2026-01-01T00:00:00Z");
        for _ in 0..31 * 24 * 60 {
            after = recurrence.next_after(after, after).unwrap().at;
        }
        assert_eq!(after, at("2026-02-01T00:00:00Z"));
    }
}

#[test]
fn occurrences_end_with_the_calendar() {
    let days = every(3, Frequency::Day, "1999-01-01T00:00:00", "Asia/Tokyo");
    assert!(days.next_after(Timestamp::MIN, Timestamp::MAX).is_none());
    assert!(days.next_after(Timestamp::MIN, Timestamp::MIN).is_some());
    let seconds = every(7, Frequency::Second, "9999-12-30T21:59:50", "UTC");
    assert_eq!(seconds.occurrences(Timestamp::MIN).count(), 2);
}

#[test]
fn check_rejects_unsupported_recurrences() {
    let day = every(1, Frequency::Day, "", "UTC");
    assert_eq!(day.check(), Ok(()));
    for (frequency, interval, fits) in [
        (Frequency::Month, 16, true),
        (Frequency::Month, 17, false),
        (Frequency::Day, 501, false),
        (Frequency::Hour, 12_001, false),
        (Frequency::Minute, 72_001, false),
        (Frequency::Second, 9_999_999, true),
        (Frequency::Second, 0, false),
    ] {
        let checked = every(interval, frequency, "", "UTC").check();
        assert_eq!(checked.is_ok(), fits, "{interval} {frequency:?}");
    }
    let mut wrong = day.clone();
    wrong.week_days = vec![Weekday::Monday];
    assert_eq!(
        wrong.check(),
        Err(RecurrenceError::WeekDays(Frequency::Day))
    );
    wrong.month_days = vec![1];
    wrong.week_days.clear();
    assert_eq!(
        wrong.check(),
        Err(RecurrenceError::MonthDays(Frequency::Day))
    );
    wrong.frequency = Frequency::Month;
    for day in [32, 0, -32] {
        wrong.month_days = vec![day];
        assert_eq!(wrong.check(), Err(RecurrenceError::MonthDay(day)));
    }
    wrong.month_days.clear();
    wrong.week_days = vec![Weekday::Monday];
    wrong.frequency = Frequency::Hour;
    wrong.minutes = vec![0];
    assert_eq!(
        wrong.check(),
        Err(RecurrenceError::TimesOfDay(Frequency::Hour))
    );
    wrong.frequency = Frequency::Week;
    wrong.minutes = vec![60];
    assert_eq!(wrong.check(), Err(RecurrenceError::Minute(60)));
    assert_eq!(wrong.occurrences(at("2026-01-02T00:00:00Z")).count(), 1);
}
