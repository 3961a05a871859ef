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

/// A folder with this `picletter.toml`.
fn folder_with(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("picletter.toml"), config).unwrap();
    folder
}

fn run_with(config: &str, args: &[&str]) -> Output {
    picletter(folder_with(config).path())
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn next_shows_local_time_and_utc_and_marks_clock_changes() {
    let next = |from| {
        printed(&run_with(
            BERLIN,
            &["schedule", "next", "-n", "4", "--from", from],
        ))
    };
    let spring = next("2027-03-27 03:00");
    let autumn = next("2027-10-30T12:00:00+02:00");
    assert_snapshot!(format!("{spring}\n{autumn}"));
}

#[test]
fn next_shows_utc_once_and_seconds_if_needed() {
    let utc = BERLIN
        .replace("Europe/Berlin", "UTC")
        .replace("at = [\"02:30\", \"12:00\"]", "every = \"90 seconds\"");
    let next = run_with(
        &utc,
        &["schedule", "next", "--count", "3", "--from", "2027-01-01"],
    );
    assert_snapshot!(printed(&next));
}

#[test]
fn next_shows_ten_runs_from_now_by_default() {
    let next = printed(&run_with(BERLIN, &["schedule", "next"]));
    assert_eq!(next.lines().count(), 11, "{next}");
    let from = "2027-02-30";
    let output = run_with(BERLIN, &["schedule", "next", "--from", from]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("--from: `2027-02-30` is not a time before 9999-12-30"));
    let output = run_with(BERLIN, &["schedule", "next", "--from", "9999-12-31"]);
    assert_eq!(output.status.code(), Some(64));
    let words = "--from: `9999-12-31` is not a time before 9999-12-30";
    assert!(stderr(&output).contains(words), "{}", stderr(&output));
}

const MONTHLY: &str = "at = [\"08:00\", \"20:00\"]\non = [15, \"last day\"]";

#[test]
fn next_shows_days_of_the_month() {
    let monthly = BERLIN.replace("at = [\"02:30\", \"12:00\"]", MONTHLY);
    let args = ["schedule", "next", "-n", "5", "--from", "2027-02-15 12:00"];
    assert_snapshot!(printed(&run_with(&monthly, &args)), @r"
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
    let output = run_with(&monthly, &["check"]);
    let checked = printed(&output);
    let triggers = checked.lines().filter(|line| line.contains("Every_month"));
    assert_snapshot!(triggers.collect::<Vec<_>>().join("\n"), @r"
    triggers      Every_month_on_days_15_and_31_at_08_00
                  Every_month_on_days_15_and_31_at_20_00
    ");
    let warnings = stderr(&output);
    assert!(warnings.contains("picletter.toml:3:6"), "{warnings}");
    assert!(
        warnings.contains(
            "warning: day 31 is skipped in February, April, June, September, and November; \
             `on = \"last day\"` runs in every month"
        ),
        "{warnings}"
    );
}

#[test]
fn check_lists_the_trigger_for_runs_by_hand() {
    let monday = BERLIN.replace(
        "at = [\"02:30\", \"12:00\"]",
        "on = \"first monday\"\nat = \"08:00\"",
    );
    let checked = printed(&run_with(&monday, &["check"]));
    let (_, triggers) = checked.split_once("\ntriggers ").expect(&checked);
    let triggers: Vec<_> = triggers.lines().take(2).map(str::trim).collect();
    assert_eq!(triggers, ["Every_Mon_on_days_1_to_7_at_08_00", "By_hand"]);
}

#[test]
fn check_prints_a_summary_and_warnings() {
    let output = run_with(BERLIN, &["check"]);
    assert_snapshot!(printed(&output));
    let warnings = stderr(&output);
    assert!(
        warnings.contains("warning: 02:30 does not exist in Europe/Berlin on Sunday,"),
        "{warnings}"
    );
    assert!(warnings.contains("picletter.toml:2:"), "{warnings}");
}

#[test]
fn check_reports_that_starts_are_not_retried() {
    let often = BERLIN.replace("at = [\"02:30\", \"12:00\"]", "every = \"minute\"");
    let printed = printed(&run_with(&often, &["check"]));
    assert!(
        printed.contains("\nstart         no retries\n"),
        "{printed}"
    );
}

#[test]
fn check_warns_if_no_alert_is_configured() {
    let warnings = |text: &str| stderr(&run_with(text, &["check"])).contains("nobody is notified");
    assert!(warnings(EXAMPLE));
    let by_mail = format!("{EXAMPLE}\n[alert]\nemail = \"ops@picletter.example\"\n");
    assert!(!warnings(&by_mail));
}

#[test]
fn example_is_valid() {
    let output = run_with(EXAMPLE, &["check"]);
    assert_snapshot!(printed(&output));
    // The example has no [alert].
    let warnings = "warning: nobody is notified when a run fails: set `email` in [alert], or export \
                  ALERT_WEBHOOK\n";
    assert_eq!(stderr(&output), warnings);
}

#[test]
fn check_validates_secrets_without_printing_them() {
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
fn check_validates_the_alert_webhook_without_printing_it() {
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
        let error = stderr(&wrong);
        assert!(
            error.starts_with("error: ALERT_WEBHOOK is not an https URL"),
            "{error}"
        );
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn invalid_configuration_exits_with_78() {
    let wrong = BERLIN.replace("Berlin", "Berln");
    for args in [["check"].as_slice(), &["schedule", "next"]] {
        let output = run_with(&wrong, args);
        assert_eq!(output.status.code(), Some(78));
        assert!(output.stdout.is_empty());
        let error = stderr(&output);
        assert!(error.contains("picletter.toml:3:13"), "{error}");
        assert!(error.contains("did you mean `Europe/Berlin`?"), "{error}");
        assert!(
            error.ends_with("error: picletter.toml has 1 error\n"),
            "{error}"
        );
        // Not a terminal, so there are no colors.
        assert!(!error.contains('\x1b'), "{error}");
    }
}

#[test]
fn config_file_is_set_by_option_or_environment() {
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
fn ignores_an_empty_picletter_config_variable() {
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
