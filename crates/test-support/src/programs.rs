//! Programs that tests run.

use std::env;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The worker with the features that it ships with, in the profile of development. The one beside a
/// test has the features of the whole workspace, since cargo unifies them. The released worker is tested
/// by `ci/static-worker`, the test `registry_real`, and `ci/nix`.
///
/// # Panics
/// It does not build.
pub fn worker() -> &'static str {
    static WORKER: OnceLock<String> = OnceLock::new();
    WORKER.get_or_init(|| program("picletter-worker", "worker"))
}

/// The path of a member's program, built with that member's features alone.
///
/// # Panics
/// It does not build.
pub fn program(package: &str, name: &str) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    // `cargo test` describes the package of the test in these. Build scripts that read them, such as
    // ring's, would run again for each package whose tests build the program.
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
        .args(["build", "--locked", "--package", package, "--bin", name])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{name} does not build");
    let messages = output.stdout.split(|byte| *byte == b'\n');
    // Only one program was asked for.
    let program = messages
        .filter_map(|message| serde_json::from_slice::<serde_json::Value>(message).ok())
        .find_map(|message| Some(message.get("executable")?.as_str()?.to_owned()));
    program.expect("cargo names the program")
}
