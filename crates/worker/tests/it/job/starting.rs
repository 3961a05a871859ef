//! Command lines: the worker accepts every form that Heroku uses, and rejects all others.

use crate::job::process::Worker;
use crate::job::server::{CALLBACK, Server};

/// Starts the worker as `name` with `args`. Checks that it sends one mail and reports the run ID.
#[track_caller]
fn check_runs(name: &str, args: &[&str], run_id: Option<&str>) {
    let server = Server::start();
    Worker::for_server(&server)
        .named(name)
        .args(args)
        .var("RUN_CALLBACK_URL", server.url(CALLBACK))
        .run()
        .expect("sent", 0);
    assert_eq!(server.mails().len(), 1);
    let report = server.requests_to("POST", CALLBACK)[0].json();
    assert_eq!(report["run_id"].as_str(), run_id, "{args:?}");
}

/// Starts the worker as `name` with `args`. Checks that it reports the error and sends no request.
#[track_caller]
fn check_refused(name: &str, args: &[&str], code: i32, message: &str) {
    let server = Server::start();
    let ended = Worker::for_server(&server).named(name).args(args).run();
    ended.expect("usage", code).because(message);
    assert_eq!(ended.log.lines().count(), 1, "{ended:?}");
    assert_eq!(server.requests().len(), 0, "{args:?}");
}

#[test]
fn runs_the_job_without_arguments() {
    check_runs("worker", &[], None);
}

#[test]
fn accepts_its_name_as_the_first_argument() {
    check_runs("worker", &["worker"], None);
}

#[test]
fn reports_the_run_id() {
    check_runs("worker", &["worker", "--run-id", "X"], Some("X"));
    check_runs("worker", &["--run-id=X"], Some("X"));
}

#[test]
fn accepts_the_command_as_one_argument() {
    check_runs("worker", &["worker --run-id X"], Some("X"));
}

#[test]
fn accepts_commands_through_a_link_named_sh() {
    check_runs("sh", &["-c", "worker --run-id X"], Some("X"));
    check_runs("sh", &["-l", "-c", "exec worker --run-id X"], Some("X"));
}

#[test]
fn accepts_commands_through_a_link_named_bash() {
    check_runs("bash", &["-c", "worker --run-id X"], Some("X"));
    check_runs("bash", &["-lc", "exec worker"], None);
}

#[test]
fn exits_with_127_for_an_unknown_command() {
    check_refused(
        "worker",
        &["rails", "console"],
        127,
        "`rails`: command not found",
    );
    check_refused("sh", &["-c", "curl x"], 127, "worker [--run-id ID]");
    check_refused("sh", &["-c", "worker; curl x"], 127, "command not found");
    check_refused("sh", &[], 127, "command not found");
}

#[test]
fn exits_with_64_for_an_unknown_option() {
    check_refused("worker", &["--frobnicate"], 64, "expected --run-id ID");
    check_refused(
        "worker",
        &["worker", "--run-id"],
        64,
        "--run-id requires a value",
    );
}

#[test]
fn reports_an_unknown_command_to_the_callback() {
    let server = Server::start();
    Worker::for_server(&server)
        .args(&["rails"])
        .var("RUN_CALLBACK_URL", server.url(CALLBACK))
        .run()
        .expect("usage", 127);
    let report = server.requests_to("POST", CALLBACK)[0].json();
    assert_eq!(report["outcome"], "usage");
    assert_eq!(report["exit_code"], 127);
    assert_eq!(server.mails().len(), 0);
}

#[test]
fn prints_help_and_version_without_variables() {
    for (argument, expected) in [
        ("--help", "Usage: worker [--run-id ID]"),
        ("-h", "BOT_EMAIL"),
        ("--version", concat!("worker ", env!("CARGO_PKG_VERSION"))),
        ("-V", "worker "),
    ] {
        let server = Server::start();
        let ended = Worker::for_server(&server)
            .without_any()
            .args(&[argument])
            .run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.logged(expected);
    }
}
