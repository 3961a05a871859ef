//! `picletter schedule next` and `picletter check`.

use std::process::Output;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::support::command::{picletter, printed, stderr};

const BERLIN: &str = "\
[schedule]
at = [\"02:30\", \"12:00\"]
time_zone = \"Europe/Berlin\"
[heroku]
app = \"my-app\"
command = \"rake digest\"
[run]
report = \"shell\"
";

const EXAMPLE: &str = include_str!("../../src/cli/init/example.toml");

/// A folder with that file.
fn folder_with(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("picletter.toml"), config).unwrap();
    folder
}

fn with(config: &str, args: &[&str]) -> Output {
    picletter(folder_with(config).path())
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn next_shows_both_clocks_and_marks_the_nights_of_a_change() {
    let next = |from| {
        printed(&with(
            BERLIN,
            &["schedule", "next", "-n", "4", "--from", from],
        ))
    };
    let spring = next("2027-03-27 03:00");
    let autumn = next("2027-10-30T12:00:00+02:00");
    assert_snapshot!(format!("{spring}\n{autumn}"));
}

#[test]
fn next_shows_one_clock_where_there_is_one_and_seconds_where_they_matter() {
    let utc = BERLIN
        .replace("Europe/Berlin", "UTC")
        .replace("at = [\"02:30\", \"12:00\"]", "every = \"90 seconds\"");
    let next = with(
        &utc,
        &["schedule", "next", "--count", "3", "--from", "2027-01-01"],
    );
    assert_snapshot!(printed(&next));
}

#[test]
fn next_shows_ten_from_now_on_unless_asked_otherwise() {
    let next = printed(&with(BERLIN, &["schedule", "next"]));
    assert_eq!(next.lines().count(), 11, "{next}");
    let from = "2027-02-30";
    let output = with(BERLIN, &["schedule", "next", "--from", from]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("--from: `2027-02-30` is not a time"));
}

const MONTHLY: &str = "at = [\"08:00\", \"20:00\"]\non = [15, \"last day\"]";

#[test]
fn next_shows_days_of_the_month() {
    let monthly = BERLIN.replace("at = [\"02:30\", \"12:00\"]", MONTHLY);
    let args = ["schedule", "next", "-n", "5", "--from", "2027-02-15 12:00"];
    assert_snapshot!(printed(&with(&monthly, &args)), @r"
    Europe/Berlin            UTC
    Mon 2027-02-15 20:00     Mon 2027-02-15 19:00
    Sun 2027-02-28 08:00     Sun 2027-02-28 07:00
    Sun 2027-02-28 20:00     Sun 2027-02-28 19:00
    Mon 2027-03-15 08:00     Mon 2027-03-15 07:00
    Mon 2027-03-15 20:00     Mon 2027-03-15 19:00
    ");
}

#[test]
fn check_lists_monthly_triggers_and_warns_of_skipped_months() {
    let skipping = MONTHLY.replace("\"last day\"", "31");
    let monthly = BERLIN.replace("at = [\"02:30\", \"12:00\"]", &skipping);
    let output = with(&monthly, &["check"]);
    let checked = printed(&output);
    let triggers = checked.lines().filter(|line| line.contains("Every_month"));
    assert_snapshot!(triggers.collect::<Vec<_>>().join("\n"), @r"
    triggers      Every_month_on_days_15_and_31_at_08_00
                  Every_month_on_days_15_and_31_at_20_00
    ");
    let warned = stderr(&output);
    assert!(warned.contains("picletter.toml:3:6"), "{warned}");
    assert!(
        warned.contains(
            "warning: day 31 is skipped in February, April, June, September, and November; \
             `on = \"last day\"` runs in every month"
        ),
        "{warned}"
    );
}

#[test]
fn check_tells_what_it_checked_and_warns() {
    let output = with(BERLIN, &["check"]);
    assert_snapshot!(printed(&output));
    let warned = stderr(&output);
    assert!(
        warned.contains("warning: 02:30 does not exist in Europe/Berlin on Sunday,"),
        "{warned}"
    );
    assert!(warned.contains("picletter.toml:2:"), "{warned}");
}

#[test]
fn a_start_that_is_not_tried_again_is_told_as_such() {
    let often = BERLIN.replace("at = [\"02:30\", \"12:00\"]", "every = \"minute\"");
    let told = printed(&with(&often, &["check"]));
    assert!(told.contains("\nstart         not tried again\n"), "{told}");
}

#[test]
fn a_file_without_an_alert_is_a_warning_and_one_with_an_address_is_not() {
    let warned = |text: &str| stderr(&with(text, &["check"])).contains("nobody is notified");
    assert!(warned(EXAMPLE));
    let by_mail = format!("{EXAMPLE}\n[alert]\nemail = \"ops@picletter.example\"\n");
    assert!(!warned(&by_mail));
}

#[test]
fn the_example_is_without_mistake_or_warning() {
    let output = with(EXAMPLE, &["check"]);
    assert_snapshot!(printed(&output));
    // It has no [alert].
    let warned = "warning: nobody is notified when a run fails: set `email` in [alert], or export \
                  ALERT_WEBHOOK\n";
    assert_eq!(stderr(&output), warned);
}

#[test]
fn a_secret_in_the_environment_is_checked_and_not_shown() {
    let folder = folder_with(EXAMPLE);
    let check = |key: &str| {
        picletter(folder.path())
            .arg("check")
            .env("SG_KEY", key)
            .output()
            .unwrap()
    };
    let right = printed(&check("SG.hush.hush"));
    assert!(
        right.contains("SG_KEY: well-formed") && !right.contains("hush"),
        "{right}"
    );
    let wrong = check("hush");
    assert_eq!(wrong.status.code(), Some(78));
    assert!(stderr(&wrong).starts_with("error: SG_KEY is not a SendGrid API key"));
    assert!(!stderr(&wrong).contains("hush"));
}

#[test]
fn the_webhook_for_alerts_is_checked_and_not_shown() {
    let folder = folder_with(BERLIN);
    let check = |address: &str| {
        picletter(folder.path())
            .arg("check")
            .env("ALERT_WEBHOOK", address)
            .output()
            .unwrap()
    };
    let right = printed(&check("https://hooks.example.com/hush"));
    assert!(
        right.contains("ALERT_WEBHOOK: well-formed") && !right.contains("hush"),
        "{right}"
    );
    for wrong in ["http://hooks.example.com/hush", "hush"] {
        let wrong = check(wrong);
        assert_eq!(wrong.status.code(), Some(78));
        let told = stderr(&wrong);
        assert!(
            told.starts_with("error: ALERT_WEBHOOK is not an https URL"),
            "{told}"
        );
        assert!(!told.contains("hush"), "{told}");
    }
}

#[test]
fn mistakes_end_both_with_the_workers_status_for_them() {
    let wrong = BERLIN.replace("Berlin", "Berln");
    for args in [["check"].as_slice(), &["schedule", "next"]] {
        let output = with(&wrong, args);
        assert_eq!(output.status.code(), Some(78));
        assert!(output.stdout.is_empty());
        let said = stderr(&output);
        assert!(said.contains("picletter.toml:3:13"), "{said}");
        assert!(said.contains("did you mean `Europe/Berlin`?"), "{said}");
        assert!(
            said.ends_with("error: picletter.toml has 1 mistake\n"),
            "{said}"
        );
        // Not a terminal, so no colours.
        assert!(!said.contains('\x1b'), "{said}");
    }
}

#[test]
fn the_file_can_be_named_by_option_and_environment() {
    let folder = tempfile::tempdir().unwrap();
    let missing = picletter(folder.path()).args(["check"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(78));
    assert_snapshot!(stderr(&missing));
    std::fs::write(folder.path().join("other.toml"), BERLIN).unwrap();
    assert!(
        printed(
            &picletter(folder.path())
                .args(["check", "--config", "other.toml"])
                .output()
                .unwrap()
        )
        .contains("other.toml")
    );
    let by_environment = picletter(folder.path())
        .arg("check")
        .env("PICLETTER_CONFIG", "other.toml")
        .output()
        .unwrap();
    assert!(printed(&by_environment).contains("other.toml"));
}

#[test]
fn a_variable_that_is_set_to_nothing_names_no_file() {
    let folder = folder_with(EXAMPLE);
    for args in [
        ["check"].as_slice(),
        &["schedule", "next"],
        &["try", "--days", "1"],
    ] {
        let output = picletter(folder.path())
            .args(args)
            .env("PICLETTER_CONFIG", "")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}
