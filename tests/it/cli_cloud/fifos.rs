//! Files that block: a FIFO is opened when both of its ends are, and read as it is written.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use picletter_test_support::tls::Authority;
use rustix::io::Errno;
use rustix::process::Signal;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe;
use tokio::process::Child;

use crate::support::cli::{Cli, SG_KEY, SIGNALS, send, stderr, stdout};
use crate::support::command::make_fifo;

/// Makes a FIFO in place of a file, and gives what the file held.
fn fifo(path: &Path) -> Vec<u8> {
    let held = fs::read(path).unwrap();
    fs::remove_file(path).unwrap();
    make_fifo(path);
    held
}

/// A person of whose files one is a FIFO, its path, what the file held, and the command that reads it.
async fn clis() -> Vec<(Cli, PathBuf, Vec<u8>, &'static str)> {
    let mut clis = Vec::new();
    for (variable, file, text, command) in [
        (None, "picletter.toml", None, "plan"),
        (
            Some("SG_KEY_FILE"),
            "key",
            Some(SG_KEY),
            "deploy --yes --image worker.tar",
        ),
        (
            Some("SG_KEY_FILE"),
            "key",
            Some(SG_KEY),
            "doctor --image worker.tar",
        ),
        (Some("SSL_CERT_FILE"), "anchors", None, "status"),
        (
            None,
            ".netrc",
            Some("machine 127.0.0.1 password x"),
            "pause",
        ),
    ] {
        let mut cli = Cli::new().await;
        let path = cli.folder.path().join(file);
        if file == ".netrc" {
            cli.environment.remove("HEROKU_API_KEY");
        }
        if file == "anchors" {
            fs::write(&path, Authority::new().pem()).unwrap();
        }
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        if let Some(variable) = variable {
            cli.environment.remove("SG_KEY");
            let path = path.to_str().unwrap().to_owned();
            cli.environment.insert(variable.to_owned(), path);
        }
        let held = fifo(&path);
        clis.push((cli, path, held, command));
    }
    clis
}

/// Types a command, up to where it reads the FIFO.
async fn reads(cli: &Cli, path: &Path, command: &str) -> (Child, pipe::Sender) {
    let mut child = cli.spawn_under(SIGNALS, command);
    loop {
        match pipe::OpenOptions::new().open_sender(path) {
            Ok(writer) => return (child, writer),
            // Nobody reads there yet.
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(child.try_wait().unwrap(), None, "{command}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_command_that_waits_for_a_fifo() {
    for (cli, path, _, command) in clis().await {
        for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
            let (child, writer) = reads(&cli, &path, command).await;
            send(signal, &child);
            let Output { status, .. } = child.wait_with_output().await.unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()), "{command}");
            drop(writer);
        }
        assert_eq!(cli.changes(), [], "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_be_a_fifo_as_a_shell_gives_it_for_a_command() {
    for (cli, path, held, command) in clis().await {
        if command == "status" || command == "pause" {
            // Nothing is deployed.
            continue;
        }
        let (child, mut writer) = reads(&cli, &path, command).await;
        writer.write_all(&held).await.unwrap();
        drop(writer);
        let output = child.wait_with_output().await.unwrap();
        let shown = stdout(&output) + &stderr(&output);
        assert!(output.status.success(), "{command}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_or_a_federated_token_that_is_a_fifo_is_refused() {
    let mut cli = Cli::new().await;
    let image = cli.folder.path().join("worker.tar");
    fifo(&image);
    for (command, status) in [
        ("plan --image worker.tar", 78),
        ("doctor --image worker.tar", 1),
    ] {
        let output = cli.run(command).await;
        let shown = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{command}: {shown}");
        assert!(shown.contains("is not an image"), "{shown}");
    }
    let image = image.to_str().unwrap().to_owned();
    cli.environment.remove("AZURE_CLIENT_SECRET");
    cli.environment
        .insert("AZURE_FEDERATED_TOKEN_FILE".to_owned(), image);
    let output = cli.run("plan").await;
    assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("regular file"),
        "{}",
        stderr(&output)
    );
}
