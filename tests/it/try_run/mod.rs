//! `picletter try` runs a worker against the sandbox and tells how it went.

mod config_file;
mod failures;
mod page;
mod story;
mod worker;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use picletter_test_support::worker;

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

/// The real worker with other config vars.
fn with_config_vars(folder: &tempfile::TempDir, vars: &str) -> PathBuf {
    script(folder, &format!("{vars} exec {} \"$@\"", worker()))
}
