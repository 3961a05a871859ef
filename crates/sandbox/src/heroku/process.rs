//! Dynos that run a local program.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};

use super::program::{DynoHandle, Ending, Program, Run, Start};

/// Runs a binary instead of the image of the dyno's process type, with only the dyno's variables.
/// The process is killed with its dyno.
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
    fn run(&self, start: Start, handle: DynoHandle) -> Run {
        let path = self.path.clone();
        Box::pin(async move {
            let Some(mut words) = words(&start) else {
                handle.print(UNCLOSED_QUOTE);
                return Ending::Exited(2);
            };
            if words.first() == Some(&start.dyno.process_type) {
                words.remove(0);
            }
            let mut command = Command::new(path);
            command.args(words).env_clear().envs(&start.env);
            run_command(command, &handle).await
        })
    }
}

/// The error message of a shell for a command that [`words`] cannot parse.
pub(super) const UNCLOSED_QUOTE: &str = "bash: unexpected EOF while looking for matching quote";

/// Splits a dyno's command into words; `None` for an unclosed quote. If the first word is a process
/// type, the vendor replaces it with that type's command; otherwise it passes the words to the
/// image's entrypoint.
pub(super) fn words(start: &Start) -> Option<Vec<String>> {
    shlex::split(&start.dyno.command)
}

/// Runs a command as a dyno's process until it ends. The process is killed with its dyno.
pub(super) async fn run_command(command: Command, handle: &DynoHandle) -> Ending {
    run(command, handle, false).await
}

/// Like [`run_command`], but also kills all processes that the command started.
pub(super) async fn run_group(mut command: Command, handle: &DynoHandle) -> Ending {
    command.process_group(0);
    run(command, handle, true).await
}

/// A process, or a process group and its leader.
struct Processes {
    leader: Pid,
    is_group: bool,
}

impl Processes {
    /// Sends a signal. The processes may have ended already.
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
        // Tokio kills a single process.
        if self.is_group {
            self.signal(Signal::KILL);
        }
    }
}

async fn run(mut command: Command, handle: &DynoHandle, is_group: bool) -> Ending {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let program = command.as_std().get_program().display();
            handle.print(&format!("cannot start {program}: {error}"));
            return Ending::Exited(126);
        }
    };
    handle.up();
    match watch(child, handle, is_group).await {
        Ok(ending) => ending,
        Err(error) => {
            handle.print(&format!("cannot wait for the process: {error}"));
            Ending::Vanished
        }
    }
}

async fn watch(mut child: Child, handle: &DynoHandle, is_group: bool) -> io::Result<Ending> {
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    let processes = pid.map(|leader| Processes { leader, is_group });
    let ended = async {
        relay(&mut child, handle).await?;
        child.wait().await
    };
    tokio::pin!(ended);
    let status = tokio::select! {
        status = &mut ended => status?,
        () = handle.sigterm() => {
            if let Some(processes) = &processes {
                processes.signal(Signal::TERM);
            }
            ended.await?
        }
    };
    let signal = || 128 + status.signal().unwrap_or_default();
    Ok(Ending::Exited(status.code().unwrap_or_else(signal)))
}

/// Copies the lines of a process to the log until it closes both outputs.
async fn relay(child: &mut Child, handle: &DynoHandle) -> io::Result<()> {
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
            Ok(Some(line)) => handle.print(&line),
            Ok(None) => *open = false,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                handle.print("(a line that is not text)");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn lines<R: AsyncRead>(output: R) -> Lines<BufReader<R>> {
    BufReader::new(output).lines()
}
