//! The deployment and the run, line by line.

use picletter_test_support::worker;

use super::try_once;
use crate::support::command::{stderr, stdout};

#[test]
fn prints_each_step_of_the_deployment() {
    let progress = stderr(&try_once(worker()));
    let mut done: Vec<_> = progress
        .lines()
        .filter_map(|line| line.strip_suffix(": done"))
        .collect();
    // Steps at Heroku and at Azure run concurrently.
    done.sort_unstable();
    insta::assert_snapshot!(done.join("\n"));
}

/// Values that differ in each run, and their replacements.
pub(super) const VOLATILE: [(&str, &str); 13] = [
    (r"http://127\.0\.0\.1:\d+", "http://HOST"),
    (r"Dynos run /.*", "Dynos run WORKER"),
    (r"fingerprint [0-9a-f]{12}", "fingerprint FINGERPRINT"),
    (r"sha256:[0-9a-f]{64}", "IMAGE"),
    (r"\([0-9a-f-]{36}/", "(SUBSCRIPTION/"),
    (r"\b0858[0-9A-Z]{29,}", "RUN_ID"),
    (r"\b[0-9a-f]{8}/(\S+/RUN_ID)", "SUBSCRIPTION/$1"),
    (r"worker\.\d{4}", "worker.NNNN"),
    (r"\b\d+(\.\d)?( ?m?s)\b", "N$2"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"message([_ ])id([= ]+)\S+", "message${1}id${2}ID"),
    (r"version=\S+", "version=V"),
    (r"bytes=\d+|\d+ bytes", "BYTES"),
];

/// Separates the lines of the workflow's actions, in order, from all others.
fn separate(output: &str) -> String {
    let (others, workflow): (Vec<_>, Vec<_>) = output.lines().partition(|line| {
        let prefixes = ["worker | ", "alert  | "].iter();
        prefixes.into_iter().any(|prefix| line.starts_with(prefix)) || line.contains(" s  worker.")
    });
    [workflow, others].concat().join("\n")
}

#[test]
fn prints_each_action_of_the_run() {
    let output = separate(&stdout(&try_once(worker())));
    insta::with_settings!({ filters => VOLATILE }, { insta::assert_snapshot!(output) });
}
