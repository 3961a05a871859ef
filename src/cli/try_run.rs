//! `picletter try`: the real worker, run as a process against the sandbox.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Instant;
use std::{io, iter};

use clap::Args;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::worker_binary::{self, NoWorkerError};
use crate::sandbox::inbox::Inbox;
use crate::sandbox::mail::Mail;
use crate::sandbox::{Sandbox, StartError};

/// The inbox page's port unless asked otherwise: the one that local mail catchers use.
const INBOX_PORT: u16 = 8025;

/// Options of `picletter try`.
#[derive(Debug, Args)]
#[command(after_help = "\
The worker runs as a process of its own, with the config vars of a dyno. The picture comes from a
stand-in for Wikimedia and the mail goes to a stand-in for SendGrid, both on this machine: no
account is needed and nothing leaves it. Your own environment is not passed on. Ends with the worker's exit status.")]
pub(super) struct Try {
    /// End when the worker has ended, with its exit status, instead of showing the inbox
    #[arg(long)]
    once: bool,
    /// Port of the inbox page on this machine; 0 takes any free one [default: 8025]
    #[arg(long, conflicts_with = "once")]
    port: Option<u16>,
    /// Open the mail in the browser
    #[arg(long, conflicts_with = "once")]
    open: bool,
    /// Worker to run [default: the one that belongs to this command]
    #[arg(long, value_name = "PATH")]
    worker: Option<PathBuf>,
}

/// Why there was nothing to try.
#[derive(Debug, thiserror::Error)]
pub(super) enum TryError {
    #[error(transparent)]
    NoWorker(#[from] NoWorkerError),
    #[error(transparent)]
    Sandbox(#[from] StartError),
    #[error("cannot start the worker {}: {source}", .path.display())]
    Spawn { path: PathBuf, source: io::Error },
    #[error("lost the worker that was running: {0}")]
    Lost(io::Error),
    #[error("cannot listen for Ctrl-C: {0}")]
    Signals(io::Error),
    #[error("{} ended well, but no mail arrived: is it Picletter's worker?", .0.display())]
    NoMail(PathBuf),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl Try {
    /// Ends with the worker's exit status, or, if ended by a signal before the worker, with that
    /// signal's status.
    pub(super) async fn run(self) -> Result<ExitCode, TryError> {
        let mut interruption = Interruption::listen().map_err(TryError::Signals)?;
        // Dropping a step ends the processes that it started.
        let (sandbox, status) = tokio::select! {
            ended = self.run_once() => ended?,
            code = interruption.received() => return Ok(code),
        };
        let mails = sandbox.inbox().mails().len();
        if !self.once && mails > 0 {
            let address = match mails {
                1 => sandbox.inbox_url() + &Inbox::path_of(0),
                _ => sandbox.inbox_url(),
            };
            say(format_args!("Read it at {address} (Ctrl-C ends)"))?;
            if self.open {
                open_in_browser(&address);
            }
            interruption.received().await;
        }
        Ok(exit_code(status))
    }

    async fn run_once(&self) -> Result<(Sandbox, ExitStatus), TryError> {
        let worker = worker_binary::find(self.worker.as_deref()).await?;
        let port = self.port.unwrap_or(if self.once { 0 } else { INBOX_PORT });
        let sandbox = Sandbox::start(port).await?;
        say(format_args!(
            "Stand-ins: Wikimedia at {}, SendGrid at {}",
            sandbox.wikimedia_url(),
            sandbox.sendgrid_url()
        ))?;
        say(format_args!("Running {}", worker.display()))?;

        let started = Instant::now();
        let status = run_worker(&worker, &sandbox).await?;
        let mails = sandbox.inbox().mails();
        for mail in &mails {
            describe(mail)?;
        }
        say(format_args!(
            "{} after {:.1} s, {}",
            ending(status),
            started.elapsed().as_secs_f32(),
            match mails.len() {
                0 => "no mail was accepted".to_owned(),
                1 => "1 mail was accepted".to_owned(),
                n => format!("{n} mails were accepted"),
            }
        ))?;
        if status.success() && mails.is_empty() {
            return Err(TryError::NoMail(worker));
        }
        Ok((sandbox, status))
    }
}

fn open_in_browser(address: &str) {
    if let Err(error) = open::that_detached(address) {
        eprintln!("picletter: no browser could be opened ({error}): open the address by hand");
    }
}

/// Runs the worker with the config vars of a dyno and nothing else, and shows its log as it comes.
async fn run_worker(worker: &Path, sandbox: &Sandbox) -> Result<ExitStatus, TryError> {
    let mut child = Command::new(worker)
        .env_clear()
        .env("BOT_EMAIL", "Picletter <bot@picletter.example>")
        .env("RECEIVER_EMAIL", "You <you@picletter.example>")
        .env("SG_KEY", api_key())
        .env("PICTURE_SOURCES", "wikimedia")
        .env("WIKIMEDIA_API_URL", sandbox.wikimedia_url())
        .env("SENDGRID_API_URL", sandbox.sendgrid_url())
        .env("RUN_ID", format!("try-{}", random(8)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| TryError::Spawn {
            path: worker.to_owned(),
            source,
        })?;
    relay(&mut child).await?;
    child.wait().await.map_err(TryError::Lost)
}

/// Copies the worker's lines until it closes both of its outputs.
async fn relay(child: &mut Child) -> Result<(), TryError> {
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
            Ok(Some(line)) => say(format_args!("worker | {line}"))?,
            Ok(None) => *open = false,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                say(format_args!("worker | (a line that is not text)"))?;
            }
            Err(error) => return Err(TryError::Lost(error)),
        }
    }
    Ok(())
}

fn lines<R: AsyncRead>(output: R) -> Lines<BufReader<R>> {
    BufReader::new(output).lines()
}

fn describe(mail: &Mail) -> io::Result<()> {
    say(format_args!("Accepted: {}", mail.subject))?;
    say(format_args!("  from        {}", mail.from))?;
    for receiver in mail.to.iter().chain(&mail.cc).chain(&mail.bcc) {
        say(format_args!("  to          {receiver}"))?;
    }
    for attachment in &mail.message.attachments {
        say(format_args!(
            "  attachment  {}, {}, {} bytes",
            attachment.filename,
            attachment.media_type,
            attachment.content.len()
        ))?;
    }
    say(format_args!("  message id  {}", mail.message.message_id))
}

/// How the worker ended, in words.
fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "The worker ended well".to_owned(),
        (Some(code), _) => format!("The worker failed with exit status {code}"),
        (None, signal) => format!(
            "The worker was ended by signal {}",
            signal.unwrap_or_default()
        ),
    }
}

/// The worker's own status; one ended by a signal is told as shells tell it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

/// A key that opens nothing, of the form that SendGrid's have.
fn api_key() -> String {
    format!("SG.{}.{}", random(22), random(43))
}

fn random(length: usize) -> String {
    iter::repeat_with(fastrand::alphanumeric)
        .take(length)
        .collect()
}

/// Unlike `println!`, no panic where the reader has gone.
fn say(line: std::fmt::Arguments<'_>) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// Ctrl-C, or SIGTERM from a service manager.
struct Interruption {
    interrupt: Signal,
    terminate: Signal,
}

impl Interruption {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The status by which shells tell that a signal ended a process.
    async fn received(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupt.recv() => ExitCode::from(130),
            _ = self.terminate.recv() => ExitCode::from(143),
        }
    }
}
