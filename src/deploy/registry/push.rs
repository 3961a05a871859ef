//! Skopeo as a child process.

use std::env;
use std::ffi::OsString;
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, absolute};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Registry, RegistryError, SHOWN, SKOPEO};
use picletter_worker::html_text::{plain, shortened};

/// What skopeo gets of this process's environment: where programs and temporary files are, and how
/// the network is reached.
const ENVIRONMENT: [&str; 11] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Those of them that are paths, some of them several: skopeo runs in a folder of its own.
const PATHS: [&str; 5] = ["PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The names of the archive and of the credentials in the folder that skopeo runs in, so that no
/// path, whatever characters it has, is part of its arguments.
const ARCHIVE: &str = "image.tar";
const AUTH_FILE: &str = "auth.json";

const RETRIES: &str = "3";

impl Registry {
    /// Checks that the program that pushes is installed and works.
    ///
    /// # Errors
    /// It is not installed, or does not work.
    pub async fn check_skopeo(&self) -> Result<(), RegistryError> {
        version(&self.skopeo).await.map(|_| ())
    }

    /// Copies an archive to `latest` of a repository.
    pub(super) async fn copy(
        &self,
        archive: &Path,
        repository: &str,
        mut on_progress: impl FnMut(&str),
    ) -> Result<(), RegistryError> {
        let folder = self.folder(archive)?;
        // The policy that is not asked is about signatures of images that come from elsewhere; it
        // is a file that not every machine has.
        let mut command = command(&self.skopeo);
        command.args(["--insecure-policy", "copy", "--format", "v2s2"]);
        command.args(["--retry-times", RETRIES, "--authfile", AUTH_FILE]);
        if self.host.is_plain() {
            command.arg("--dest-tls-verify=false");
        }
        command
            .arg(format!("docker-archive:{ARCHIVE}"))
            .arg(format!("docker://{}/{repository}:latest", self.host))
            .current_dir(folder.path());
        let mut child = command
            .spawn()
            .map_err(|error| not_started(&self.skopeo, error))?;
        let mut group = Group::of(&child);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut last = String::new();
        let (progress, watched) = watch::channel(());
        let copied = async {
            tokio::join!(
                each_line(stdout, |line| {
                    progress.send_replace(());
                    on_progress(&self.one_line(line));
                }),
                each_line(stderr, |line| {
                    progress.send_replace(());
                    line.clone_into(&mut last);
                }),
                child.wait()
            )
        };
        let (told, said, status) = tokio::select! {
            copied = copied => copied,
            () = stalled(watched, self.patience) => {
                return Err(RegistryError::Stalled {
                    host: self.host.to_string(),
                    patience: self.patience,
                });
            }
        };
        group.ended();
        told.and(said)?;
        let status = status?;
        if status.success() {
            return Ok(());
        }
        Err(self.not_pushed(status, &last))
    }

    /// A folder that nobody else may read, with the credentials and a link to the archive. It is
    /// removed when dropped.
    fn folder(&self, archive: &Path) -> io::Result<TempDir> {
        let folder = tempfile::Builder::new()
            .prefix("picletter-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        symlink(absolute(archive)?, folder.path().join(ARCHIVE))?;
        let auth = json!({
            "auths": { self.host.to_string(): { "auth": self.credentials.expose_secret() } },
        });
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.path().join(AUTH_FILE))?;
        file.write_all(auth.to_string().as_bytes())?;
        Ok(folder)
    }

    fn not_pushed(&self, status: ExitStatus, last: &str) -> RegistryError {
        // Its log's format: time="…" level=fatal msg="…".
        let words = match last.split_once("msg=") {
            Some((_, quoted)) => serde_json::from_str(quoted).unwrap_or_else(|_| quoted.to_owned()),
            None => last.to_owned(),
        };
        // Skopeo exits with 1 whatever failed, and names the registry's error code only in these words.
        // Source: <https://distribution.github.io/distribution/spec/api/#errors-2>.
        let credentials = ["unauthorized", "denied", "400 (Bad Request)"]
            .iter()
            .any(|sign| words.contains(sign));
        RegistryError::Push {
            host: self.host.to_string(),
            said: if words.is_empty() {
                format!("skopeo ended with {status}")
            } else {
                self.one_line(&words)
            },
            credentials,
        }
    }
}

/// The version of the installed skopeo, as it prints it, such as `skopeo version 1.18.0`.
///
/// # Errors
/// It is not installed, or does not work.
pub async fn skopeo_version() -> Result<String, RegistryError> {
    version(SKOPEO).await
}

async fn version(program: &str) -> Result<String, RegistryError> {
    let mut command = command(program);
    command.arg("--version");
    let output = command.output().await;
    let output = output.map_err(|error| not_started(program, error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(RegistryError::BrokenSkopeo {
        program: program.to_owned(),
        status: output.status,
        words: shortened(&plain(&words), SHOWN),
    })
}

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let kept = ENVIRONMENT.iter();
    command
        .env_clear()
        .envs(kept.filter_map(|name| Some((name, variable(name)?))))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// A variable of this process, with its paths made absolute.
fn variable(name: &str) -> Option<OsString> {
    let value = env::var_os(name)?;
    if !PATHS.contains(&name) {
        return Some(value);
    }
    let paths = env::split_paths(&value).map(|path| absolute(&path).unwrap_or(path));
    Some(env::join_paths(paths).unwrap_or(value))
}

fn not_started(program: &str, error: io::Error) -> RegistryError {
    match error.kind() {
        io::ErrorKind::NotFound => RegistryError::NoSkopeo(program.to_owned()),
        _ => RegistryError::Io(error),
    }
}

/// A process and those that it has started. They are killed when this is dropped before they ended.
struct Group(Option<Pid>);

impl Group {
    /// That of a process that leads its group.
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    fn ended(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.0 {
            // It may have ended by itself.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// Waits until there was no progress for so long.
async fn stalled(mut progress: watch::Receiver<()>, patience: Duration) {
    while timeout(patience, progress.changed()).await.is_ok() {}
}

async fn each_line(
    stream: Option<impl AsyncRead + Unpin>,
    mut on_line: impl FnMut(&str),
) -> io::Result<()> {
    let Some(stream) = stream else {
        return Ok(());
    };
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).await? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if !text.is_empty() {
            on_line(text);
        }
        line.clear();
    }
    Ok(())
}
