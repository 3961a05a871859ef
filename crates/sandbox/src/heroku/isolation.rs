//! Other users and root directories, as far as the machine allows them.
//!
//! By `unshare` of util-linux: root changes into the directory and becomes another user; anyone
//! else does so in a user namespace of the process's own. Network and processes stay the machine's.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::geteuid;

/// Dynos' users are drawn from these ids.
const USERS: std::ops::Range<u32> = 10_000..60_000;

/// How a process gets another root directory and another user.
#[derive(Debug, Clone)]
pub struct Isolation {
    unshare: PathBuf,
    by: By,
}

/// What lets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// That it is started by root.
    Root,
    /// A user namespace.
    Namespace,
}

/// Why no process gets them on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoIsolation {
    /// There is no such program.
    #[error("unshare, of util-linux, is not installed")]
    NotInstalled,
    /// It did not do it.
    #[error("this machine does not let it have a root directory of its own ({0})")]
    NotAllowed(String),
}

impl Isolation {
    /// What this machine allows, tried out.
    ///
    /// # Errors
    /// It allows none.
    pub fn find() -> Result<Self, NoIsolation> {
        if geteuid().is_root()
            && let Ok(isolation) = Self::by(By::Root)
        {
            return Ok(isolation);
        }
        Self::by(By::Namespace)
    }

    /// This way, tried out.
    ///
    /// # Errors
    /// The machine does not allow it.
    pub fn by(by: By) -> Result<Self, NoIsolation> {
        let unshare = find_program("unshare").ok_or(NoIsolation::NotInstalled)?;
        let isolation = Self { unshare, by };
        let (program, arguments) = isolation.within(Path::new("/"), "/");
        let tried = std::process::Command::new(&program)
            .args(arguments)
            .arg(&program)
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        match tried {
            Ok(output) if output.status.success() => Ok(isolation),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let said = said.lines().next().unwrap_or("unshare failed");
                Err(NoIsolation::NotAllowed(said.to_owned()))
            }
            Err(error) => Err(NoIsolation::NotAllowed(error.to_string())),
        }
    }

    /// The program, and its first arguments, that start the one that follows in a root directory as
    /// a random user.
    pub(super) fn within(&self, root: &Path, folder: &str) -> (PathBuf, Vec<OsString>) {
        let user = fastrand::u32(USERS);
        let option = |name: &str, value: &dyn AsRef<std::ffi::OsStr>| {
            let mut option = OsString::from(format!("--{name}="));
            option.push(value);
            option
        };
        let user_option = match self.by {
            By::Root => ["setgid", "setuid"],
            By::Namespace => ["map-group", "map-user"],
        };
        let mut arguments: Vec<_> = user_option
            .iter()
            .map(|name| option(name, &user.to_string()))
            .collect();
        arguments.push(option("root", &root));
        arguments.push(option("wd", &folder));
        arguments.push("--".into());
        (self.unshare.clone(), arguments)
    }
}

/// Where it is, also for one whose PATH is not set.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/bin", "/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|program| program.is_absolute() && program.is_file())
}
