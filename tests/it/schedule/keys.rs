//! Keys of `[schedule]`: triggers, errors, and warnings.

use std::fmt::Write as _;

use insta::assert_snapshot;
use jiff::Timestamp;
use picletter_core::schedule::{MAX_TRIGGERS, Schedule, ScheduleError, ScheduleText};
use picletter_logic_apps::recurrence::Shift;

/// Parses `key = value; …`.
pub(super) fn schedule_text(text: &str) -> ScheduleText {
    let mut keys = ScheduleText::default();
    for pair in text
        .split(';')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        let (key, value) = pair.split_once('=').unwrap();
        let value = value.trim();
        let list = || {
            value
                .split(',')
                .map(|item| item.trim().to_owned())
                .collect()
        };
        match key.trim() {
            "cron" => keys.cron = Some(value.to_owned()),
            "months" => keys.months = list(),
            "every" => keys.every = Some(value.to_owned()),
            "at" => keys.at = list(),
            "on" => keys.on = list(),
            "start" => keys.start = Some(value.to_owned()),
            "time_zone" => keys.time_zone = Some(value.to_owned()),
            "catch_up" => keys.catch_up = value == "true",
            "overlap" => keys.overlap = Some(value.to_owned()),
            key => panic!("{key}"),
        }
    }
    keys
}

