//! Which worker `try` runs, and its exit status.

use std::fs;
use std::process::Command;

use picletter_test_support::{copy_program, worker};

use super::{installed, script, try_once};
use crate::support::command::{stderr, stdout};

#[test]
fn worker_sends_a_mail_with_a_photograph() {
    let output = try_once(worker());
    let printed = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{printed}");
    assert!(printed.contains("worker | outcome=sent"), "{printed}");
    assert!(printed.contains("Accepted: Picletter, your daily picture newsletter!"));
    assert!(printed.contains("to          you@example.com"));
    assert!(printed.contains("image/jpeg"), "{printed}");
    assert!(printed.contains("1 mail accepted"), "{printed}");
    assert!(!printed.contains('\x1b'), "{printed}");
}

#[test]
fn exits_with_the_workers_status() {
    let folder = tempfile::tempdir().unwrap();
    for (body, status, words) in [
        // Without an accepted mail, `try` fails even if the worker exits with 0.
        ("exit 0", 1, "Worker succeeded"),
        ("exit 77", 77, "failed with exit status 77"),
        ("kill -9 $$", 137, "killed by signal 9"),
    ] {
        let output = try_once(script(&folder, body));
        assert_eq!(output.status.code(), Some(status), "{body}");
        let printed = stdout(&output);
        assert!(printed.contains(words), "{printed}");
        assert!(printed.contains("no mail accepted"), "{printed}");
    }
}

#[test]
fn runs_a_worker_in_place_if_it_cannot_run_in_an_image() {
    let folder = tempfile::tempdir().unwrap();
    let printed = stdout(&try_once(script(&folder, "exit 69")));
    let line = printed.lines().find(|line| line.starts_with("Dynos run "));
    let words = "not a 64-bit ELF program";
    assert!(line.unwrap().contains(words), "{printed}");
}

#[test]
fn worker_gets_only_its_config_vars() {
    let folder = tempfile::tempdir().unwrap();
    let output = installed(env!("CARGO_TARGET_TMPDIR"))
        .env("SECRET_OF_THE_USER", "1")
        .env("SG_KEY", "SG.of_the_user")
        .args(["try", "--once", "--worker"])
        .arg(script(&folder, "export -p"))
        .output()
        .unwrap();
    let printed = stdout(&output);
    assert!(!printed.contains("of_the_user"), "{printed}");
    let mut names: Vec<_> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("worker | export ")?.split('=').next())
        // Variables that the shell itself sets.
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
fn shows_standard_output_and_error_of_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let body = r"echo out; echo err >&2; printf 'a\377b\n'; echo last";
    let output = try_once(script(&folder, body));
    let printed = stdout(&output);
    for line in ["out", "err", "(a line that is not text)", "last"] {
        assert!(printed.contains(&format!("worker | {line}\n")), "{printed}");
    }
}

#[test]
fn names_a_missing_worker() {
    let output = try_once("no/such/worker");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no/such/worker\nhelp: check --worker"));
}

#[test]
fn names_a_worker_that_cannot_be_started() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("worker");
    fs::write(&text, "not a program").unwrap();
    let output = try_once(&text);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot start the worker"));
}

#[test]
fn installed_command_without_a_worker_suggests_the_option() {
    let folder = tempfile::tempdir().unwrap();
    let installed_path = folder.path().join("picletter");
    copy_program(env!("CARGO_BIN_EXE_picletter"), &installed_path);
    let output = Command::new(&installed_path)
        .env_clear()
        .current_dir(folder.path())
        .args(["try", "--once"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = stderr(&output);
    assert!(error.contains("--worker PATH"), "{error}");
    assert!(error.contains("cargo run -- try"), "{error}");

    copy_program(worker(), &folder.path().join("picletter-worker"));
    let output = Command::new(&installed_path)
        .env_clear()
        .current_dir(folder.path())
        .args(["try", "--once"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
