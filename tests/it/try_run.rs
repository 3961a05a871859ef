//! `picletter try` runs a worker against the sandbox and tells how it went.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use picletter_test_support::{loopback, worker};

/// The command as an installed one, without what cargo tells its children, in a folder without a
/// configuration.
fn picletter() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_picletter"));
    for variable in ["CARGO", "CARGO_MANIFEST_DIR", "PICLETTER_CONFIG"] {
        command.env_remove(variable);
    }
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

fn try_once(worker: impl AsRef<Path>) -> Output {
    let mut command = picletter();
    command.args(["try", "--once", "--worker"]);
    command.arg(worker.as_ref()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A worker that does something else.
fn script(folder: &tempfile::TempDir, body: &str) -> PathBuf {
    let path = folder.path().join("worker");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

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

/// A folder with this `picletter.toml`.
fn configured(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("picletter.toml"), text).unwrap();
    folder
}

fn try_in(folder: &Path, worker: impl AsRef<Path>) -> Output {
    let mut command = picletter();
    command
        .current_dir(folder)
        .args(["try", "--once", "--worker"]);
    command.arg(worker.as_ref()).output().unwrap()
}

const OWN: &str = r#"
[schedule]
every = "24 hours"
start = "2020-01-01 12:15"
time_zone = "Asia/Tokyo"
catch_up = true

[heroku]
app = "my-own"
region = "tokyo"
team = "my-team"
time_to_live = "12 hours"
secrets = ["API_TOKEN"]

[azure]
subscription = "Pay as you go"
location = "japaneast"
workflow = "tokyo"

[mail]
from = "bot@own.example"
to = ["one@own.example", "two@own.example"]
subject = "A picture of mine"
sandbox = true

[picture]
sources = "url"
url = "https://pictures.own.example/today.jpg"
"#;

#[test]
fn a_persons_own_file_is_deployed_and_nothing_of_it_leaves_the_machine() {
    let folder = configured(OWN);
    let output = try_in(folder.path(), worker());
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{told}{}", stderr(&output));
    for line in [
        "Deploying picletter.toml, ",
        "  SENDGRID_SANDBOX is off",
        "  PICTURE_URL is not fetched",
        "  no missed run is made up for",
        "  + app my-own",
        "  + resource group picletter (in japaneast)",
        "  + workflow tokyo",
        "Every_24_hours        Fired ",
        "Accepted: A picture of mine",
        "  from        bot@own.example",
        "  to          two@own.example",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert!(!told.contains("pictures.own.example"), "{told}");
    // No run of all the days since the start.
    assert_eq!(told.matches("  Started  ").count(), 1, "{told}");
    assert!(told.contains("2 mails were accepted"), "{told}");
}

#[test]
fn another_file_can_be_named() {
    let folder = configured("[schedule]");
    let other = folder.path().join("other.toml");
    fs::write(&other, OWN).unwrap();
    let output = picletter()
        .current_dir(folder.path())
        .args([
            "try",
            "--once",
            "--config",
            "other.toml",
            "--worker",
            worker(),
        ])
        .output()
        .unwrap();
    let told = stdout(&output);
    assert!(told.contains("Deploying other.toml, "), "{told}");
    assert!(told.contains("Accepted: A picture of mine"), "{told}");
}

#[test]
fn a_mistake_in_the_file_is_told_before_anything_is_deployed() {
    let folder = configured(&OWN.replace("\"24 hours\"", "\"dya\""));
    let output = try_in(folder.path(), worker());
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("did you mean `day`?"));
    assert_eq!(stdout(&output), "");
}

#[test]
fn of_another_job_the_way_of_deploying_is_tried_with_this_worker() {
    let folder = configured(
        "[schedule]\nevery = \"hour\"\n[heroku]\napp = \"jobs\"\nprocess_type = \"job\"\n\
         command = \"python job.py\"\nsecrets = [\"API_TOKEN\", \"HEARTBEAT_URL\"]\n[run]\nreport = \"shell\"\n",
    );
    let output = try_in(folder.path(), worker());
    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{told}{}", stderr(&output));
    assert!(
        told.contains("worker runs in place of `python job.py`"),
        "{told}"
    );
    assert!(told.contains("API_TOKEN: fingerprint "), "{told}");
    assert!(told.contains("HEARTBEAT_URL: fingerprint "), "{told}");
    assert!(told.contains("  heartbeats  start, 0\n"), "{told}");
    assert!(told.contains("1 mail was accepted"), "{told}");
}

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
const VOLATILE: [(&str, &str); 13] = [
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

/// The real worker with other config vars.
fn with_config_vars(folder: &tempfile::TempDir, vars: &str) -> PathBuf {
    script(folder, &format!("{vars} exec {} \"$@\"", worker()))
}

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
fn a_worker_that_cannot_run_alone_runs_where_it_lies_and_why_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let told = stdout(&try_once(script(&folder, "exit 69")));
    let line = told.lines().find(|line| line.starts_with("Dynos run "));
    let words = "where it lies and not its image: it is no program of 64 bits in ELF";
    assert!(line.unwrap().contains(words), "{told}");
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

#[tokio::test]
async fn the_page_stays_after_a_run_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    for body in ["exit 69", "exit 0", "kill -9 $$"] {
        let mut command = picletter();
        command.args(["try", "--port", "0", "--worker"]);
        command.arg(script(&folder, body));
        let (mut child, line, _output) = started(command, "See the run at ");
        let address = line.split(' ').nth(4).unwrap();
        let page = loopback::client().get(address).send().await.unwrap();
        assert!(page.status().is_success());

        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{body}");
    }
}

#[test]
fn a_closed_pipe_does_not_change_how_the_run_ends() {
    let folder = tempfile::tempdir().unwrap();
    for (worker, status) in [(worker().into(), 0), (script(&folder, "exit 69"), 69)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = picletter();
        command.args(["try", "--once", "--worker"]).arg(&worker);
        let output = command.stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        assert!(!stderr(&output).contains("standard output"), "{output:?}");
    }
}

#[test]
fn the_worker_sees_its_config_vars_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let output = picletter()
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
fn a_busy_port_is_named_with_the_flag_that_changes_it() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    let output = picletter()
        .args(["try", "--port", &port, "--worker", worker()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains(&format!("port {port} ")), "{told}");
    assert!(told.contains("--port"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
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

    fs::copy(worker(), folder.path().join("worker")).unwrap();
    let output = Command::new(&alone)
        .env_clear()
        .current_dir(folder.path())
        .args(["try", "--once"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// Starts `try` and reads what it tells up to a line.
fn started(mut command: Command, until: &str) -> (Child, String, BufReader<ChildStdout>) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(until) {
        line.clear();
        assert_ne!(output.read_line(&mut line).unwrap(), 0, "no {until}");
    }
    (child, line, output)
}

#[tokio::test]
async fn the_page_stays_until_a_signal_ends_it() {
    let mut command = picletter();
    command.args(["try", "--port", "0", "--worker", worker()]);
    let (mut child, line, _output) = started(command, "Read it at ");
    let address = line.split(' ').nth(3).unwrap();
    assert!(address.ends_with("/mails/1"), "{address}");
    let page = loopback::client().get(address).send().await.unwrap();
    assert!(page.status().is_success());

    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_signal_ends_the_worker_too() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let folder = tempfile::tempdir().unwrap();
        // Held open for writing by the worker alone, so that its end is the end of this file.
        let life = folder.path().join("life");
        assert!(
            Command::new("mkfifo")
                .arg(&life)
                .status()
                .unwrap()
                .success()
        );
        let endless = "exec 9>\"${0%/*}/life\"; echo running; while :; do :; done";
        let worker = script(&folder, endless);
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(fs::read(life)));

        let mut command = picletter();
        command.args(["try", "--once", "--worker"]).arg(worker);
        let (mut child, _line, _output) = started(command, "worker | running");
        assert!(end.try_recv().is_err());
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
        // The bound is only there for the worker that would live on.
        let end = end.recv_timeout(Duration::from_mins(1));
        assert!(end.is_ok(), "the worker is still there");
    }
}

#[test]
fn help_tells_what_there_is() {
    let output = picletter().args(["try", "--help"]).output().unwrap();
    assert!(output.status.success());
    insta::assert_snapshot!("help_try", stdout(&output));
}
