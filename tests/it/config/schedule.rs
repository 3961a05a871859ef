//! `[schedule]`: intervals, days, time zones, and the start window.

use jiff::{SignedDuration, Timestamp};
use picletter::config::Style;

use super::{parse, said, with};

#[test]
fn the_start_window_leaves_room_before_the_next_run_and_is_an_hour_at_most() {
    for (schedule, seconds) in [
        ("every = \"day\"", 3600),
        ("every = \"2 hours\"", 3600),
        ("every = \"1 hour\"", 58 * 60),
        ("every = \"90 seconds\"", 0),
    ] {
        let config = parse(&with(schedule, "")).unwrap();
        assert_eq!(config.jobs[0].start_window.as_secs(), seconds, "{schedule}");
    }
    let given = with("every = \"day\"", "[run]\nstart_window = \"2 hours\"");
    let given = parse(&given).unwrap();
    assert_eq!(given.jobs[0].start_window, SignedDuration::from_hours(2));
}

#[test]
fn what_people_write_for_an_interval_is_taken_or_led_to_what_there_is() {
    for (every, means) in [
        ("5 mins", "5 minutes"),
        ("2h", "2 hours"),
        ("3 mo", "3 months"),
    ] {
        let [every, means] = [every, means].map(|words| {
            let config = parse(&with(&format!("every = \"{words}\""), "")).unwrap();
            format!(
                "{:?}",
                config.jobs[0].schedule.recurrences().collect::<Vec<_>>()
            )
        });
        assert_eq!(every, means);
    }
    for (schedule, told) in [
        ("every = \"daily\"", "did you mean `day`?"),
        ("every = \"@hourly\"", "write `cron = \"@hourly\"`"),
        ("every = \"0 3 * * *\"", "write `cron = \"0 3 * * *\"`"),
        (
            "every = \"30 4 1,15 * FRI\"",
            "write `cron = \"30 4 1,15 * FRI\"`",
        ),
        (
            "every = \"day\"\nat = 03:00:00",
            "`at` is a time, and not text",
        ),
    ] {
        let said = said(&with(schedule, ""));
        assert!(said.contains(told), "{said}");
    }
    for every in ["2 hours and 30 minutes", "1 day at 3 am"] {
        let said = said(&with(&format!("every = \"{every}\""), ""));
        assert!(!said.contains("cron"), "{said}");
    }
}

#[test]
fn quotes_of_word_processors_and_zones_without_summer_time_are_told() {
    let told = said(&with("every = “day”", ""));
    assert!(told.contains("write straight quotes"), "{told}");
    let told = said(&with("every = \"day\"", "command = \"bob’s\" x"));
    assert!(!told.contains("write straight quotes"), "{told}");
    let text = with("every = \"day\"\nat = \"08:30\"\ntime_zone = \"EST\"", "");
    let warned = parse(&text)
        .unwrap()
        .warnings(Timestamp::UNIX_EPOCH, Style::Plain);
    assert!(warned.contains("America/New_York has"), "{warned}");
}

#[test]
fn days_that_a_week_does_not_have_lead_to_what_is_supported() {
    for (on, suggested) in [
        ("2nd tue", "did you mean `on = \"second tuesday\"`?"),
        (
            "the last fri of the month",
            "did you mean `on = \"last friday\"`?",
        ),
        ("last weekday", "use a day such as \"first monday\""),
        ("1st", "did you mean `on = 1`?"),
        ("1, 15", "did you mean `on = [1, 15]`?"),
        ("the 1st and the 15th", "did you mean `on = [1, 15]`?"),
        ("2026-12-01", "expected mon, tue"),
        ("last day of the month", "did you mean `on = \"last day\"`?"),
        ("every day", "leave `on` out"),
        ("every monday", "did you mean `mon`?"),
        ("mondays", "did you mean `mon`?"),
        (
            "mon-fri",
            "`on = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]`",
        ),
        ("monday to wednesday", "`on = [\"mon\", \"tue\", \"wed\"]`"),
        ("sat, sun", "`on = [\"sat\", \"sun\"]`"),
        ("weekday", "did you mean `weekdays`?"),
        ("easter", "expected mon, tue"),
    ] {
        let said = said(&with(&format!("on = \"{on}\""), ""));
        assert!(said.contains(suggested), "{on}: {said}");
    }
}

