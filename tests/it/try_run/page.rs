//! The page is served until a signal arrives; signals and closed pipes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use picletter_test_support::{loopback, worker};
use rustix::process::{Pid, Signal, kill_process};

use super::{installed, script};
use crate::support::command::{make_fifo, stderr};

#[tokio::test]
async fn serves_the_page_after_a_failed_run() {
    let folder = tempfile::tempdir().unwrap();
    for body in ["exit 69", "exit 0", "kill -9 $$"] {
        let mut command = installed(env!("CARGO_TARGET_TMPDIR"));
        command.args(["try", "--port", "0", "--worker"]);
        command.arg(script(&folder, body));
        let (mut child, line, _output) = start_until(command, "See the run at ");
        let address = line.split(' ').nth(4).unwrap();
        let page = loopback::client().get(address).send().await.unwrap();
        assert!(page.status().is_success());

        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{body}");
    }
}

#[test]
fn closed_pipe_does_not_change_the_outcome() {
    let folder = tempfile::tempdir().unwrap();
    for (worker, status) in [(worker().into(), 0), (script(&folder, "exit 69"), 69)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = installed(env!("CARGO_TARGET_TMPDIR"));
        command.args(["try", "--once", "--worker"]).arg(&worker);
        let output = command.stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        assert!(!stderr(&output).contains("standard output"), "{output:?}");
    }
}

#[test]
fn suggests_port_option_for_a_busy_port() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    let output = installed(env!("CARGO_TARGET_TMPDIR"))
        .args(["try", "--port", &port, "--worker", worker()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = stderr(&output);
    let lines: Vec<_> = error.lines().collect();
    let [summary, help] = lines[..] else {
        panic!("{error}");
    };
    assert!(
        summary.starts_with(&format!("error: port {port} ")),
        "{error}"
    );
    assert!(
        help.starts_with("help: ") && help.contains("--port"),
        "{error}"
    );
}

/// Starts `try` and reads its output up to a line.
fn start_until(mut command: Command, until: &str) -> (Child, String, BufReader<ChildStdout>) {
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
async fn serves_the_page_until_a_signal() {
    let mut command = installed(env!("CARGO_TARGET_TMPDIR"));
    command.args(["try", "--port", "0", "--worker", worker()]);
    let (mut child, line, _output) = start_until(command, "Read the mail at ");
    let address = line.split(' ').nth(4).unwrap();
    assert!(address.ends_with("/mails/1"), "{address}");
    let page = loopback::client().get(address).send().await.unwrap();
    assert!(page.status().is_success());

    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn signals_also_end_the_worker() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let folder = tempfile::tempdir().unwrap();
        // Only the worker has the FIFO open for writing, so its end is the end of the file.
        let fifo = folder.path().join("fifo");
        make_fifo(&fifo);
        let endless = "exec 9>\"${0%/*}/fifo\"; echo running; while :; do :; done";
        let worker = script(&folder, endless);
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(fs::read(fifo)));

        let mut command = installed(env!("CARGO_TARGET_TMPDIR"));
        command.args(["try", "--once", "--worker"]).arg(worker);
        let (mut child, _line, _output) = start_until(command, "worker | running");
        assert!(end.try_recv().is_err());
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
        // The timeout only applies if the worker does not end.
        let end = end.recv_timeout(Duration::from_mins(1));
        assert!(end.is_ok(), "the worker is still running");
    }
}
