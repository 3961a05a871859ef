//! The contenders: how each is built, run, and deployed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::BenchResult;
use crate::measure::{self, Usage};
use crate::servers::Servers;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/compare");

pub(crate) const SHELL_SCRIPT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/benches/compare/shell/send.sh");

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contender {
    Worker,
    Go,
    /// The same program with an empty system trust store, which Go reads in addition to
    /// `SSL_CERT_FILE`.
    GoWithoutStore,
    Python,
    Shell,
    /// The lower bound, which composes nothing: two plain transfers of the same bytes.
    Curl,
}

impl Contender {
    pub(crate) const ALL: [Self; 6] = [
        Self::Worker,
        Self::Go,
        Self::GoWithoutStore,
        Self::Python,
        Self::Shell,
        Self::Curl,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Go => "Go",
            Self::GoWithoutStore => "Go, no store",
            Self::Python => "Python",
            Self::Shell => "shell",
            Self::Curl => "curl, twice",
        }
    }
}

pub(crate) struct Built {
    work: PathBuf,
    pub(crate) worker: PathBuf,
    pub(crate) go: PathBuf,
    venv: PathBuf,
    /// The version line of each tool.
    pub(crate) versions: Vec<String>,
}

impl Built {
    /// Builds the contenders.
    pub(crate) fn new(work: &Path) -> BenchResult<Self> {
        let versions = [
            ("rustc", "--version"),
            ("go", "version"),
            ("python3", "--version"),
            ("bash", "--version"),
            ("curl", "--version"),
            ("jq", "--version"),
            ("base64", "--version"),
            ("gzip", "--version"),
        ]
        .into_iter()
        .map(|(tool, option)| first_line(tool, option))
        .collect::<BenchResult<_>>()?;
        Ok(Self {
            work: work.to_owned(),
            worker: worker()?,
            go: go(work)?,
            venv: venv(work)?,
            versions,
        })
    }

    /// Runs a contender, which sends one mail with a picture of `size` bytes.
    pub(crate) fn run(
        &self,
        contender: Contender,
        size: usize,
        servers: &Servers,
    ) -> BenchResult<Usage> {
        let variables = [
            ("PATH", env::var("PATH")?),
            ("BOT_EMAIL", "bot@example.com".into()),
            ("RECEIVER_EMAIL", "reader@example.com".into()),
            (
                "SG_KEY",
                format!("SG.{}.{}", "k".repeat(22), "s".repeat(43)),
            ),
            ("PICTURE_SOURCES", "url".into()),
            ("PICTURE_URL", servers.picture_url(size)),
            ("MAIL_EMBED", "cid".into()),
            ("SENDGRID_API_URL", servers.mail_api_url()),
            ("SSL_CERT_FILE", servers.authority.display().to_string()),
        ];
        let log = self.work.join("last.log");
        self.commands(contender, size, servers)
            .iter_mut()
            .map(|command| measure::run(command.envs(variables.clone()), &log))
            .reduce(|sum, next| Ok(sum? + next?))
            .ok_or("no command to run")?
    }

    fn commands(&self, contender: Contender, size: usize, servers: &Servers) -> Vec<Command> {
        match contender {
            Contender::Worker => vec![Command::new(&self.worker)],
            Contender::Go => vec![Command::new(&self.go)],
            Contender::GoWithoutStore => {
                let mut go = Command::new(&self.go);
                go.env("SSL_CERT_DIR", "/nonexistent");
                vec![go]
            }
            Contender::Python => {
                let mut python = Command::new(self.venv.join("bin/python"));
                python.arg(format!("{SOURCES}/python/send.py"));
                vec![python]
            }
            Contender::Shell => vec![Command::new(SHELL_SCRIPT)],
            Contender::Curl => {
                let curl = || {
                    let mut curl = Command::new("curl");
                    curl.args(["-sSf", "--http1.1", "-o", "/dev/null", "--cacert"])
                        .arg(&servers.authority);
                    curl
                };
                let mut download = curl();
                download.arg(servers.picture_url(size));
                let mut upload = curl();
                upload
                    .args(["-X", "POST", "-H", "Content-Type: application/json", "-T"])
                    .arg(self.prepared_body())
                    .arg(format!("{}/v3/mail/send", servers.mail_api_url()));
                vec![download, upload]
            }
        }
    }

    /// The mail that curl uploads.
    pub(crate) fn prepared_body(&self) -> PathBuf {
        self.work.join("mail.json")
    }

    pub(crate) fn site_packages(&self) -> BenchResult<PathBuf> {
        for version in fs::read_dir(self.venv.join("lib"))? {
            let packages = version?.path().join("site-packages");
            if packages.is_dir() {
                return Ok(packages);
            }
        }
        Err("the venv has no site-packages".into())
    }
}

/// Builds the worker as deployed: one static file, built with the flags of `ci/static-worker`.
fn worker() -> BenchResult<PathBuf> {
    eprintln!("building the worker …");
    let triple = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/static");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--locked", "--release"])
        .args(["--package", "picletter-worker", "--bin", "worker"])
        .args(["--target", &triple, "--target-dir"])
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env(
            "RUSTFLAGS",
            "-C target-feature=+crt-static -C relocation-model=static",
        );
    // Variables that Cargo sets for this benchmark would make the build script of ring run again.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    succeed(&mut cargo)?;
    Ok(target.join(triple).join("release/worker"))
}

fn go(work: &Path) -> BenchResult<PathBuf> {
    eprintln!("building the Go program …");
    let binary = work.join("go-mail");
    succeed(
        Command::new("go")
            .args(["build", "-trimpath", "-ldflags=-s -w", "-o"])
            .arg(&binary)
            .current_dir(format!("{SOURCES}/go"))
            .env("CGO_ENABLED", "0")
            .env("GOTOOLCHAIN", "local"),
    )?;
    Ok(binary)
}

/// A virtual environment with the pinned packages, recreated when the pins change.
fn venv(work: &Path) -> BenchResult<PathBuf> {
    let venv = work.join("venv");
    let pins = format!("{SOURCES}/python/requirements.txt");
    let installed = venv.join("requirements.txt");
    if fs::read(&pins)? == fs::read(&installed).unwrap_or_default() {
        return Ok(venv);
    }
    eprintln!("installing the Python packages …");
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv),
    )
    .map_err(|why| format!("python3 requires its venv module (Debian: python3-venv): {why}"))?;
    let python = venv.join("bin/python");
    let pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"];
    succeed(
        Command::new(&python)
            .args(pip)
            .args(["install", "--requirement", &pins]),
    )?;
    // Installers are not deployed.
    succeed(
        Command::new(&python)
            .args(pip)
            .args(["uninstall", "--yes", "setuptools", "pip"]),
    )?;
    fs::copy(pins, installed)?;
    Ok(venv)
}

fn first_line(tool: &str, option: &str) -> BenchResult<String> {
    let output = Command::new(tool)
        .arg(option)
        .output()
        .map_err(|why| match why.kind() {
            io::ErrorKind::NotFound => {
                format!("`{tool}` is not on the PATH; install it")
            }
            _ => format!("{tool}: {why}"),
        })?;
    let stdout = String::from_utf8(output.stdout)?;
    Ok(stdout.lines().next().unwrap_or(tool).to_owned())
}

fn succeed(command: &mut Command) -> BenchResult<()> {
    let done = command
        .output()
        .map_err(|why| format!("{command:?}: {why}"))?;
    if done.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&done.stderr);
    Err(format!("{command:?}: {}\n{stderr}", done.status).into())
}
