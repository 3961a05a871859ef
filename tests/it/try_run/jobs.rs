//! A file with several jobs: one run of each in sequence.

use picletter_test_support::worker;

use super::output::VOLATILE;
use super::{folder_with, script, try_in};
use crate::support::command::{stderr, stdout};

const JOBS: &str = r#"
[heroku]
app = "my-shop"

[jobs.reports]
command = "worker"
every = "day"
at = "03:00"

[jobs.cleanup]
command = "bin/cleanup"
every = "15 minutes"

[jobs.digest]
command = "bin/digest"
every = "week"
on = "sunday"
at = "07:00"

[mail]
from = "bot@own.example"
to = "you@own.example"
"#;

#[test]
fn runs_each_job_once() {
    let folder = folder_with(JOBS);
    let output = try_in(folder.path(), worker());
    let printed = stdout(&output);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{printed}{}",
        stderr(&output)
    );
    let sections = printed.split("\nJob ").skip(1);
    // The order of the dyno's lines among those of the workflow varies.
    let is_from_workflow =
        |line: &&str| !line.starts_with("worker | ") && !line.contains(" s  worker.");
    let sections_of_workflow: Vec<_> = sections
        .map(|section| {
            section
                .lines()
                .filter(is_from_workflow)
                .collect::<Vec<_>>()
                .join("\n")
        })
        .collect();
    insta::with_settings!({ filters => VOLATILE }, {
        insta::assert_snapshot!(sections_of_workflow.join("\n\nJob "));
    });
}

#[test]
fn exits_with_the_status_of_the_first_failed_worker() {
    let folder = folder_with(JOBS);
    let real = worker();
    let body = format!(
        "case \"$*\" in */picletter-cleanup/*) exit 70;; */picletter-digest/*) exit 71;; esac\n\
         exec {real} \"$@\""
    );
    let output = try_in(folder.path(), script(&folder, &body));
    let printed = stdout(&output);
    assert_eq!(
        output.status.code(),
        Some(70),
        "{printed}{}",
        stderr(&output)
    );
    for status in ["Worker succeeded", "exit status 70", "exit status 71"] {
        assert!(printed.contains(status), "{printed}");
    }
}
