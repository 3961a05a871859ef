//! Isolation of processes: a separate user and root directory, as far as the machine allows it.
//!
//! Uses `unshare` of util-linux. If run by root, it changes to the directory and the user;
//! otherwise it does so in a new user namespace. Network and process list remain shared with the
//! machine.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::geteuid;

/// The range of user IDs of dynos.
const USERS: std::ops::Range<u32> = 10_000..60_000;

/// Runs processes with a different root directory and user.
#[derive(Debug, Clone)]
pub struct Isolation {
    unshare: PathBuf,
    method: IsolationMethod,
}

/// How the process is isolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsolationMethod {
    /// By root privileges.
    Root,
    /// By a user namespace.
    Namespace,
}

/// Why processes cannot be isolated on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IsolationError {
    /// `unshare` is not installed.
    #[error("`unshare` (util-linux) is not installed")]
    NotInstalled,
    /// `unshare` failed.
    #[error("this machine does not allow processes to be isolated: {0}")]
    NotAllowed(String),
}

impl Isolation {
    /// Finds a method that works on this machine, by testing it.
    ///
    /// # Errors
    /// No method works.
    pub fn find() -> Result<Self, IsolationError> {
        if geteuid().is_root()
            && let Ok(isolation) = Self::with_method(IsolationMethod::Root)
        {
            return Ok(isolation);
        }
        Self::with_method(IsolationMethod::Namespace)
    }

    /// Uses this method, after testing it.
    ///
    /// # Errors
    /// The method does not work on this machine.
    pub fn with_method(method: IsolationMethod) -> Result<Self, IsolationError> {
        let unshare = find_program("unshare").ok_or(IsolationError::NotInstalled)?;
        let isolation = Self { unshare, method };
        let (program, arguments) = isolation.command_prefix(Path::new("/"), "/");
        let tried = std::process::Command::new(&program)
            .args(arguments)
            .arg(&program)
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        match tried {
            Ok(output) if output.status.success() => Ok(isolation),
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                let stderr = stderr.lines().next().unwrap_or("unshare failed");
                Err(IsolationError::NotAllowed(stderr.to_owned()))
            }
            Err(error) => Err(IsolationError::NotAllowed(error.to_string())),
        }
    }

    /// The program, and its first arguments, that run the command that follows them in a root
    /// directory as a random user.
    pub(super) fn command_prefix(&self, root: &Path, folder: &str) -> (PathBuf, Vec<OsString>) {
        let user = fastrand::u32(USERS);
        let option = |name: &str, value: &dyn AsRef<std::ffi::OsStr>| {
            let mut option = OsString::from(format!("--{name}="));
            option.push(value);
            option
        };
        let user_option = match self.method {
            IsolationMethod::Root => ["setgid", "setuid"],
            IsolationMethod::Namespace => ["map-group", "map-user"],
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

/// Finds a program in `PATH` and the usual directories.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/bin", "/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|program| program.is_absolute() && program.is_file())
}
