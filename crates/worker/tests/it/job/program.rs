//! The program under test: the worker that Cargo built, or the worker in an image's root directory.

use std::env;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use picletter_test_support::worker;
use tempfile::{NamedTempFile, TempDir};

/// The image's root directory in `WORKER_ROOT`, which only root can `chroot` into. Also contains
/// `/etc/hosts` and `/tmp`, as in a container.
fn root() -> Option<PathBuf> {
    env::var_os("WORKER_ROOT").map(PathBuf::from)
}

/// The worker, or a link to it.
pub(crate) struct Program {
    path: PathBuf,
    _links: Option<TempDir>,
}

impl Program {
    /// `worker`, or a link with another name, such as `sh`.
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

    /// In an image's root directory, runs as a user that owns no file there.
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

    /// The path on the host.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path in the worker's root directory.
    pub(crate) fn path_in_root(&self) -> PathBuf {
        let path = self.path();
        match root() {
            Some(root) => Path::new("/").join(path.strip_prefix(root).unwrap()),
            None => path.to_owned(),
        }
    }
}
