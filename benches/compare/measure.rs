//! Measures the resource usage of a process.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::ops::Add;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wait4::Wait4;

use crate::BenchResult;

/// The argument that makes this program the launcher of a measured process.
pub(crate) const FLAG: &str = "--measure";

/// Resources used by a process and the child processes that it waited for.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// User and system time.
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// Peak resident memory of the largest single process, in bytes.
    pub(crate) peak: u64,
}

impl Usage {
    pub(crate) fn medians(usages: &[Self]) -> Self {
        fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
            let mut values: Vec<T> = values.collect();
            values.sort_unstable();
            values[values.len() / 2]
        }
        Self {
            cpu: median(usages.iter().map(|usage| usage.cpu)),
            wall: median(usages.iter().map(|usage| usage.wall)),
            peak: median(usages.iter().map(|usage| usage.peak)),
        }
    }
}

/// Processes that run one after the other.
impl Add for Usage {
    type Output = Self;

    fn add(self, next: Self) -> Self {
        Self {
            cpu: self.cpu + next.cpu,
            wall: self.wall + next.wall,
            peak: self.peak.max(next.peak),
        }
    }
}

/// Runs a command with only the variables set for it.
///
/// A new launcher process starts each command: Linux counts the memory of the forking process into
/// the peak of the executed program, and this process contains the pictures.
pub(crate) fn run(command: &Command, log: &Path) -> BenchResult<Usage> {
    let variables = command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    let launcher = Command::new(std::env::current_exe()?)
        .arg(FLAG)
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(variables)
        .stdin(Stdio::null())
        .stderr(File::create(log)?)
        .output()?;
    if !launcher.status.success() {
        let stderr = fs::read_to_string(log)?;
        return Err(format!("{command:?} failed:\n{stderr}").into());
    }
    Ok(serde_json::from_slice(&launcher.stdout)?)
}

/// The launcher: runs the command and prints its [`Usage`] as JSON.
pub(crate) fn launch(mut command: impl Iterator<Item = OsString>) -> BenchResult<()> {
    let program = command.next().ok_or("no command to measure")?;
    let mut child = Command::new(program);
    child
        .args(command)
        .stdout(io::stderr().as_fd().try_clone_to_owned()?);
    let start = Instant::now();
    let used = child.spawn()?.wait4()?;
    let wall = start.elapsed();
    if !used.status.success() {
        return Err(used.status.to_string().into());
    }
    let usage = Usage {
        cpu: used.rusage.utime + used.rusage.stime,
        wall,
        peak: used.rusage.maxrss,
    };
    println!("{}", serde_json::to_string(&usage)?);
    Ok(())
}
