//! Dynos that run a program of this machine.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};

use super::program::{Ending, Life, Program, Run, Start};

/// Runs a binary in place of the image of the dyno's process type, with the dyno's variables and
/// nothing else. It is killed with its dyno.
#[derive(Debug, Clone)]
pub struct Process {
    path: PathBuf,
}

impl Process {
    /// Runs the binary at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Program for Process {
    fn run(&self, start: Start, life: Life) -> Run {
        let path = self.path.clone();
        Box::pin(async move {
            let Some(mut words) = words(&start) else {
                life.print(NOT_CLOSED);
                return Ending::Exited(2);
            };
            if words.first() == Some(&start.dyno.process_type) {
                words.remove(0);
            }
            let mut command = Command::new(path);
            command.args(words).env_clear().envs(&start.env);
            run_command(command, &life).await
        })
    }
}

/// What a shell says of a command that [`words`] does not understand.
pub(super) const NOT_CLOSED: &str = "bash: unexpected EOF while looking for matching quote";

/// The words of a dyno's command; none where a quote is not closed. The vendor takes a first one
/// that is a process type for what that starts, and gives any other to the image's entrypoint.
pub(super) fn words(start: &Start) -> Option<Vec<String>> {
    shlex::split(&start.dyno.command)
}

/// Runs a command as a dyno's process, to its end. It is killed with its dyno.
pub(super) async fn run_command(command: Command, life: &Life) -> Ending {
    run(command, life, false).await
}

/// The same, with all processes that it starts.
pub(super) async fn run_group(mut command: Command, life: &Life) -> Ending {
    command.process_group(0);
    run(command, life, true).await
}

/// A process, or one and the group that it leads.
struct Processes {
    leader: Pid,
    is_group: bool,
}

impl Processes {
    /// They may have ended by themselves.
    fn signal(&self, signal: Signal) {
        let _ = if self.is_group {
            kill_process_group(self.leader, signal)
        } else {
            kill_process(self.leader, signal)
        };
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        // Of a single process Tokio does this.
        if self.is_group {
            self.signal(Signal::KILL);
        }
    }
}

async fn run(mut command: Command, life: &Life, is_group: bool) -> Ending {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let program = command.as_std().get_program().display();
            life.print(&format!("cannot start {program}: {error}"));
            return Ending::Exited(126);
        }
    };
    life.up();
    match watch(child, life, is_group).await {
        Ok(ending) => ending,
        Err(error) => {
            life.print(&format!("lost the process: {error}"));
            Ending::Vanished
        }
    }
}

async fn watch(mut child: Child, life: &Life, is_group: bool) -> io::Result<Ending> {
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let processes = pid.map(|leader| Processes { leader, is_group });
    let ended = async {
        relay(&mut child, life).await?;
        child.wait().await
    };
    tokio::pin!(ended);
    let status = tokio::select! {
        status = &mut ended => status?,
        () = life.sigterm() => {
            if let Some(processes) = &processes {
                processes.signal(Signal::TERM);
            }
            ended.await?
        }
    };
    let signal = || 128 + status.signal().unwrap_or_default();
    Ok(Ending::Exited(status.code().unwrap_or_else(signal)))
}

/// Copies its lines to the log until it closes both of its outputs.
async fn relay(child: &mut Child, dyno: &Life) -> io::Result<()> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Ok(());
    };
    let (mut stdout, mut stderr) = (lines(stdout), lines(stderr));
    let (mut stdout_open, mut stderr_open) = (true, true);
    while stdout_open || stderr_open {
        let (line, open) = tokio::select! {
            line = stdout.next_line(), if stdout_open => (line, &mut stdout_open),
            line = stderr.next_line(), if stderr_open => (line, &mut stderr_open),
        };
        match line {
            Ok(Some(line)) => dyno.print(&line),
            Ok(None) => *open = false,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                dyno.print("(a line that is not text)");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn lines<R: AsyncRead>(output: R) -> Lines<BufReader<R>> {
    BufReader::new(output).lines()
}