pub(crate) fn schedule(text: &str) -> Schedule {
    Schedule::new(&schedule_text(text)).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn errors(text: &str) -> Vec<ScheduleError> {
    Schedule::new(&schedule_text(text)).expect_err(text)
}

/// Every pattern of the article on which Picletter is based ("Scheduling Jobs on Heroku with Azure
/// Logic Apps"), and patterns with months.
const PATTERNS: [&str; 25] = [
    "every = 15 minutes",
    "every = 90 seconds",
    "every = 2 hours; start = 2026-12-01 08:30",
    "every = day",
    "every = day; at = 08:30",
    "at = 16:45, 08:30",
    "at = 08:30, 16:30",
    "at = 08:00, 08:30, 16:00, 16:30",
    "every = 3 days; at = 08:30; start = 2026-12-01",
    "on = mon, Wednesday",
    "on = weekdays; at = 08:30, 16:45",
    "every = 2 weeks; on = mon, wed; at = 08:30; start = 2026-12-02",
    "every = week; start = 2026-12-02 08:30",
    "every = month",
    "every = month; at = 08:30, 16:45; start = 2026-12-15",
    "every = 3 months; start = 2026-12-01 08:00",
    "every = month; start = 2026-12-31 08:00",
    "every = month; on = 1, 15; at = 08:00",
    "every = month; on = 15, 1; at = 08:00, 20:00; start = 2026-12-10",
    "on = last day; at = 08:00",
    "on = 31; at = 08:00",
    "every = 3 months; on = last day, 1, 15, 16; start = 2026-12-10 08:00",
    "every = 2 months; on = 31; at = 08:00; start = 2026-11-01",
    "on = 1, 2, 3, 4, 5, 6, 7, 31, last day; at = 08:00",
    "every = 15 minutes; start = 2026-12-01 08:00; catch_up = true",
];

#[test]
fn translates_every_pattern_to_triggers() {
    let mut rendered = String::new();
    for pattern in PATTERNS {
        for zone in ["UTC", "Europe/Berlin", "Asia/Kolkata"] {
            let schedule = schedule(&format!("{pattern}; time_zone = {zone}"));
            writeln!(rendered, "{pattern}; time_zone = {zone}").unwrap();
            for (name, trigger) in schedule.triggers() {
                writeln!(rendered, "  {name}: {trigger}").unwrap();
            }
        }
    }
    assert_snapshot!(rendered);
}

#[test]
fn rejects_unsupported_schedules_with_a_suggestion() {
    let refused = [
        "",
        "every = 0 minutes",
        "every = 17 months",
        "every = 501 days",
        "every = 99999999999 seconds",
        "every = 15 minuts",
        "every = fortnight",
        "every = -5 minutes",
        "every = 15 minutes; at = 08:30; on = mon",
        "every = 2 days",
        "every = 2 weeks; on = mon",
        "every = week",
        "every = 2 days; start = 2026-12-01; on = mon",
        "every = month; on = mon",
        "every = day; on = first monday",
        "every = 5 months; on = first monday; start = 2026-12-01",
        "on = first monday, 15",
        "on = first monday, tue",
        "on = first monday, FIRST MON",
        "months = jan",
        "on = 1; months = januar, 7, jul, July, summer",
        "every = 2 months; months = jan; start = 2026-12-01",
        "every = hour; months = jan; start = 2026-12-01; catch_up = true",
        "months = feb; on = 30",
        "every = month; on = mon, 1",
        "on = 0, 32, -1, -2, 15, 15, last day, LAST DAY",
        "on = 15th, first day, last, lastday, end of month, the 31st of the month, last dya",
        "on = first monday, last weekday, 2nd tue",
        "every = day; on = 1",
        "every = 2 weeks; on = last day; start = 2026-12-01",
        "every = 6 hours; on = 1",
        "on = 1; start = 2026-12-01; catch_up = true",
        "every = 12 months; on = 1, 30; start = 2026-02-01",
        "every = month; on = 29; at = 02:30; start = 2026-03-29; time_zone = Europe/Berlin",
        "on = 1; at = 08:00, 08:01, 08:02, 08:03, 08:04, 08:05, 08:06, 08:07, 08:08, 08:09, 08:10",
        "every = month; at = 08:30; start = 2026-12-01 09:00",
        "every = day; start = 2026-12-01 08:00:30",
        "every = day; at = 24:00, 8.30, 08:30:00, 08:30, 08:30",
        "on = mo, wendsday, holiday, mon, monday",
        "every = day; start = 2026-12-01T08:00:00Z",
        "every = day; start = tomorrow",
        "every = day; start = 2080-01-01",
        "every = day; start = 2026-03-29 02:30; time_zone = Europe/Berlin",
        "every = day; start = 2026-10-25 02:30; time_zone = Europe/Berlin",
        "every = day; time_zone = Europe/Berln",
        "every = day; time_zone = berlin",
        "every = day; time_zone = New York",
        "every = day; time_zone = W. Europe Standard Time",
        "every = day; time_zone = Antarctica/Troll",
        "every = day; time_zone = EST5EDT",
        "every = day; time_zone = Qo'noS",
        "every = day; overlap = wait",
        "every = day; overlap = quue",
        "every = 15 minutes; catch_up = true",
        "on = mon; start = 2026-12-01; catch_up = true",
        "every = day; at = 08:30; start = 2026-12-01; catch_up = true",
        "every = 2 days; start = 2026-12-01; catch_up = true",
        "every = month; start = 2026-12-01; catch_up = true",
        "every = hour; start = 2026-12-01; catch_up = true; overlap = skip",
        "every = hour; start = 2026-12-01; catch_up = true; overlap = replace",
        "every = hour; catch_up = true; overlap = skip",
        "at = 00:00, 01:01, 02:02, 03:03, 04:04, 05:05, 06:06, 07:07, 08:08, 09:09, 10:10",
    ];
    let mut output = String::new();
    for text in refused {
        writeln!(output, "{text}").unwrap();
        for error in errors(text) {
            writeln!(output, "  {:?}: {error}", error.key).unwrap();
        }
    }
    assert_snapshot!(output);
}

#[test]
fn accepts_the_maximum_number_of_triggers() {
    let times: Vec<String> = (0..MAX_TRIGGERS)
        .map(|n| format!("{n:02}:{n:02}"))
        .collect();
    let schedule = schedule(&format!("at = {}", times.join(", ")));
    assert_eq!(schedule.triggers().len(), MAX_TRIGGERS);
}

#[test]
fn missed_runs_are_queued_by_default() {
    let catching_up = "every = hour; start = 2026-12-01; catch_up = true";
    let overlap = |more| schedule(&format!("{catching_up}{more}")).overlap().name();
    assert_eq!(overlap(""), "queue");
    assert_eq!(overlap("; overlap = queue"), "queue");
    assert_eq!(overlap("; overlap = allow"), "allow");
    assert_eq!(schedule("every = hour").overlap().name(), "skip");
}

#[test]
fn names_of_triggers_are_valid() {
    let every_minute: Vec<String> = (0..24)
        .flat_map(|hour| (0..60).map(move |minute| format!("{hour:02}:{minute:02}")))
        .collect();
    let at = format!("on = weekdays; at = {}", every_minute.join(", "));
    for text in PATTERNS.into_iter().chain([at.as_str()]) {
        for name in schedule(text).triggers().keys() {
            assert!((1..=80).contains(&name.len()), "{name}");
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(name.chars().all(plain), "{name}");
        }
    }
}

#[test]
fn min_gap_is_the_minimum_time_between_two_runs() {
    for (text, gap) in [
        ("every = 90 seconds", "PT1M30S"),
        ("every = 12 hours", "PT12H"),
        ("at = 08:30", "PT24H"),
        // The day on which clocks go forward has 23 hours.
        ("at = 08:30; time_zone = Europe/Berlin", "PT23H"),
        ("at = 08:30, 16:45", "PT8H15M"),
        ("at = 23:50, 00:05", "PT15M"),
        // On the day on which clocks go forward, 02:15 does not exist, so its run is due at 03:15.
        ("at = 02:15, 03:30; time_zone = Europe/Berlin", "PT15M"),
        ("at = 02:30, 03:30; time_zone = Europe/Berlin", "PT1H"),
        ("on = mon, wed; at = 08:30", "PT48H"),
        ("every = month", "PT672H"),
        ("on = 1, last day", "PT24H"),
        // The clocks go forward on the last day of March 2030.
        (
            "on = 1, last day; start = 2029-01-01; time_zone = Europe/Berlin",
            "PT23H",
        ),
        ("on = 31", "PT744H"),
        ("every = 12 months; on = 29; start = 2026-02-01", "PT35064H"),
        (
            "every = 2 weeks; on = mon, wed; start = 2026-12-02",
            "PT48H",
        ),
    ] {
        assert_eq!(schedule(text).min_gap().to_string(), gap, "{text}");
    }
}

#[test]
fn simultaneous_triggers_are_one_occurrence() {
    let schedule = schedule("at = 02:15, 03:15, 03:50; time_zone = Europe/Berlin");
    assert_eq!(schedule.recurrences().count(), 2);
    // 02:15 does not exist on 2027-03-28, so its run is due at 03:15.
    let due: Vec<_> = schedule
        .occurrences("2027-03-28T00:00:00Z".parse().unwrap())
        .take(3)
        .map(|due| (due.at.to_string(), due.shift))
        .collect();
    assert_eq!(
        due,
        [
            ("2027-03-28T01:15:00Z".to_owned(), Some(Shift::Skipped)),
            ("2027-03-28T01:50:00Z".to_owned(), None),
            ("2027-03-29T00:15:00Z".to_owned(), None),
        ]
    );
}

#[test]
fn warns_about_unexpected_behavior() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let mut output = String::new();
    for text in [
        "at = 08:30; time_zone = Europe/Berlin",
        "at = 02:30; time_zone = Europe/Berlin",
        "every = 15 minutes; time_zone = Europe/Berlin",
        "every = day; time_zone = Africa/Cairo",
        "every = day; time_zone = Asia/Kolkata",
        "every = 24 hours; time_zone = Europe/Berlin",
        "every = 48 hours; time_zone = Europe/Berlin",
        "every = 24 hours; time_zone = Asia/Kolkata",
        "every = 24 hours; start = 2026-12-01; catch_up = true; time_zone = Europe/Berlin",
        "every = month; start = 2026-12-31 08:00",
        "on = 31",
        "on = 15, 30",
        "on = 29",
        "on = 28",
        "on = 29, 30, 31",
        "on = 31; months = jan, feb, apr, jul",
        "on = fifth friday",
        "cron = 0 8 31 * *",
        "cron = 0 8 */2 * *",
        "cron = 30 2 * * *; time_zone = Europe/Berlin",
        "cron = */15 * * * *; time_zone = Europe/Berlin",
        "on = last sunday; at = 02:30; time_zone = Europe/Berlin",
        "on = 31, last day",
        "every = 3 months; on = 31; start = 2026-03-01",
        "every = 2 months; on = 31; start = 2026-01-01",
        "every = 6 months; on = 31; start = 2026-01-01",
        "on = 1; at = 02:30; time_zone = Europe/Berlin",
        "on = last day; at = 02:30; time_zone = Europe/Berlin",
        "every = week; on = mon; start = 2026-11-25",
        "every = 15 minutes; start = 2026-11-24 11:00; catch_up = true",
        "every = 59 seconds",
        "every = 59 seconds; overlap = queue",
        "every = minute",
    ] {
        writeln!(output, "{text}").unwrap();
        for warning in schedule(text).warnings(now) {
            writeln!(output, "  {:?}: {}", warning.key, warning.text).unwrap();
        }
    }
    assert_snapshot!(output);
}
