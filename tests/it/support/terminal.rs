//! A terminal, provided by `script` of util-linux, which Debian always has.

use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A terminal and the command that runs in it.
pub(crate) struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    seen: Vec<u8>,
}

impl Terminal {
    /// Runs `script`, a call of that program.
    pub(crate) fn open(mut script: Command) -> Self {
        let mut script = script
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            keyboard: script.stdin.take().unwrap(),
            screen: script.stdout.take().unwrap(),
            script,
            seen: Vec::new(),
        }
    }

    /// Waits until the screen has shown `text`.
    pub(crate) async fn wait_for(&mut self, text: &str) {
        while !self.shown().contains(text) {
            let read = self.screen.read_buf(&mut self.seen).await.unwrap();
            assert_ne!(read, 0, "`{text}` does not appear: {}", self.shown());
        }
    }

    /// Types on the keyboard.
    pub(crate) async fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).await.unwrap();
    }

    /// Waits for the command's end. Returns everything that the screen has shown, including control
    /// sequences.
    pub(crate) async fn end(mut self) -> String {
        self.screen.read_to_end(&mut self.seen).await.unwrap();
        self.script.wait().await.unwrap();
        self.shown()
    }

    /// Closes the terminal while the command runs.
    pub(crate) async fn close(mut self) {
        self.script.kill().await.unwrap();
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }
}
