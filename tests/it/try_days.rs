//! `picletter try --days`: simulates days of a schedule and prints their runs.

use std::process::Output;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::support::command::{self, stderr};

/// The two weeks before the clock change in Europe.
const FROM: [&str; 2] = ["--from", "2027-03-15"];

fn picletter(folder: &TempDir, args: &[&str]) -> Output {
    let mut command = command::picletter(folder.path());
    command.args(args).output().unwrap()
}

/// `try` in a folder without a configuration file.
fn without_config(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    picletter(&folder, &[&["try"], args].concat())
}

/// `try` in a folder with a schedule.
fn scheduled(schedule: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[schedule]\n{schedule}\n[heroku]\napp = \"my-app\"\ntime_to_live = \"10 minutes\"\n\
         [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n"
    );
    std::fs::write(folder.path().join("picletter.toml"), config).unwrap();
    picletter(&folder, &[&["try"], args].concat())
}

fn error(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    stderr(output)
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The number before a word in the summary.
fn number(page: &str, word: &str) -> usize {
    let line = page
        .lines()
        .find(|line| {
            line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(" succeeded, ")
        })
        .unwrap();
    let before = line.split(word).next().unwrap().trim_end();
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_month_has_one_line_per_run() {
    assert_snapshot!(printed(&without_config(
        &[&["--days", "30"], &FROM[..]].concat()
    )));
}

#[test]
fn a_year_has_one_line_per_month() {
    let args = ["--days", "366", "--seed", "2", "--from", "2027-01-01"];
    let page = printed(&without_config(&args));
    assert_eq!(number(&page, " runs:"), 366);
    assert_snapshot!(page);
}

#[test]
fn frequent_runs_have_one_line_per_day() {
    let page = printed(&scheduled(
        "every = \"9 minutes\"\noverlap = \"replace\"",
        &[&["--days", "3"], &FROM[..]].concat(),
    ));
    assert_eq!(number(&page, " runs:"), 3 * 24 * 60 / 9);
    assert!(number(&page, " replaced") > 0, "{page}");
    assert_snapshot!(page);
}

#[test]
fn the_seed_determines_the_page() {
    let page = |seed| {
        let args = [&["--days", "8", "--seed", seed], &FROM[..]].concat();
        let page = printed(&scheduled("every = \"2 hours\"", &args));
        page.replace(&format!("seed      {seed}\n"), "seed\n")
    };
    let first = page("7");
    assert_eq!(first, page("7"));
    assert_ne!(first, page("8"));
}

#[test]
fn runs_match_schedule_next_and_failures_send_alerts() {
    let schedule = "at = [\"02:30\", \"16:45\"]\ntime_zone = \"Europe/Berlin\"";
    let page = printed(&scheduled(
        schedule,
        &[&["--days", "30"], &FROM[..]].concat(),
    ));
    let times: Vec<_> = page
        .lines()
        .skip_while(|line| !line.is_empty())
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.trim_start().split("  ").next().unwrap())
        .collect();

    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[schedule]\n{schedule}\n[heroku]\napp = \"my-app\"\n[mail]\n\
         from = \"bot@example.com\"\nto = \"you@example.com\"\n"
    );
    std::fs::write(folder.path().join("picletter.toml"), config).unwrap();
    let next = [&["schedule", "next", "-n", "60"], &FROM[..]].concat();
    let announced = printed(&picletter(&folder, &next));
    let announced: Vec<_> = announced
        .lines()
        .skip(1)
        .map(|line| line.split("  ").next().unwrap())
        .collect();
    assert_eq!(times, announced);

    let failed = number(&page, " failed");
    assert!(failed > 0, "{page}");
    assert!(page.contains(&format!("\n{failed} alert")), "{page}");
}

#[test]
fn simulates_from_the_first_day_of_a_future_schedule() {
    let schedule = "every = \"day\"\nstart = \"2028-06-01 07:00\"\ntime_zone = \"Asia/Tokyo\"";
    let page = printed(&scheduled(schedule, &["--days", "2"]));
    assert!(
        page.starts_with("2 days from Thu 2028-06-01, Asia/Tokyo, "),
        "{page}"
    );
    let early = scheduled(schedule, &[&["--days", "2"], &FROM[..]].concat());
    assert_eq!(early.status.code(), Some(64));
    let words = "no job is due in these days; the first run is due at 2028-05-31T22:00:00Z";
    assert!(error(&early).contains(words), "{}", error(&early));
    assert_eq!(number(&page, " runs:"), 2);
}

#[test]
fn catch_up_simulates_from_the_start_of_the_schedule() {
    let schedule = "every = \"6 hours\"\nstart = \"2026-02-01 00:00\"\ncatch_up = true";
    let page = printed(&scheduled(schedule, &["--days", "5"]));
    assert!(
        page.starts_with("5 days from Sun 2026-02-01, UTC, "),
        "{page}"
    );
    let error = error(&scheduled(
        schedule,
        &[&["--days", "5"], &FROM[..]].concat(),
    ));
    assert!(
        error.contains("2026-02-01T00:00:00Z\nhelp: omit --from"),
        "{error}"
    );
}

#[test]
fn uses_the_singular_for_one_run() {
    let page = printed(&without_config(&[&["--days", "1"], &FROM[..]].concat()));
    assert!(page.contains("\n1 run: "), "{page}");
    assert!(page.contains(", 1 dyno, "), "{page}");
}

