//! The example file and the minimal file are valid.

use insta::assert_snapshot;
use jiff::SignedDuration;
use picletter_core::config::{Heroku, MINIMAL_EXAMPLE, Report};

use super::parse;

#[test]
fn example_and_minimal_file_are_valid_and_equivalent() {
    let example = include_str!("../../../src/cli/init/example.toml");
    let config = parse(example).unwrap();
    assert_eq!(config.jobs[0].report, Report::Worker);
    assert_eq!(config.jobs[0].start_window, SignedDuration::from_hours(1));
    let minimal = parse(MINIMAL_EXAMPLE).unwrap();
    assert_eq!(minimal.jobs[0].command, "worker");
    assert_eq!(minimal.azure.workflow, config.azure.workflow);
    assert_eq!(minimal.config_vars(), config.config_vars());
}

#[test]
fn commented_out_keys_of_the_example_are_valid_defaults() {
    let example = include_str!("../../../src/cli/init/example.toml");
    let all: String = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(code) if code.contains(" = ") || code.starts_with('[') => format!("{code}\n"),
            _ => format!("{line}\n"),
        })
        // These keys cannot be combined with those of the example.
        .filter(|line| !line.starts_with("catch_up") && !line.starts_with("cron"))
        .collect();
    let config = parse(&all).unwrap_or_else(|error| panic!("{error}"));
    // The commented-out values are the documented defaults.
    let default = parse(example).unwrap();
    let heroku = Heroku {
        region: None,
        team: None,
        secrets: Vec::new(),
        ..config.heroku.clone()
    };
    assert_eq!(heroku, default.heroku);
    assert_eq!(config.heroku.region.as_deref(), Some("eu"));
    assert_eq!(config.heroku.team.as_deref(), Some("my-team"));
    assert_eq!(config.heroku.secrets, ["API_TOKEN"]);
    let (job, default_job) = (&config.jobs[0], &default.jobs[0]);
    assert_eq!(job.report, default_job.report);
    assert_eq!(job.start_window, default_job.start_window);
    assert_eq!(job.command, default_job.command);
    assert_eq!(job.process_type, default_job.process_type);
    assert_eq!(job.dyno_size, default_job.dyno_size);
    assert_eq!(job.time_to_live, default_job.time_to_live);
    assert_eq!(config.azure.workflow, default.azure.workflow);
    assert_eq!(config.azure.resource_group, default.azure.resource_group);
    assert_eq!(
        config.jobs[0].schedule.overlap(),
        default.jobs[0].schedule.overlap()
    );
    assert_eq!(config.alert.email.as_deref(), Some("ops@example.com"));
    assert_eq!(config.alert.log_lines, default.alert.log_lines);
    assert_eq!(config.azure.location.as_deref(), Some("westeurope"));
    let vars = config.config_vars();
    let vars: Vec<_> = vars
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_snapshot!(vars.join("\n"), @r"
    BOT_EMAIL=Picletter <bot@example.com>
    MAIL_EMBED=auto
    MAIL_SUBJECT={title}
    PICTURE_MAX_BYTES=20971520
    PICTURE_SOURCES=wikimedia,nasa,picsum
    PICTURE_URL=https://example.com/picture.jpg
    RECEIVER_EMAIL=you@example.com
    RUN_DEADLINE=2m
    SENDGRID_REGION=global
    SENDGRID_SANDBOX=0
    ");
}
