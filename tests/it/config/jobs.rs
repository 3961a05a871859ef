//! `[jobs.NAME]` and `[defaults]`.

use insta::assert_snapshot;
use picletter_core::config::dyno_size::are_incompatible;
use picletter_core::config::{Job, Report};

use super::{error_text, parse};

const APP: &str = "[heroku]\napp = \"my-shop\"\n";

const REPORTS: &str = "\
[jobs.reports]
command = \"bin/rails reports:send\"
every = \"day\"
at = \"03:00\"
";

fn with(jobs: &str) -> String {
    format!("{APP}\n{jobs}")
}

#[test]
fn missing_keys_come_from_defaults_and_then_from_picletters_defaults() {
    let config = parse(&with(
        "[defaults]
time_zone = \"Europe/Berlin\"
time_to_live = \"10 minutes\"

[jobs.reports]
command = \"bin/rails reports:send\"
every = \"day\"
at = \"03:00\"

[jobs.cleanup]
command = \"bin/cleanup\"
every = \"15 minutes\"
time_to_live = \"5 minutes\"
time_zone = \"UTC\"
report = \"none\"
",
    ))
    .unwrap();
    let [reports, cleanup] = &config.jobs[..] else {
        panic!("{config:?}");
    };
    assert_eq!(reports.name.as_deref(), Some("reports"));
    assert_eq!(reports.workflow, "picletter-reports");
    assert_eq!(reports.schedule.zone().name(), "Europe/Berlin");
    assert_eq!(reports.time_to_live.as_mins(), 10);
    assert_eq!(reports.report, Report::Shell);
    assert_eq!(reports.process_type, "run");
    assert_eq!(cleanup.schedule.zone().name(), "UTC");
    assert_eq!(cleanup.time_to_live.as_mins(), 5);
    assert_eq!(cleanup.report, Report::None);
}

#[test]
fn short_form_is_equivalent_to_a_file_with_one_job() {
    let short = parse(
        "[schedule]\nevery = \"day\"\nat = \"03:00\"\n[heroku]\napp = \"my-shop\"\ncommand = \"bin/x\"\n",
    );
    let short = short.unwrap();
    let long = with("[jobs.x]\ncommand = \"bin/x\"\nevery = \"day\"\nat = \"03:00\"\n");
    let long = parse(&long).unwrap();
    let (short, long) = (&short.jobs[0], &long.jobs[0]);
    assert_eq!(short.schedule.triggers(), long.schedule.triggers());
    assert_eq!(short.command, long.command);
    assert_eq!(short.process_type, long.process_type);
    assert_eq!(short.dyno_size, long.dyno_size);
    assert_eq!(short.time_to_live, long.time_to_live);
    assert_eq!(short.report, long.report);
    assert_eq!(short.start_window, long.start_window);
    assert_eq!(
        [&short.workflow, &long.workflow],
        ["picletter", "picletter-x"]
    );
}

#[test]
fn jobs_keep_the_order_of_the_file() {
    // Several threads read them.
    let jobs: Vec<String> = (0..200).rev().map(|job| format!("j{job}")).collect();
    let section = |name: &String| format!("[jobs.{name}]\ncommand = \"x\"\nevery = \"day\"\n");
    let sections: String = jobs.iter().map(section).collect();
    let config = parse(&with(&sections)).unwrap();
    let labels: Vec<&str> = config.jobs.iter().map(Job::label).collect();
    assert_eq!(labels, jobs);
}

#[test]
fn reports_errors_in_jobs_with_their_locations() {
    let long = "j".repeat(40);
    assert_snapshot!(error_text(&with(&format!(
        "[schedule]
every = \"day\"

[defaults]
overlap = \"maybe\"
at = \"03:00\"

[jobs.Reports]
every = \"day\"

{REPORTS}
[jobs.\"my job\"]
command = \"x\"
every = \"day\"

[jobs.{long}]
command = \"x\"
every = \"day\"

[jobs.cleanup]
cmd = \"x\"
every = \"day\"
on = 31
dyno_size = \"standard-1x\"
"
    ))));
}

#[test]
fn reports_errors_of_many_jobs_in_the_order_of_the_file() {
    let mut text = with("[defaults]\noverlap = \"maybe\"\n");
    for job in 0..50 {
        let unit = if job % 10 == 3 { "eon" } else { "day" };
        let section = format!("[jobs.j{job}]\ncommand = \"x\"\nevery = \"{unit}\"\n");
        text.push_str(&section);
    }
    assert_snapshot!(error_text(&text));
}

#[test]
fn reports_keys_of_one_job_in_defaults() {
    let text = format!("[defaults]\ncron = \"0 8 * * *\"\nat = \"03:00\"\n{REPORTS}");
    assert_snapshot!(error_text(&with(&text)));
}

#[test]
fn reports_keys_of_a_job_in_heroku() {
    let text = format!("[heroku]\napp = \"my-shop\"\ncommand = \"x\"\n{REPORTS}");
    assert_snapshot!(error_text(&text));
}

#[test]
fn reports_jobs_that_are_not_sections() {
    assert_snapshot!(error_text(&with("[jobs]\ncommand = \"x\"\n")));
    assert_snapshot!(error_text(&with("[[jobs]]\ncommand = \"x\"\n")));
    assert_snapshot!(error_text(&with("[jobs]\n")));
}

#[test]
fn reports_incompatible_dyno_sizes() {
    let text = with(&format!(
        "{REPORTS}dyno_size = \"eco\"\n[jobs.b]\ncommand = \"x\"\nevery = \"day\"\n"
    ));
    assert_snapshot!(error_text(&text));
}

#[test]
fn eco_and_basic_cannot_be_combined_with_other_sizes() {
    for (one, other, refused) in [
        ("Eco", "eco", false),
        ("Eco", "basic", true),
        ("basic", "Standard-1X", true),
        ("standard-1x", "Basic", true),
        ("standard-1x", "Performance-L", false),
        ("basic", "dyno-1c-0.5gb", true),
    ] {
        assert_eq!(are_incompatible(one, other), refused, "{one}, {other}");
    }
}

#[test]
fn reports_defaults_without_jobs() {
    assert_snapshot!(error_text(
        "[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-shop\"\ncommand = \"x\"\n[defaults]\noverlap = \"skip\"\n"
    ));
}
