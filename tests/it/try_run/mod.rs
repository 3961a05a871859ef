//! `picletter try`: runs a worker against the sandbox and shows the run.

mod config_file;
mod failures;
mod jobs;
mod output;
mod page;
mod worker;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use picletter_test_support::{worker, write_script};

use crate::support::command::picletter;

fn try_once(worker: impl AsRef<Path>) -> Output {
    try_in(Path::new(env!("CARGO_TARGET_TMPDIR")), worker)
}

/// The command as an installed program, with the variables needed to find and run a worker.
fn installed(folder: impl AsRef<Path>) -> Command {
    let mut command = picletter(folder);
    let kept = ["PATH", "TMPDIR"];
    command.envs(env::vars_os().filter(|(name, _)| kept.iter().any(|kept| name == kept)));
    command
}

/// Replaces the worker with a shell script.
fn script(folder: &tempfile::TempDir, body: &str) -> PathBuf {
    let path = folder.path().join("worker");
    write_script(&path, &format!("#!/bin/sh\n{body}\n"));
    path
}

/// A folder with this `picletter.toml`.
fn folder_with(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("picletter.toml"), text).unwrap();
    folder
}

fn try_in(folder: &Path, worker: impl AsRef<Path>) -> Output {
    let mut command = installed(folder);
    command.args(["try", "--once", "--worker"]);
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

/// The real worker with modified config vars.
fn with_config_vars(folder: &tempfile::TempDir, vars: &str) -> PathBuf {
    script(folder, &format!("{vars} exec {} \"$@\"", worker()))
}