#[test]
fn outcomes_follow_the_report_of_the_command() {
    let page = |report: &str| {
        let job = format!(
            "every = \"day\"\n[heroku]\napp = \"my-shop\"\ncommand = \"rake digest\"\n\
             time_to_live = \"10 minutes\"\n[run]\nreport = \"{report}\"\n"
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("job.toml"), format!("[schedule]\n{job}")).unwrap();
        let days = ["try", "--days", "60", "--config", "job.toml"];
        let page = printed(&picletter(&folder, &[&days[..], &FROM].concat()));
        assert!(
            !page.contains("SendGrid") && !page.contains("wikimedia"),
            "{page}"
        );
        page
    };
    let shell = page("shell");
    assert!(shell.contains("  exit status 0 "), "{shell}");
    assert!(shell.contains("  exit status 1 "), "{shell}");
    assert!(!shell.contains("refused"), "{shell}");
    assert!(page("worker").contains("the command's own message"));
    assert!(page("none").contains("  ended "));
}

#[test]
fn rejects_a_missing_or_invalid_config_file() {
    let missing = without_config(&["--days", "1", "--config", "other.toml"]);
    assert!(error(&missing).contains("other.toml does not exist"));
    let wrong = scheduled("every = \"dya\"", &["--days", "1"]);
    assert_eq!(wrong.status.code(), Some(78));
    assert!(error(&wrong).contains("did you mean `day`?"));
}

#[test]
fn invalid_from_is_a_usage_error_as_in_schedule_next() {
    let trial = without_config(&["--days", "1", "--from", "soon"]);
    let folder = tempfile::tempdir().unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/init/example.toml");
    let next = ["schedule", "next", "--from", "soon", "--config", example];
    let next = picletter(&folder, &next);
    assert_eq!(trial.status.code(), Some(64));
    assert_eq!(trial.status, next.status);
    assert_eq!(trial.stderr, next.stderr);
}

#[test]
fn rejects_unsupported_simulations() {
    for (output, words) in [
        (
            scheduled("every = \"10 seconds\"", &["--days", "366"]),
            "pass fewer --days",
        ),
        (
            without_config(&["--days", "1", "--from", "soon"]),
            "--from: `soon` is not a time before 9999-12-30",
        ),
        (without_config(&["--days", "0"]), "0 is not in 1..=366"),
        (without_config(&["--days", "367"]), "367 is not in 1..=366"),
        (without_config(&["--seed", "2"]), "--days <N>"),
        (
            without_config(&["--days", "1", "--from", "9999-12-30"]),
            "pass an earlier --from",
        ),
        (
            without_config(&["--days", "1", "--once"]),
            "cannot be used with",
        ),
        (
            without_config(&["--seed", "2", "--once"]),
            "cannot be used with",
        ),
        (
            without_config(&["--from", "2027-01-01", "--once"]),
            "cannot be used with",
        ),
        (
            without_config(&["--days", "1", "--open"]),
            "cannot be used with",
        ),
        (
            without_config(&["--days", "1", "--port", "0"]),
            "cannot be used with",
        ),
        (
            without_config(&["--days", "1", "--worker", "x"]),
            "cannot be used with",
        ),
    ] {
        let error = error(&output);
        assert!(error.contains(words), "{error}");
    }
}

/// `try` in a folder with a file with several jobs.
fn with_jobs(jobs: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[heroku]\napp = \"my-shop\"\n{jobs}");
    std::fs::write(folder.path().join("picletter.toml"), config).unwrap();
    picletter(&folder, &[&["try"], args].concat())
}

const JOBS: &str = r#"
[defaults]
time_zone = "Europe/Berlin"

[jobs.reports]
command = "bin/rails reports:send"
every = "day"
at = "03:00"
on = "weekdays"

[jobs.cleanup]
command = "bin/cleanup"
every = "12 hours"
report = "none"

[jobs.digest]
command = "worker"
every = "day"
at = "03:00"
overlap = "replace"

[mail]
from = "bot@example.com"
to = "you@example.com"
"#;

#[test]
fn several_jobs_share_one_app_and_have_one_row_each() {
    let page = printed(&with_jobs(JOBS, &[&["--days", "7"], &FROM[..]].concat()));
    assert_eq!(number(&page, " runs:"), 5 + 14 + 7);
    assert_snapshot!(page);
}

#[test]
fn jobs_above_the_dyno_limit_start_late() {
    let jobs: Vec<_> = (1..=4)
        .map(|n| {
            format!("[jobs.job-{n}]\ncommand = \"bin/job\"\nevery = \"day\"\nat = \"03:00\"\n")
        })
        .collect();
    let jobs = jobs.concat();
    let eco = format!("[defaults]\ndyno_size = \"eco\"\n{jobs}");
    let delayed = |jobs: &str| {
        let page = printed(&with_jobs(jobs, &[&["--days", "1"], &FROM[..]].concat()));
        let row = page.lines().find(|line| line.starts_with("  job-4 "));
        (row.unwrap().contains(" 2 min  0 s  "), page)
    };
    let (late, page) = delayed(&eco);
    assert!(late, "{page}");
    assert!(
        page.contains("at most 1 at a time; Heroku's limit is 1 eco"),
        "{page}"
    );
    let (late, page) = delayed(&jobs);
    assert!(!late, "{page}");
    assert!(
        page.contains("at most 4 at a time; Heroku's limit is 50 basic"),
        "{page}"
    );
}

#[test]
fn limits_the_total_runs_of_all_jobs() {
    let minutely = |n| format!("[jobs.job-{n}]\ncommand = \"bin/job\"\nevery = \"minute\"\n");
    let days = ["--days", "366"];
    let two = with_jobs(&(minutely(1) + &minutely(2)), &days);
    assert!(error(&two).contains("pass fewer --days"));
}
