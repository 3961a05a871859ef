//! Files that block: opening a FIFO waits for the other end, and reading waits for a writer.

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

/// Replaces a file with a FIFO and returns the file's content.
fn fifo(path: &Path) -> Vec<u8> {
    let content = fs::read(path).unwrap();
    fs::remove_file(path).unwrap();
    make_fifo(path);
    content
}

/// Command lines that read a FIFO: the setup, the FIFO's path, the original content, and the
/// command.
async fn cases() -> Vec<(Cli, PathBuf, Vec<u8>, &'static str)> {
    let mut cases = Vec::new();
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
        let content = fifo(&path);
        cases.push((cli, path, content, command));
    }
    cases
}

/// Runs a command up to the point where it opens the FIFO.
async fn spawn_until_read(cli: &Cli, path: &Path, command: &str) -> (Child, pipe::Sender) {
    let mut child = cli.spawn_under(SIGNALS, command);
    loop {
        match pipe::OpenOptions::new().open_sender(path) {
            Ok(writer) => return (child, writer),
            // The FIFO has no reader yet.
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(child.try_wait().unwrap(), None, "{command}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_end_a_command_that_waits_for_a_fifo() {
    for (cli, path, _, command) in cases().await {
        for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
            let (child, writer) = spawn_until_read(&cli, &path, command).await;
            send(signal, &child);
            let Output { status, .. } = child.wait_with_output().await.unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()), "{command}");
            drop(writer);
        }
        assert_eq!(cli.changes(), [], "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_files_from_fifos() {
    for (cli, path, content, command) in cases().await {
        if command == "status" || command == "pause" {
            // Nothing is deployed.
            continue;
        }
        let (child, mut writer) = spawn_until_read(&cli, &path, command).await;
        writer.write_all(&content).await.unwrap();
        drop(writer);
        let output = child.wait_with_output().await.unwrap();
        let printed = stdout(&output) + &stderr(&output);
        assert!(output.status.success(), "{command}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_an_image_or_federated_token_that_is_a_fifo() {
    let mut cli = Cli::new().await;
    let image = cli.folder.path().join("worker.tar");
    fifo(&image);
    for (command, status) in [
        ("plan --image worker.tar", 78),
        ("doctor --image worker.tar", 1),
    ] {
        let output = cli.run(command).await;
        let printed = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{command}: {printed}");
        assert!(printed.contains("is not an image"), "{printed}");
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
