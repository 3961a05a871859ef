//! `cron = "…"`: triggers and errors.

mod croner;
mod deployed;
mod equivalence;

use std::fmt::Write as _;

use insta::assert_snapshot;
use picletter_core::schedule::{MAX_TRIGGERS, Schedule, ScheduleText};

use super::keys::schedule;

fn from_cron(expression: &str) -> Schedule {
    schedule(&format!("cron = {expression}"))
}

/// Appends a line for each trigger of the schedule in the zone.
fn triggers(rendered: &mut String, text: &str, zone: &str) {
    let schedule = schedule(&format!("{text}; time_zone = {zone}"));
    writeln!(rendered, "{text}; time_zone = {zone}").unwrap();
    for (name, trigger) in schedule.triggers() {
        let conditions = trigger.get("conditions").cloned().unwrap_or_default();
        writeln!(rendered, "  {name}: {}", trigger["recurrence"]).unwrap();
        for condition in conditions.as_array().into_iter().flatten() {
            writeln!(
                rendered,
                "    if {}",
                condition["expression"].as_str().unwrap()
            )
            .unwrap();
        }
    }
}

#[test]
fn translates_expressions_with_the_fewest_firings() {
    let mut rendered = String::new();
    for text in [
        "cron = * * * * *",
        "cron = */15 * * * *",
        "cron = 5,35 * * * *",
        "cron = 0,10 * * * *",
        "cron = 0-11 * * * *",
        "cron = 0 8 * * *",
        "cron = 0,30 8-17 * * mon-fri",
        "cron = 0 */2 * * *",
        "cron = 0 * * * sat,sun",
        "cron = */10 * 1 * *",
        "cron = 0 8 1,15 * *",
        "cron = 0 8,20 L * *",
        "cron = */5 8 1 * *",
        "cron = 0 8 1 1,4,7,10 *",
        "cron = 0 8 1 jan,mar *",
        "cron = 0 8 29 2 *",
        "cron = 0 8 * jul-aug *",
        "cron = 0 8 * * mon#1",
        "cron = 0 8 * * 5L",
        "cron = 0 8 * * mon#1,wed#3,fri",
        "cron = 0 8 13 * fri",
        "cron = 0 8 13 * fri#2",
        "cron = 0 8 */2 * mon",
        "cron = */20 8 13 * fri",
        "cron = @yearly",
    ] {
        for zone in ["UTC", "Europe/Berlin"] {
            triggers(&mut rendered, text, zone);
        }
    }
    assert_snapshot!(rendered);
}

#[test]
fn translates_keys_to_conditions_if_a_recurrence_is_not_sufficient() {
    let mut rendered = String::new();
    for text in [
        "on = first monday; at = 08:00",
        "on = second tue, fourth tue; at = 08:00, 20:00",
        "on = last friday; at = 23:59",
        "on = first monday, last friday",
        "every = 3 months; on = first monday; start = 2026-02-10",
        "on = first monday; months = jan, July",
        "every = month; months = jan, jul; on = 1; at = 08:00",
        "every = month; months = jan, jul; start = 2026-03-15 08:00",
        "every = month; months = jan, feb; on = 1, last day",
        "at = 08:30; months = jul",
        "on = weekdays; months = jul, aug",
        "every = 2 weeks; on = mon; start = 2026-12-07; months = dec",
        "every = 15 minutes; months = dec",
    ] {
        triggers(&mut rendered, text, "Europe/Berlin");
    }
    assert_snapshot!(rendered);
}

#[test]
fn nicknames_are_equivalent_to_expressions() {
    for (nickname, expression) in [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@Midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ] {
        assert_eq!(
            from_cron(nickname).triggers(),
            from_cron(expression).triggers(),
            "{nickname}"
        );
    }
}

#[test]
fn equivalent_notations_have_the_same_triggers() {
    for (one, other) in [
        ("0 0 * * 7", "0 0 * * sun"),
        ("0 0 * * 5-7", "0 0 * * FRI,sat,Sun"),
        ("0 0 * * fri-sun", "0 0 * * 5,6,0"),
        ("0 0 ? * mon", "0 0 * * 1"),
        ("0 0 * * 1L", "0 0 * * monL"),
        ("0 0 1-31 * mon", "0 0 * * *"),
        ("*/30  *\t* * *", "0,30 * * * *"),
        ("0 0 * jan-mar *", "0 0 * 1,2,3 *"),
        ("0 0 31 2,5 mon", "0 0 31 5,2 1"),
    ] {
        assert_eq!(
            from_cron(one).triggers(),
            from_cron(other).triggers(),
            "{one}"
        );
    }
}

