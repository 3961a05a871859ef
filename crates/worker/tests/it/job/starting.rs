//! The worker runs the job in every way that Heroku may start it, and does nothing in any other.

use crate::job::process::Worker;
use crate::job::server::{CALLBACK, Server};

/// Starts it as `name` with `args`; it must send one mail and call itself by the run's name.
#[track_caller]
fn runs(name: &str, args: &[&str], run_id: Option<&str>) {
    let server = Server::start();
    Worker::of(&server)
        .by(name)
        .args(args)
        .var("RUN_CALLBACK_URL", server.url(CALLBACK))
        .run()
        .expect("sent", 0);
    assert_eq!(server.mails().len(), 1);
    let report = server.requests_to("POST", CALLBACK)[0].json();
    assert_eq!(report["run_id"].as_str(), run_id, "{args:?}");
}

/// Starts it as `name` with `args`; it must say what it can do and contact no one.
#[track_caller]
fn refuses(name: &str, args: &[&str], code: i32, told: &str) {
    let server = Server::start();
    let ended = Worker::of(&server).by(name).args(args).run();
    ended.expect("usage", code).because(told);
    assert_eq!(ended.log.lines().count(), 1, "{ended:?}");
    assert_eq!(server.requests().len(), 0, "{args:?}");
}

#[test]
fn without_an_argument_it_runs_the_job() {
    runs("worker", &[], None);
}

#[test]
fn its_own_name_as_the_argument_runs_the_job() {
    runs("worker", &["worker"], None);
}

#[test]
fn a_run_id_names_the_run() {
    runs("worker", &["worker", "--run-id", "X"], Some("X"));
    runs("worker", &["--run-id=X"], Some("X"));
}

#[test]
fn the_whole_command_as_one_argument_runs_the_job() {
    runs("worker", &["worker --run-id X"], Some("X"));
}

#[test]
fn through_a_link_named_sh_it_runs_the_job() {
    runs("sh", &["-c", "worker --run-id X"], Some("X"));
    runs("sh", &["-l", "-c", "exec worker --run-id X"], Some("X"));
}

#[test]
fn through_a_link_named_bash_it_runs_the_job() {
    runs("bash", &["-c", "worker --run-id X"], Some("X"));
    runs("bash", &["-lc", "exec worker"], None);
}

#[test]
fn an_unknown_command_is_127() {
    refuses(
        "worker",
        &["rails", "console"],
        127,
        "`rails`: command not found",
    );
    refuses("sh", &["-c", "curl x"], 127, "worker [--run-id ID]");
    refuses("sh", &["-c", "worker; curl x"], 127, "command not found");
    refuses("sh", &[], 127, "command not found");
}

#[test]
fn an_unknown_option_is_64() {
    refuses("worker", &["--frobnicate"], 64, "worker takes --run-id ID");
    refuses(
        "worker",
        &["worker", "--run-id"],
        64,
        "--run-id needs a value",
    );
}

#[test]
fn a_wrong_start_is_told_to_whoever_waits() {
    let server = Server::start();
    Worker::of(&server)
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
fn help_and_version_work_without_any_variable() {
    for (argument, told) in [
        ("--help", "Usage: worker [--run-id ID]"),
        ("-h", "BOT_EMAIL"),
        ("--version", concat!("worker ", env!("CARGO_PKG_VERSION"))),
        ("-V", "worker "),
    ] {
        let server = Server::start();
        let ended = Worker::of(&server).without_any().args(&[argument]).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.logged(told);
    }
}
