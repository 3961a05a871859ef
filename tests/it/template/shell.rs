//! The shell script of `report = "shell"`, run by real shells.

use std::process::Command;

use serde_json::Value;

use picletter_test_support::write_script;

use super::{deploy, parameters_for, workflow};

/// Replaces curl: prints the report. Rejects a callback URL in the arguments, because other
/// processes can read those and the URL contains a signature.
const CURL: &str = r#"#!/bin/sh
case "$*" in *azure.example*) echo 'the callback URL is an argument' >&2; exit 1 ;; esac
read -r url
[ "$url" = 'url="https://azure.example/?sp=%2Fruns&sig=a-b_c"' ] || { echo "read $url" >&2; exit 1; }
while [ $# -gt 1 ]; do case $1 in -d) echo "report: $2" ;; esac; shift; done
"#;

/// Runs a dyno's command with this shell; returns its output, report, and exit status.
fn run_command(command: &str, shell: &str) -> (String, Value, Option<i32>) {
    let quoted = Value::from(command);
    let parameters = parameters_for(
        "every = \"day\"\nat = \"08:00\"",
        &format!("command = {quoted}\n[run]\nreport = \"shell\""),
    );
    let deployment = deploy(&parameters);
    let parameter = |name: &str| {
        let value = &workflow(&deployment)["parameters"][name]["value"];
        value.as_str().unwrap().to_owned()
    };
    let before = parameter("command_before_run_id");
    let script = format!("{before}JOB/RUN{}", parameter("command_after_run_id"));
    let script = script.replacen("sh -c", &format!("{shell} -c"), 1);

    let folder = tempfile::tempdir().unwrap();
    let curl = folder.path().join("curl");
    write_script(&curl, CURL);
    let path = std::env::var("PATH").unwrap_or_default();
    // Heroku runs commands with bash.
    let output = Command::new("bash")
        .args(["-c", &script])
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .env("DYNO", "run.1")
        .env(
            "RUN_CALLBACK_URL",
            "https://azure.example/?sp=%2Fruns&sig=a-b_c",
        )
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let Some((printed, report)) = printed.split_once("report: ") else {
        let error = String::from_utf8_lossy(&output.stderr);
        panic!("{shell}: {command}: no report, but {printed}{error}");
    };
    let report = serde_json::from_str(report).unwrap();
    (printed.to_owned(), report, output.status.code())
}

#[test]
fn reports_the_exit_status_of_every_command() {
    for (command, printed, code) in [
        ("echo hi", "hi\n", 0),
        ("echo hi # comment", "hi\n", 0),
        ("# comment", "", 0),
        ("echo hi;", "hi\n", 0),
        ("echo 'unterminated", "", 2),
        ("echo \"unterminated", "", 2),
        ("a (b", "", 2),
        ("echo hi) ; (echo more", "", 2),
        ("echo \"it's\"", "it's\n", 0),
        ("echo 'a  b' \"'\" \\' '\\'", "a  b ' ' \\\n", 0),
        ("(echo a; exit 3)", "a\n", 3),
        ("echo a; exit 4; echo b", "a\n", 4),
        ("false || echo \"$RUN_ID $DYNO\"", "JOB/RUN run.1\n", 0),
    ] {
        for shell in ["sh", "bash"] {
            let report = serde_json::json!({
                "run_id": "JOB/RUN",
                "dyno": "run.1",
                "outcome": format!("exit status {code}"),
                "exit_code": code,
            });
            let (output, reported, exited) = run_command(command, shell);
            assert_eq!(reported, report, "{shell}: {command}");
            assert_eq!(exited, Some(code), "{shell}: {command}");
            assert_eq!(output, printed, "{shell}: {command}");
        }
    }
}
