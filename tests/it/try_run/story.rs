//! The deployment and the run, line by line.

use picletter_test_support::worker;

use super::try_once;
use crate::support::command::{stderr, stdout};

#[test]
fn the_deployment_is_told_step_by_step() {
    let told = stderr(&try_once(worker()));
    let mut done: Vec<_> = told
        .lines()
        .filter_map(|line| line.strip_suffix(": done"))
        .collect();
    // Heroku's and Azure's are taken at the same time.
    done.sort_unstable();
    insta::assert_snapshot!(done.join("\n"));
}

/// What is another each time, and what stands for it.
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

/// The lines of the workflow's own actions, in order, and those of what went on beside it.
fn split(story: &str) -> String {
    let (beside, workflow): (Vec<_>, Vec<_>) = story.lines().partition(|line| {
        let outside = ["worker | ", "alert  | "].iter();
        outside.into_iter().any(|who| line.starts_with(who)) || line.contains(" s  worker.")
    });
    [workflow, beside].concat().join("\n")
}

#[test]
fn the_run_is_told_action_by_action() {
    let told = split(&stdout(&try_once(worker())));
    insta::with_settings!({ filters => VOLATILE }, { insta::assert_snapshot!(told) });
}
