//! Failed runs, and their alerts.

use picletter_test_support::worker;

use super::{OWN, folder_with, script, try_in, try_once, with_config_vars};
use crate::support::command::{stderr, stdout};

#[test]
fn failed_run_shows_the_workers_message_and_sends_an_alert() {
    let folder = tempfile::tempdir().unwrap();
    let output = try_once(with_config_vars(&folder, "RECEIVER_EMAIL=nobody"));
    assert_eq!(output.status.code(), Some(78));
    let printed = stdout(&output);
    let lines: Vec<_> = printed.lines().collect();
    let alert = lines
        .iter()
        .find(|line| line.starts_with("alert  | "))
        .unwrap();
    let words = "RECEIVER_EMAIL address 1 is not a mail address";
    assert!(alert.contains(words), "{printed}");
    let end = lines.iter().find(|line| line.starts_with("Run ")).unwrap();
    assert!(end.starts_with("Run failed: config: "), "{printed}");
    assert!(end.contains(words), "{printed}");
    assert!(printed.contains("failed with exit status 78"), "{printed}");
    assert!(
        printed.contains("  Run_failed            Succeeded\n"),
        "{printed}"
    );
}

#[test]
fn failed_run_shows_the_mail_of_azure_monitor() {
    let file = format!("{OWN}\n[alert]\nemail = \"ops@own.example\"\n");
    let folder = folder_with(&file);
    let printed = stdout(&try_in(
        folder.path(),
        with_config_vars(&folder, "RECEIVER_EMAIL=nobody"),
    ));
    let words = "Azure Monitor would mail ops@own.example: Fired:Sev";
    assert_eq!(printed.matches(words).count(), 1, "{printed}");
    assert!(printed.contains("  heartbeats  start, 78\n"), "{printed}");
    // A successful run has none.
    let printed = stdout(&try_in(folder.path(), worker()));
    assert!(!printed.contains("Azure Monitor"), "{printed}");
}

#[test]
fn does_not_wait_for_a_report_after_the_worker_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    for body in ["exit 70", "kill -9 $$"] {
        let output = try_once(script(&folder, body));
        let printed = stdout(&output);
        assert!(
            printed.contains("the worker ended without a report"),
            "{printed}"
        );
        assert!(!printed.contains("alert  | "), "{printed}");
    }
}

#[test]
fn a_mail_without_a_report_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let output = try_once(with_config_vars(&folder, "RUN_CALLBACK_URL="));
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("1 mail accepted"));
    assert!(stderr(&output).contains("but its run did not"));
}