#[test]
fn days_of_the_month_are_numbers_and_the_last_day() {
    for on in [
        "1",
        "[1, 15]",
        "\"15\"",
        "\"last day\"",
        "[15, \"last day\"]",
    ] {
        for every in ["every = \"month\"\n", ""] {
            let schedule = format!("{every}at = \"08:00\"\non = {on}");
            let config =
                parse(&with(&schedule, "")).unwrap_or_else(|error| panic!("{on}: {error}"));
            for (name, trigger) in config.jobs[0].schedule.triggers() {
                assert_eq!(trigger["recurrence"]["frequency"], "Month", "{name}");
            }
        }
    }
    let mixed = said(&with("on = [\"mon\", 1]", ""));
    assert!(mixed.contains("use one or the other"), "{mixed}");
}

#[test]
fn intervals_that_azure_lacks_lead_to_ones_that_it_has() {
    for (every, suggested) in [
        ("5", "5 minutes"),
        ("1", "1 minute"),
        ("every day", "day"),
        ("yearly", "12 months"),
        ("quarter", "3 months"),
        ("2 fortnights", "4 weeks"),
    ] {
        let told = said(&with(&format!("every = \"{every}\""), ""));
        assert!(
            told.contains(&format!("did you mean `{suggested}`?")),
            "{told}"
        );
        let start = "start = \"2026-12-01\"";
        assert!(parse(&with(&format!("every = \"{suggested}\"\n{start}"), "")).is_ok());
    }
    let told = said(&with("every = \"monday\"", ""));
    assert!(told.contains("write `on = \"monday\"`"), "{told}");
    let told = said(&with("every = \"2 years\"", ""));
    assert!(!told.contains("24 months"), "{told}");
}

#[test]
fn offsets_and_abbreviations_lead_to_a_zone_with_the_same_clock() {
    for (zone, suggested) in [
        ("GMT+1", "Etc/GMT-1"),
        ("utc-5", "Etc/GMT+5"),
        ("+01:00", "Etc/GMT-1"),
        ("PST", "America/Los_Angeles"),
        ("CEST", "Europe/Berlin"),
    ] {
        let told = said(&with(
            &format!("every = \"day\"\ntime_zone = \"{zone}\""),
            "",
        ));
        assert!(
            told.contains(&format!("did you mean `{suggested}`")),
            "{told}"
        );
        assert!(
            parse(&with(
                &format!("every = \"day\"\ntime_zone = \"{suggested}\""),
                ""
            ))
            .is_ok()
        );
    }
    let told = said(&with("every = \"day\"\ntime_zone = \"+05:30\"", ""));
    assert!(!told.contains("Etc/"), "{told}");
}

#[test]
fn a_mistake_in_an_expression_is_marked_where_it_stands() {
    for (line, marked) in [
        ("cron = \"0 8 * * mon#6\"", "6"),
        ("cron = '60 8 * * *'", "60"),
        ("cron = \"30 2 31 2 *\"", "31 2"),
        // With an escape the place within is not known.
        ("cron = \"60\\t8 * * *\"", "\"60\\t8 * * *\""),
    ] {
        let told = said(&with(line, ""));
        let column = line.find(marked).unwrap() + 1;
        assert!(
            told.contains(&format!("picletter.toml:2:{column}\n")),
            "{told}"
        );
        assert!(
            told.contains(&format!(" {}\n", "^".repeat(marked.len()))),
            "{told}"
        );
    }
    let both = said(&with("cron = \"@daily\"\nevery = \"day\"", ""));
    assert!(
        both.contains("`cron` and `every` both define when"),
        "{both}"
    );
    assert!(both.contains("picletter.toml:3:9"), "{both}");
}

#[test]
fn a_day_of_months_in_a_week_is_one_error_with_both_ways_to_write_it() {
    for every in ["week", "2 weeks"] {
        let said = said(&with(
            &format!("every = \"{every}\"\non = \"first monday\""),
            "",
        ));
        assert!(!said.contains("nothing says"), "{said}");
        let help = "write `every = \"month\"`, or `on = \"monday\"` for each monday";
        assert!(said.contains(help), "{said}");
    }
}
