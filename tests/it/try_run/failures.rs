//! Runs that fail, and their alerts.

use picletter_test_support::worker;

use super::{OWN, configured, script, try_in, try_once, with_config_vars};
use crate::support::command::{stderr, stdout};

#[test]
fn a_failure_is_told_in_the_workers_words_and_alerted() {
    let folder = tempfile::tempdir().unwrap();
    let output = try_once(with_config_vars(&folder, "RECEIVER_EMAIL=nobody"));
    assert_eq!(output.status.code(), Some(78));
    let told = stdout(&output);
    let lines: Vec<_> = told.lines().collect();
    let alert = lines
        .iter()
        .find(|line| line.starts_with("alert  | "))
        .unwrap();
    let words = "RECEIVER_EMAIL address 1 is not a mail address";
    assert!(alert.contains(words), "{told}");
    let end = lines
        .iter()
        .find(|line| line.starts_with("The run "))
        .unwrap();
    assert!(
        end.starts_with("The run ended as Failed, config: "),
        "{told}"
    );
    assert!(end.contains(words), "{told}");
    assert!(told.contains("failed with exit status 78"), "{told}");
    assert!(
        told.contains("  Run_failed            Succeeded\n"),
        "{told}"
    );
}

#[test]
fn what_azure_monitor_would_mail_of_a_failure_is_told() {
    let file = format!("{OWN}\n[alert]\nemail = \"ops@own.example\"\n");
    let folder = configured(&file);
    let told = stdout(&try_in(
        folder.path(),
        with_config_vars(&folder, "RECEIVER_EMAIL=nobody"),
    ));
    let words = "Azure Monitor would mail ops@own.example: Fired:Sev";
    assert_eq!(told.matches(words).count(), 1, "{told}");
    assert!(told.contains("  heartbeats  start, 78\n"), "{told}");
    // Of a run that succeeds there is none.
    let told = stdout(&try_in(folder.path(), worker()));
    assert!(!told.contains("Azure Monitor"), "{told}");
}

#[test]
fn a_report_that_will_not_come_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    for body in ["exit 70", "kill -9 $$"] {
        let output = try_once(script(&folder, body));
        let told = stdout(&output);
        assert!(told.contains("no report can come any more"), "{told}");
        assert!(!told.contains("alert  | "), "{told}");
    }
}

#[test]
fn a_mail_without_a_report_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let output = try_once(with_config_vars(&folder, "RUN_CALLBACK_URL="));
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("1 mail was accepted"));
    assert!(stderr(&output).contains("but its run did not"));
}
