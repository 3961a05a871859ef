//! What the command line itself says: help, slips of the keyboard, colours, exit codes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

use std::process::{Command, Output};

fn picletter(args: &[&str], env: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_picletter"))
        .args(args)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env_clear()
        .envs(env.iter().copied())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn help_tells_what_there_is() {
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help_init", &["init", "--help"]),
        ("help_plan", &["plan", "--help"]),
    ] {
        insta::assert_snapshot!(name, stdout(&picletter(args, &[])));
    }
}

#[test]
fn every_command_with_options_shows_an_example() {
    for command in [
        "init", "check", "try", "preview", "template", "plan", "deploy", "push", "run", "status",
        "logs", "destroy",
    ] {
        let help = stdout(&picletter(&[command, "--help"], &[]));
        assert!(help.contains("\nExample"), "{help}");
    }
}

#[test]
fn a_mistyped_command_or_option_suggests_the_nearest_and_is_a_usage_error() {
    for (typed, meant) in [
        (&["chek"][..], "'check'"),
        (&["shedule", "next"], "'schedule'"),
        (&["init", "--ap", "x"], "'--app'"),
        (&["check", "--colour", "never"], "'--color'"),
    ] {
        let output = picletter(typed, &[]);
        assert_eq!(output.status.code(), Some(64), "{typed:?}");
        assert!(stderr(&output).contains(meant), "{}", stderr(&output));
    }
    assert_eq!(picletter(&[], &[]).status.code(), Some(64));
    assert!(picletter(&["--version"], &[]).status.success());
}

#[test]
fn help_and_usage_errors_are_coloured_as_asked() {
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        let output = picletter(args, env);
        let text = [output.stdout, output.stderr].concat();
        assert!(!text.is_empty());
        text.contains(&b'\x1b')
    };
    for typed in [&["--help"][..], &["check", "--help"], &["chek"]] {
        let with = |color: &[&'static str]| [color, typed].concat();
        assert!(!coloured(typed, &[]), "{typed:?}");
        assert!(!coloured(&with(&["--color", "never"]), &[]), "{typed:?}");
        assert!(coloured(&with(&["--color=always"]), &[]), "{typed:?}");
        let no_color = [("NO_COLOR", "1")];
        assert!(coloured(&with(&["--color", "always"]), &no_color));
    }
    // The variable by which other programs are told to colour everything.
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(!coloured(&["--color", "never", "--help"], &[forced]));
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let coloured = |args: &[&str], env: &[(&str, &str)]| {
        let args = [args, &["check", "--config", "no such file"]].concat();
        let output = picletter(&args, env);
        assert_eq!(output.status.code(), Some(78));
        stderr(&output).contains('\x1b')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[]));
}
