//! One process and what it used.

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

use crate::Outcome;

/// Asks this program to be the launcher of one measured process.
pub(crate) const FLAG: &str = "--measure";

/// What a process and the children that it waited for used.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// User and system time.
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// Bytes resident at the peak, of the largest single process.
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

/// One process after the other.
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

/// Runs a command with the variables that were set for it and no others.
///
/// A launcher stands between, a fresh process for each run: Linux counts the memory of whoever
/// forks into the peak of the program that is executed then, and here live the pictures.
pub(crate) fn run(command: &Command, log: &Path) -> Outcome<Usage> {
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
        let said = fs::read_to_string(log)?;
        return Err(format!("{command:?} failed:\n{said}").into());
    }
    Ok(serde_json::from_slice(&launcher.stdout)?)
}

/// The launcher: runs the command, and prints its [`Usage`].
pub(crate) fn launch(mut command: impl Iterator<Item = OsString>) -> Outcome<()> {
    let program = command.next().ok_or("nothing to measure")?;
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
