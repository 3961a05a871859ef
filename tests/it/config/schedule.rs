//! `[schedule]`: intervals, days, time zones, and the start window.

use jiff::{SignedDuration, Timestamp};
use picletter_core::config::Style;

use super::{error_text, parse, with};

#[test]
fn default_start_window_ends_before_the_next_run_and_is_at_most_an_hour() {
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
fn accepts_common_intervals_or_suggests_valid_ones() {
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
    for (schedule, expected) in [
        ("every = \"daily\"", "did you mean `day`?"),
        ("every = \"@hourly\"", "use `cron = \"@hourly\"`"),
        ("every = \"0 3 * * *\"", "use `cron = \"0 3 * * *\"`"),
        (
            "every = \"30 4 1,15 * FRI\"",
            "use `cron = \"30 4 1,15 * FRI\"`",
        ),
        (
            "every = \"day\"\nat = 03:00:00",
            "`at` must be text, not a time",
        ),
    ] {
        let error = error_text(&with(schedule, ""));
        assert!(error.contains(expected), "{error}");
    }
    for every in ["2 hours and 30 minutes", "1 day at 3 am"] {
        let error = error_text(&with(&format!("every = \"{every}\""), ""));
        assert!(!error.contains("cron"), "{error}");
    }
}

#[test]
fn reports_curly_quotes_and_zones_without_daylight_saving_time() {
    let error = error_text(&with("every = “day”", ""));
    assert!(error.contains("use straight quotes"), "{error}");
    let error = error_text(&with("every = \"day\"", "command = \"bob’s\" x"));
    assert!(!error.contains("use straight quotes"), "{error}");
    let text = with("every = \"day\"\nat = \"08:30\"\ntime_zone = \"EST\"", "");
    let warned = parse(&text)
        .unwrap()
        .warnings(Timestamp::UNIX_EPOCH, Style::Plain);
    assert!(warned.contains("use America/New_York"), "{warned}");
}

#[test]
fn suggests_valid_days() {
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
        ("every day", "remove `on`"),
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
        let error = error_text(&with(&format!("on = \"{on}\""), ""));
        assert!(error.contains(suggested), "{on}: {error}");
    }
}

#[test]
fn accepts_days_of_the_month_as_numbers_and_last_day() {
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
    let mixed = error_text(&with("on = [\"mon\", 1]", ""));
    assert!(mixed.contains("use one or the other"), "{mixed}");
}

#[test]
fn suggests_intervals_that_azure_supports() {
    for (every, suggested) in [
        ("5", "5 minutes"),
        ("1", "1 minute"),
        ("every day", "day"),
        ("yearly", "12 months"),
        ("quarter", "3 months"),
        ("2 fortnights", "4 weeks"),
    ] {
        let error = error_text(&with(&format!("every = \"{every}\""), ""));
        assert!(
            error.contains(&format!("did you mean `{suggested}`?")),
            "{error}"
        );
        let start = "start = \"2026-12-01\"";
        assert!(parse(&with(&format!("every = \"{suggested}\"\n{start}"), "")).is_ok());
    }
    let error = error_text(&with("every = \"monday\"", ""));
    assert!(error.contains("use `on = \"monday\"`"), "{error}");
    let error = error_text(&with("every = \"2 years\"", ""));
    assert!(!error.contains("24 months"), "{error}");
}

#[test]
fn suggests_zones_for_offsets_and_abbreviations() {
    for (zone, suggested) in [
        ("GMT+1", "Etc/GMT-1"),
        ("utc-5", "Etc/GMT+5"),
        ("+01:00", "Etc/GMT-1"),
        ("PST", "America/Los_Angeles"),
        ("CEST", "Europe/Berlin"),
    ] {
        let error = error_text(&with(
            &format!("every = \"day\"\ntime_zone = \"{zone}\""),
            "",
        ));
        assert!(
            error.contains(&format!("did you mean `{suggested}`")),
            "{error}"
        );
        assert!(
            parse(&with(
                &format!("every = \"day\"\ntime_zone = \"{suggested}\""),
                ""
            ))
            .is_ok()
        );
    }
    let error = error_text(&with("every = \"day\"\ntime_zone = \"+05:30\"", ""));
    assert!(!error.contains("Etc/"), "{error}");
}

#[test]
fn marks_the_invalid_part_of_an_expression() {
    for (line, marked) in [
        ("cron = \"0 8 * * mon#6\"", "6"),
        ("cron = '60 8 * * *'", "60"),
        ("cron = \"30 2 31 2 *\"", "31 2"),
        // With an escape, the location within the text is unknown.
        ("cron = \"60\\t8 * * *\"", "\"60\\t8 * * *\""),
    ] {
        let error = error_text(&with(line, ""));
        let column = line.find(marked).unwrap() + 1;
        assert!(
            error.contains(&format!("picletter.toml:2:{column}\n")),
            "{error}"
        );
        assert!(
            error.contains(&format!(" {}\n", "^".repeat(marked.len()))),
            "{error}"
        );
    }
    let both = error_text(&with("cron = \"@daily\"\nevery = \"day\"", ""));
    assert!(
        both.contains("`cron` and `every` both define when"),
        "{both}"
    );
    assert!(both.contains("picletter.toml:3:9"), "{both}");
}

#[test]
fn reports_an_nth_day_in_a_week_once_with_both_alternatives() {
    for every in ["week", "2 weeks"] {
        let error = error_text(&with(
            &format!("every = \"{every}\"\non = \"first monday\""),
            "",
        ));
        assert!(!error.contains("requires a start"), "{error}");
        let help = "write `every = \"month\"`, or `on = \"monday\"` for each monday";
        assert!(error.contains(help), "{error}");
    }
}
