//! The worker that runs, and its exit status.

use std::fs;
use std::process::Command;

use picletter_test_support::worker;

use super::{installed, script, try_once};
use crate::support::command::{stderr, stdout};

#[test]
fn the_worker_sends_a_mail_with_a_photograph() {
    let output = try_once(worker());
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("worker | outcome=sent"), "{told}");
    assert!(told.contains("Accepted: Picletter, your daily picture newsletter!"));
    assert!(told.contains("to          you@example.com"));
    assert!(told.contains("image/jpeg"), "{told}");
    assert!(told.contains("1 mail was accepted"), "{told}");
    assert!(!told.contains('\x1b'), "{told}");
}

#[test]
fn the_exit_status_is_the_workers() {
    let folder = tempfile::tempdir().unwrap();
    for (body, status, words) in [
        ("exit 0", 1, "ended well"),
        ("exit 77", 77, "failed with exit status 77"),
        ("kill -9 $$", 137, "was ended by signal 9"),
    ] {
        let output = try_once(script(&folder, body));
        assert_eq!(output.status.code(), Some(status), "{body}");
        let told = stdout(&output);
        assert!(told.contains(words), "{told}");
        assert!(told.contains("no mail was accepted"), "{told}");
    }
}

#[test]
fn a_worker_that_cannot_run_alone_runs_where_it_lies_and_why_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let told = stdout(&try_once(script(&folder, "exit 69")));
    let line = told.lines().find(|line| line.starts_with("Dynos run "));
    let words = "not a 64-bit ELF program";
    assert!(line.unwrap().contains(words), "{told}");
}

#[test]
fn the_worker_sees_its_config_vars_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let output = installed(env!("CARGO_TARGET_TMPDIR"))
        .env("SECRET_OF_THE_PERSON", "1")
        .env("SG_KEY", "SG.of_the_person")
        .args(["try", "--once", "--worker"])
        .arg(script(&folder, "export -p"))
        .output()
        .unwrap();
    let told = stdout(&output);
    assert!(!told.contains("of_the_person"), "{told}");
    let mut names: Vec<_> = told
        .lines()
        .filter_map(|line| line.strip_prefix("worker | export ")?.split('=').next())
        // The shell's own.
        .filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name))
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "BOT_EMAIL",
            "DYNO",
            "HEARTBEAT_URL",
            "NASA_API_URL",
            "PICLETTER_MADE_APP",
            "PICSUM_URL",
            "PORT",
            "RECEIVER_EMAIL",
            "RUN_CALLBACK_URL",
            "RUN_DATE",
            "RUN_ID",
            "SENDGRID_API_URL",
            "SG_KEY",
            "UNSPLASH_API_URL",
            "WIKIMEDIA_API_URL",
        ]
    );
}

#[test]
fn both_outputs_of_the_worker_are_shown_even_where_they_are_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let body = r"echo out; echo err >&2; printf 'a\377b\n'; echo last";
    let output = try_once(script(&folder, body));
    let told = stdout(&output);
    for line in ["out", "err", "(a line that is not text)", "last"] {
        assert!(told.contains(&format!("worker | {line}\n")), "{told}");
    }
}

#[test]
fn a_worker_that_is_not_there_is_named() {
    let output = try_once("no/such/worker");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no/such/worker\nhelp: check --worker"));
}

#[test]
fn a_worker_that_cannot_be_started_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("worker");
    fs::write(&text, "no program").unwrap();
    let output = try_once(&text);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot start the worker"));
}

#[test]
fn an_installed_command_without_a_worker_beside_it_says_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("picletter");
    fs::copy(env!("CARGO_BIN_EXE_picletter"), &alone).unwrap();
    let output = Command::new(&alone)
        .env_clear()
        .current_dir(folder.path())
        .args(["try", "--once"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains("--worker PATH"), "{told}");
    assert!(told.contains("cargo run -- try"), "{told}");

    fs::copy(worker(), folder.path().join("picletter-worker")).unwrap();
    let output = Command::new(&alone)
        .env_clear()
        .current_dir(folder.path())
        .args(["try", "--once"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