#[test]
fn equivalent_keys_and_expressions_have_the_same_triggers() {
    for (keys, expression) in [
        ("at = 08:30", "30 8 * * *"),
        ("on = weekdays; at = 08:30", "30 8 * * mon-fri"),
        ("on = first monday; at = 08:00", "0 8 * * mon#1"),
        ("on = last friday; at = 08:00", "0 8 * * 5L"),
        ("on = 1, 15, last day; at = 08:00", "0 8 1,15,L * *"),
        ("every = month; on = 1; months = jan, jul", "0 0 1 1,7 *"),
        ("every = 15 minutes", "*/15 * * * *"),
        ("every = hour", "@hourly"),
    ] {
        let triggers = schedule(keys).triggers();
        assert_eq!(triggers, from_cron(expression).triggers(), "{keys}");
    }
}

#[test]
fn schedules_with_conditions_have_a_trigger_for_manual_runs() {
    for (text, by_hand) in [
        ("cron = 0 8 * * mon#1", "By_hand"),
        ("cron = 0 8 13 * fri", "Every_Fri_at_08_00"),
        ("at = 08:30", "Every_day_at_08_30"),
    ] {
        let schedule = schedule(text);
        assert_eq!(schedule.trigger_by_hand(), by_hand, "{text}");
        let trigger = &schedule.triggers()[by_hand];
        assert!(trigger.get("conditions").is_none(), "{text}");
    }
}

#[test]
fn counts_firings_that_start_no_run() {
    let [from, until] =
        ["2027-01-01", "2028-01-01"].map(|date| format!("{date}T00:00:00Z").parse().unwrap());
    for (text, skipped) in [
        ("cron = 0 8 * * mon#1", 52 - 12),
        ("cron = 0 8 * * mon", 0),
        ("cron = 0 8 * jul *", 365 - 31),
        // The 13th was a Friday in August.
        ("cron = 0 8 13 * fri", 1),
    ] {
        assert_eq!(
            schedule(text).skipped_firings(from, until),
            skipped,
            "{text}"
        );
    }
}

#[test]
fn names_of_triggers_are_unique_and_valid() {
    for expression in [
        "0,10,25 * * * *",
        "0-11 * * 1,2,3,4,5,6,7 *",
        "0 8 1-6 * mon#1",
        "*/5 1,2,3,5,8,13,21 1-30 1,2,3,4 1,2,3,4,5,6",
        "0 0,1,2,3,4,5,6,7 1,2,3,5,8,13,21 1,2,3,5 fri#2,sat#2,sun#2",
    ] {
        let schedule = schedule(&format!("cron = {expression}; time_zone = Europe/Berlin"));
        let names: Vec<_> = schedule.recurrences().map(|(name, _)| name).collect();
        let triggers = schedule.triggers();
        assert!(triggers.len() <= MAX_TRIGGERS, "{expression}");
        assert!(names.len() + 1 >= triggers.len(), "{names:?}");
        for name in triggers.keys() {
            assert!((1..=80).contains(&name.len()), "{name}");
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(name.chars().all(plain), "{name}");
        }
    }
}

#[test]
fn rejects_invalid_expressions_with_their_locations() {
    let mut output = String::new();
    for expression in [
        "",
        "0 8 * *",
        "0 0 8 * * *",
        "0 0 8 * * * 2027",
        "60 8 * * *",
        "0 24 * * *",
        "0 8 0 * *",
        "0 8 32 * *",
        "0 8 * 13 *",
        "0 8 * * 8",
        "0 8 * * mo",
        "0 8 * janu *",
        "0 8 * * mon-",
        "0,,30 8 * * *",
        "*/0 8 * * *",
        "*/90 * * * *",
        "5/15 * * * *",
        "0 22-4 * * *",
        "0 8 * * fri-mon",
        "0 8 * * mon#6",
        "0 8 * * mon#",
        "0 8 * * L",
        "0 8 L-3 * *",
        "0 8 LW * *",
        "0 8 15W * *",
        "H 8 * * *",
        "30 2 31 2 *",
        "30 2 31 4,6 *",
        "@reboot",
        "@every 5m",
        "@dayly",
        "@noon",
        "CRON_TZ=Europe/Berlin 0 8 * * *",
        "0 8 * * *; every = day",
        "0 8 * * *; at = 08:00; on = mon; months = jan",
        "0 8 * * *; start = 2026-12-01 08:00",
        "0 8 * * *; start = tomorrow",
        "0 8 * * *; catch_up = true; start = 2026-12-01",
        "* * * * *; overlap = replace",
    ] {
        writeln!(output, "{expression}").unwrap();
        let keys = super::keys::schedule_text(&format!("cron = {expression}"));
        for error in Schedule::new(&keys).expect_err(expression) {
            writeln!(output, "  {:?}: {error}", error.key).unwrap();
        }
    }
    assert_snapshot!(output);
}

#[test]
fn arbitrary_expressions_do_not_panic() {
    proptest::proptest!(|(expression in "[ -~]{0,24}|([0-9*,/#L?-]{1,5} ){4}[0-9*,/#L?-]{1,5}|\\PC{0,12}")| {
        let keys = ScheduleText { cron: Some(expression), ..ScheduleText::default() };
        if let Ok(schedule) = Schedule::new(&keys) {
            assert!(schedule.occurrences(jiff::Timestamp::UNIX_EPOCH).next().is_some());
        }
    });
}
