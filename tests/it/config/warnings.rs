//! Warnings about valid files.

use insta::assert_snapshot;
use jiff::Timestamp;
use picletter_core::config::Style;

use super::{parse, with};

#[test]
fn warnings_refer_to_their_keys() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let text = with(
        "every = \"day\"\nat = [\"02:30\", \"12:00\"]\ntime_zone = \"Europe/Berlin\"",
        "",
    );
    assert_snapshot!(parse(&text).unwrap().warnings(now, Style::Plain));
}

#[test]
fn warns_about_commands_that_must_report_themselves() {
    let now = Timestamp::UNIX_EPOCH;
    let warned = |rest| {
        let config = parse(&with("every = \"day\"", rest)).unwrap();
        config.warnings(now, Style::Plain)
    };
    let posts = "command = \"rake digest\"\n[azure]\nworkflow = \"d\"\n[run]\nreport = \"worker\"";
    assert_snapshot!(warned(posts));
    for rest in [
        "",
        "command = \"worker --verbose\"",
        "command = \"rake digest\"\n[azure]\nworkflow = \"d\"\n[run]\nreport = \"shell\"",
        "command = \"rake digest\"\n[azure]\nworkflow = \"d\"\n[run]\nreport = \"none\"",
    ] {
        assert_eq!(warned(rest), "", "{rest}");
    }
}

#[test]
fn warns_about_default_workflows_and_unknown_locations() {
    let warned = |rest: &str| {
        let config = parse(&with("every = \"day\"", rest)).unwrap();
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    let job = "command = \"rake digest\"\n[run]\nreport = \"shell\"\n";
    assert_snapshot!(warned(&format!("{job}[azure]\nlocation = \"westeurop\"\n")));
    assert_snapshot!(warned("[azure]\nlocation = \"nowhere\"\n"), @r#"
    warning: `nowhere` is not a known Azure location
     --> picletter.toml:7:12
      |
    7 | location = "nowhere"
      |            ^^^^^^^^^
      |
      = help: `az account list-locations` lists Azure's locations
    "#);
    for rest in [
        "[azure]\nlocation = \"eastus\"\n",
        &format!("{job}[azure]\nresource_group = \"digests\"\n"),
        &format!("{job}[azure]\nworkflow = \"digest\"\n"),
    ] {
        assert_eq!(warned(rest), "", "{rest}");
    }
}

#[test]
fn warns_about_runs_that_may_overlap() {
    let warned = |schedule, rest| {
        let config = parse(&with(schedule, rest)).unwrap();
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    let by_default = warned("every = \"15 minutes\"", "");
    let given = warned(
        "every = \"day\"\nat = [\"08:30\", \"10:00\"]",
        "time_to_live = \"2 hours\"",
    );
    assert_snapshot!(format!("{by_default}\n\n{given}"));
    for (schedule, rest) in [
        ("every = \"30 minutes\"", ""),
        ("every = \"15 minutes\"", "time_to_live = \"15 minutes\""),
        ("every = \"15 minutes\"\noverlap = \"queue\"", ""),
    ] {
        assert_eq!(warned(schedule, rest), "", "{schedule}");
    }
}

#[test]
fn warns_about_config_vars_that_the_worker_does_not_read() {
    let warned = |command: &str| {
        let vars = "MAIL_SUBJCT = \"x\"\npicture_url = \"x\"\nTEAM = \"x\"\nMAIL_EMBED = \"cid\"\n";
        let text = with("every = \"day\"", command) + "[config]\n" + vars;
        let config = parse(&text).unwrap();
        assert_eq!(config.config_vars().len(), 6);
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    assert_snapshot!(warned(""));
    let foreign = "command = \"rake digest\"\n[azure]\nworkflow = \"d\"\n[run]\nreport = \"none\"";
    assert_eq!(warned(foreign), "");
}

#[test]
fn equal_warnings_of_several_jobs_are_one_warning() {
    let warned = |jobs: u32, defaults: &str, keys: &str| {
        let jobs = (1..=jobs).map(|n| format!("[jobs.job-{n}]\ncommand = \"x\"\n{keys}\n"));
        let jobs: String = jobs.collect();
        let text = format!(
            "[heroku]\napp = \"my-shop\"\n[azure]\nworkflow = \"shop\"\n{defaults}\n{jobs}"
        );
        let config = parse(&text).unwrap();
        config.warnings(Timestamp::UNIX_EPOCH, Style::Plain)
    };
    assert_snapshot!(warned(40, "", "every = \"15 minutes\""), @r#"
    warning: a run may take 30m (time_to_live), but the next one is due after 15m: with overlap = "skip", it may be skipped
     --> picletter.toml:8:9
      |
    8 | every = "15 minutes"
      |         ^^^^^^^^^^^^
      |
      = note: applies to 40 jobs: job-1, job-2, job-3, job-4, job-5, and 35 more
    "#);
    assert_snapshot!(warned(3, "", "every = \"15 minutes\""), @r#"
    warning: a run may take 30m (time_to_live), but the next one is due after 15m: with overlap = "skip", it may be skipped
     --> picletter.toml:8:9
      |
    8 | every = "15 minutes"
      |         ^^^^^^^^^^^^
      |
      = note: applies to 3 jobs: job-1, job-2, job-3
    "#);
    let names = "job-1, job-2, job-3, job-4, job-5";
    for (jobs, more) in [(5, ""), (6, ", and 1 more")] {
        let warning = warned(jobs, "", "every = \"15 minutes\"");
        let note = format!("applies to {jobs} jobs: {names}{more}");
        assert!(warning.ends_with(&note), "{warning}");
    }
    let defaults = "[defaults]\ntime_zone = \"EST\"";
    let at_a_default = warned(40, defaults, "every = \"day\"\nat = \"08:00\"");
    assert_snapshot!(at_a_default, @r#"
    warning: time zone EST has no daylight saving time
     --> picletter.toml:6:13
      |
    6 | time_zone = "EST"
      |             ^^^^^
      |
      = note: applies to 40 jobs: job-1, job-2, job-3, job-4, job-5, and 35 more
      = help: for daylight saving time, use America/New_York
    "#);
}

#[test]
fn warns_about_default_workflows_without_an_azure_section() {
    let job = "command = \"rake digest\"\n[run]\nreport = \"shell\"\n";
    let config = parse(&with("every = \"day\"", job)).unwrap();
    assert_snapshot!(config.warnings(Timestamp::UNIX_EPOCH, Style::Plain), @r"
    warning: the resource group `picletter` and the workflow `picletter` are defaults, which every file without them uses
    --> picletter.toml
     = help: set a different `workflow` in [azure] for each file
    ");
}
