//! A file with several jobs: a run of each, one after another.

use picletter_test_support::worker;

use super::story::VOLATILE;
use super::{configured, script, try_in};
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
fn each_job_runs_once_under_its_name() {
    let folder = configured(JOBS);
    let output = try_in(folder.path(), worker());
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{told}{}", stderr(&output));
    let sections = told.split("\nJob ").skip(1);
    // The dyno's lines come between the workflow's at any time.
    let own = |line: &&str| !line.starts_with("worker | ") && !line.contains(" s  worker.");
    let shown: Vec<_> = sections
        .map(|section| section.lines().filter(own).collect::<Vec<_>>().join("\n"))
        .collect();
    insta::with_settings!({ filters => VOLATILE }, {
        insta::assert_snapshot!(shown.join("\n\nJob "));
    });
}

#[test]
fn the_exit_status_is_that_of_the_first_worker_that_failed() {
    let folder = configured(JOBS);
    let real = worker();
    let body = format!(
        "case \"$*\" in */picletter-cleanup/*) exit 70;; */picletter-digest/*) exit 71;; esac\n\
         exec {real} \"$@\""
    );
    let output = try_in(folder.path(), script(&folder, &body));
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(70), "{told}{}", stderr(&output));
    for status in ["ended well", "exit status 70", "exit status 71"] {
        assert!(told.contains(status), "{told}");
    }
}
