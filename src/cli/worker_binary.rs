//! Finds or builds the worker for `try`.

use std::env::consts::EXE_SUFFIX;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, io};

use serde::Deserialize;
use tokio::process::Command;

use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

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
            Self::NotAt(path) => {
                Diagnostic::new(format!("no worker at {}", path.display()), "check --worker")
            }
            Self::NotBeside => Diagnostic::new(
                "no worker found next to this command",
                "pass --worker PATH, or run `cargo run -- try` in the source directory, which builds it",
            ),
            Self::Cargo(error) => Diagnostic::plain(format_args!(
                "cannot start cargo to build the worker: {error}"
            )),
            Self::Build => {
                Diagnostic::new("cannot build the worker", "see the output of cargo above")
            }
        }
    }
}

display_as_diagnostic!(NoWorkerError);

/// The worker at `path`, if given; else, under `cargo run`, a build of the same sources; else the one
/// next to this command.
pub(super) async fn find(requested: Option<&Path>) -> Result<PathBuf, NoWorkerError> {
    if let Some(path) = requested {
        // Made absolute, because a bare name would be searched in PATH.
        return match std::path::absolute(path) {
            Ok(path) if path.is_file() => Ok(path),
            _ => Err(NoWorkerError::NotAt(path.to_owned())),
        };
    }
    if let Some((cargo, manifest)) = cargo_run() {
        return build(&cargo, &manifest).await;
    }
    env::current_exe()
        .ok()
        .map(|command| command.with_file_name(format!("{PROGRAM}{EXE_SUFFIX}")))
        .filter(|worker| worker.is_file())
        .ok_or(NoWorkerError::NotBeside)
}

/// Under `cargo run` in this package: the path of cargo, and the package's manifest.
fn cargo_run() -> Option<(PathBuf, PathBuf)> {
    let is_this_package =
        env::var("CARGO_PKG_NAME").is_ok_and(|name| name == env!("CARGO_PKG_NAME"));
    let manifest = Path::new(&env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let cargo = PathBuf::from(env::var_os("CARGO")?);
    (is_this_package && manifest.is_file()).then_some((cargo, manifest))
}

/// This package's binary of the worker.
const PROGRAM: &str = "picletter-worker";

/// One line of cargo's `--message-format=json`.
/// Source: <https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>
#[derive(Deserialize)]
struct BuildMessage {
    executable: Option<PathBuf>,
}

/// Links a static, stripped binary, like in a dyno's image: it needs no other files. Only the final
/// linking differs from a normal build.
const STATIC: &[&str] = &["--", "-Ctarget-feature=+crt-static", "-Cstrip=symbols"];

/// Whether a static C library is installed.
async fn links_statically() -> bool {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return false;
    }
    let printed = Command::new("cc").arg("-print-file-name=libc.a").output();
    // For a missing file, the compiler prints the bare name.
    printed.await.is_ok_and(|output| {
        let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Path::new(&path).is_absolute()
    })
}

async fn build(cargo: &Path, manifest: &Path) -> Result<PathBuf, NoWorkerError> {
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
    // A closed standard error is ignored.
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
    // Variables of `cargo run` would make build scripts run again each time.
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
    // Only the worker is built, so it is the only executable in the output.
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<BuildMessage>(line).ok())
        .find_map(|message| message.executable)
        .ok_or(NoWorkerError::Build)
}
