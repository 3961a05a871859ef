//! The `picletter` command as a process, and its output.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The command in a folder, with an empty environment and empty standard input.
pub(crate) fn picletter(folder: impl AsRef<Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_picletter"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// The text on standard output.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The text on standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The standard output of a command that must have succeeded.
#[track_caller]
pub(crate) fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    stdout(output)
}

/// Makes a FIFO.
pub(crate) fn make_fifo(path: &Path) {
    let status = Command::new("mkfifo").arg(path).status();
    assert!(status.unwrap().success());
}
