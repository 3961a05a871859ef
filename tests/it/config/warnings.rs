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
    for rest in [
        "[azure]\nlocation = \"eastus\"\n",
        "[azure]\nlocation = \"moonbase\"\n",
        "[azure]\nlocation = \"eastus3\"\n",
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
