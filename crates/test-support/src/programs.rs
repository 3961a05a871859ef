//! Builds the programs that tests run.

use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The path of the worker: `STATIC_WORKER` if it is set, otherwise the worker with its release
/// features in the development profile. The binary that `cargo test` builds has the features of the
/// whole workspace, because Cargo unifies features.
///
/// # Panics
/// The program does not build.
pub fn worker() -> &'static str {
    static WORKER: OnceLock<String> = OnceLock::new();
    WORKER.get_or_init(|| env::var("STATIC_WORKER").unwrap_or_else(|_| build_worker()))
}

/// Builds the worker's package alone, and returns the path of the program.
fn build_worker() -> String {
    let mut cargo = Command::new(env!("CARGO"));
    // Removes the variables with which `cargo test` describes the tested package. Otherwise build
    // scripts that read them, such as ring's, would run again for each package.
    for (name, _) in env::vars_os() {
        let described = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if described
            .iter()
            .any(|start| name.to_string_lossy().starts_with(start))
        {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(["build", "--locked"])
        .args(["--package", "picletter-worker", "--bin", "worker"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the worker does not build");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    // Only one program is built.
    let worker = messages
        .filter_map(|message| serde_json::from_slice::<serde_json::Value>(message).ok())
        .find_map(|message| Some(message.get("executable")?.as_str()?.to_owned()));
    worker.expect("cargo must report the program's path")
}

/// Writes an executable script.
///
/// A child process writes the file. If this process had it open for writing, a process that another
/// test forks would inherit the descriptor, and executing the script would fail ("Text file busy").
///
/// # Panics
/// The script cannot be written.
pub fn write_script(path: &Path, text: &str) {
    let mut shell = Command::new("sh")
        .args(["-c", r#"cat >"$0" && chmod 755 "$0""#])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = shell.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    assert!(shell.wait().unwrap().success(), "{}", path.display());
}

/// Copies a program; like [`write_script`], in a process of its own.
///
/// # Panics
/// The program cannot be copied.
pub fn copy_program(from: &str, to: &Path) {
    let status = Command::new("cp").arg(from).arg(to).status().unwrap();
    assert!(status.success(), "{}", to.display());
}
