//! What is started: the worker that Cargo built, or that of an image in its own root directory.

use std::env;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use picletter_test_support::worker;
use tempfile::{NamedTempFile, TempDir};

/// An image's root directory, into which only root can change: `WORKER_ROOT`. It has `/etc/hosts` too, as
/// any container has, and `/tmp`.
fn root() -> Option<PathBuf> {
    env::var_os("WORKER_ROOT").map(PathBuf::from)
}

/// The worker by one of its names.
pub(crate) struct Program {
    path: PathBuf,
    _links: Option<TempDir>,
}

impl Program {
    /// As `worker`, or by a link, such as `sh`.
    pub(crate) fn named(name: &str) -> Self {
        if root().is_some() {
            let path = Path::new("/bin").join(name);
            return Self { path, _links: None };
        }
        if name == "worker" {
            let path = worker().into();
            return Self { path, _links: None };
        }
        let links = tempfile::tempdir().unwrap();
        let path = links.path().join(name);
        symlink(worker(), &path).unwrap();
        Self {
            path,
            _links: Some(links),
        }
    }

    /// In an image's root as a user who owns nothing there.
    pub(crate) fn command(&self) -> Command {
        let Some(root) = root() else {
            return Command::new(&self.path);
        };
        let user = 10_000 + process::id();
        let mut command = Command::new("/usr/sbin/chroot");
        command
            .arg(format!("--userspec={user}:{user}"))
            .arg(root)
            .arg(&self.path);
        command
    }
}

/// A file that the worker can read.
pub(crate) struct Readable(NamedTempFile);

impl Readable {
    pub(crate) fn new(content: &str) -> Self {
        let folder = root().map_or_else(env::temp_dir, |root| root.join("tmp"));
        let mut file = NamedTempFile::new_in(folder).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let mode = Permissions::from_mode(0o644);
        file.as_file().set_permissions(mode).unwrap();
        Self(file)
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Its path, as the worker sees it.
    pub(crate) fn seen(&self) -> PathBuf {
        let path = self.path();
        match root() {
            Some(root) => Path::new("/").join(path.strip_prefix(root).unwrap()),
            None => path.to_owned(),
        }
    }
}
