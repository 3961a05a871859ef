//! Which worker to run.

use std::env::consts::EXE_SUFFIX;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, io};

use serde::Deserialize;
use tokio::process::Command;

use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

/// Why there is no worker to run.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoWorkerError {
    NotAt(PathBuf),
    NotBeside,
    Cargo(io::Error),
    Build,
}

impl Diagnose for NoWorkerError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::NotAt(path) => Diagnostic::new(
                format!("there is no worker at {}", path.display()),
                "check --worker",
            ),
            Self::NotBeside => Diagnostic::new(
                "no worker lies beside this command",
                "name one with --worker PATH, or type `cargo run -- try` in the project's folder, which builds it",
            ),
            Self::Cargo(error) => Diagnostic::plain(format_args!(
                "cannot start cargo to build the worker: {error}"
            )),
            Self::Build => {
                Diagnostic::new("the worker did not build", "see cargo's own words above")
            }
        }
    }
}

display_as_diagnostic!(NoWorkerError);

/// The worker that was asked for; else, under `cargo run`, the one of the same sources; else the one
/// installed beside this command.
pub(super) async fn find(asked_for: Option<&Path>) -> Result<PathBuf, NoWorkerError> {
    if let Some(path) = asked_for {
        // Made absolute, since a bare name would be looked for in PATH.
        return match std::path::absolute(path) {
            Ok(path) if path.is_file() => Ok(path),
            _ => Err(NoWorkerError::NotAt(path.to_owned())),
        };
    }
    if let Some((cargo, manifest)) = cargo_run() {
        return built(&cargo, &manifest).await;
    }
    env::current_exe()
        .ok()
        .map(|command| command.with_file_name(format!("{PROGRAM}{EXE_SUFFIX}")))
        .filter(|worker| worker.is_file())
        .ok_or(NoWorkerError::NotBeside)
}

/// The cargo that started this command out of its own source tree, and that tree's manifest.
fn cargo_run() -> Option<(PathBuf, PathBuf)> {
    let of_this_package =
        env::var("CARGO_PKG_NAME").is_ok_and(|name| name == env!("CARGO_PKG_NAME"));
    let manifest = Path::new(&env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let cargo = PathBuf::from(env::var_os("CARGO")?);
    (of_this_package && manifest.is_file()).then_some((cargo, manifest))
}

/// This package's own build of the worker.
const PROGRAM: &str = "picletter-worker";

/// One line of cargo's `--message-format=json`.
/// Source: <https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>
#[derive(Deserialize)]
struct BuildMessage {
    executable: Option<PathBuf>,
}

/// As a dyno has it: it needs nothing else in its root directory, and is small. Only the last step
/// of the build is another.
const STATIC: &[&str] = &["--", "-Ctarget-feature=+crt-static", "-Cstrip=symbols"];

/// Whether the C library is there to be linked statically, which not every distribution installs.
async fn links_statically() -> bool {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return false;
    }
    let asked = Command::new("cc").arg("-print-file-name=libc.a").output();
    // Of a file that there is not, the compiler prints the bare name.
    asked.await.is_ok_and(|said| {
        let path = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        Path::new(&path).is_absolute()
    })
}

async fn built(cargo: &Path, manifest: &Path) -> Result<PathBuf, NoWorkerError> {
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    let flags = if links_statically().await {
        STATIC
    } else {
        &[]
    };
    // A closed standard error must not end it.
    let _ = writeln!(
        io::stderr(),
        "Building the worker: cargo rustc --bin {PROGRAM} --profile {profile} {}",
        flags.join(" ")
    );
    let mut command = Command::new(cargo);
    command
        .args(["rustc", "--bin", PROGRAM])
        .args(["--profile", profile])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(manifest)
        .args(flags)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    // What `cargo run` tells the command of itself would make build scripts run anew each time.
    for (name, _) in env::vars_os() {
        let inherited = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if inherited {
            command.env_remove(name);
        }
    }
    let output = command.output().await.map_err(NoWorkerError::Cargo)?;
    if !output.status.success() {
        return Err(NoWorkerError::Build);
    }
    // Only the worker was asked for, so it is the only executable named.
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<BuildMessage>(line).ok())
        .find_map(|message| message.executable)
        .ok_or(NoWorkerError::Build)
}
