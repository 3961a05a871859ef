//! `picletter try`: deploys to local fakes and runs each job, or simulates days. Parses options and prints
//! results; [`crate::try`] does the work.

mod config_source;
mod days;
mod live;
mod render;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::config_source::{ConfigSource, NoConfig};
use super::browser::open_in_browser;
use super::interruption::Interruption;
use super::output::{IO, Output, USAGE};
use super::schedule;
use super::worker_binary::{self, NoWorkerError};
use crate::r#try::TrialError;
use crate::r#try::days::{Days, DaysError};
use picletter_core::config::{ConfigError, common_zone};
use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_sandbox::inbox::Inbox;

/// Default port of the page: the usual one of local mail catchers.
const INBOX_PORT: u16 = 8025;

/// Options of `picletter try`.
#[derive(Debug, Args)]
#[command(after_help = "\
Runs the same code as `deploy`, against local fakes of Heroku, Azure, SendGrid, and the picture \
sources: creates the app and the Logic Apps of picletter.toml, then fires a trigger of each job. Each \
workflow starts the worker as a dyno and waits for its report. Needs no account, and sends nothing to \
other machines. Secrets are generated, and your environment is not passed to the worker.

With --days, simulates days instead: the Logic Apps run in simulated time, without a worker. Some dynos \
fail, crash, hang, or overlap, and Heroku has outages. All jobs share Heroku's limits: 4,500 requests \
an hour; 1 Eco, 50 Basic or Standard, or 5 Performance dynos at a time. The output depends only on \
the file, --days, --from, and --seed.

With --once, exits with the status of the first worker that failed. Otherwise, serves the page until \
Ctrl-C.

Examples:
  picletter try
  picletter try --days 30
  picletter try --days 366 --seed 2 --from 2027-01-01")]
pub(super) struct Try {
    /// Exit after the last run, instead of serving the page
    #[arg(long)]
    once: bool,
    /// Port of the page on this machine; 0 selects a free port [default: 8025]
    #[arg(long, conflicts_with = "once")]
    port: Option<u16>,
    /// Open the mail in the browser
    #[arg(long, conflicts_with = "once")]
    open: bool,
    /// Worker to run [default: the one next to this program; under `cargo run`, one built from the
    /// same sources]
    #[arg(long, value_name = "PATH")]
    worker: Option<PathBuf>,
    /// Simulate N days of the schedules, and print their runs
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=366),
        conflicts_with_all = LIVE
    )]
    days: Option<u16>,
    /// Seed of the random failures
    #[arg(long, value_name = "N", default_value_t = 1, requires = "days", conflicts_with_all = LIVE)]
    seed: u64,
    /// Start at this date, or date and time, instead of today; in the schedule's time zone, unless
    /// TIME ends with Z or an offset
    #[arg(long, value_name = "TIME", requires = "days", conflicts_with_all = LIVE)]
    from: Option<String>,
    /// Configuration file [default: picletter.toml, or a built-in example] [env: PICLETTER_CONFIG=]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Options of real runs. Each option of simulated days lists them as conflicts: clap ignores `requires`
/// if the required option conflicts with one of them.
const LIVE: [&str; 4] = ["once", "port", "open", "worker"];

/// Why `try` failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum TryError {
    NoWorker(#[from] NoWorkerError),
    Example(ConfigError),
    Trial(#[from] TrialError),
    Days(#[from] DaysError),
    /// The text of `--from` is not a time.
    From(String),
    /// The simulation panicked.
    Simulation(#[from] tokio::task::JoinError),
    Signals(io::Error),
    Output(#[from] io::Error),
}

impl Diagnose for TryError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::NoWorker(error) => error.diagnostic(),
            Self::Example(error) => error
                .diagnostic()
                .map_summary(|summary| format!("invalid built-in example: {summary}")),
            Self::Trial(error) => error.diagnostic(),
            Self::Days(error) => error.diagnostic(),
            Self::From(text) => schedule::not_a_time(text),
            Self::Simulation(error) => {
                Diagnostic::plain(format_args!("the simulation failed: {error}"))
            }
            Self::Signals(error) => {
                Diagnostic::plain(format_args!("cannot listen for Ctrl-C: {error}"))
            }
            Self::Output(error) => {
                Diagnostic::plain(format_args!("cannot write to standard output: {error}"))
            }
        }
    }
}

display_as_diagnostic!(TryError);

impl TryError {
    /// A usage error for an invalid `--from`, as in `schedule next`; otherwise 1, which is not a status
    /// of the worker.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::From(_) | Self::Days(DaysError::CatchUp(_) | DaysError::NotDue(_)) => {
                ExitCode::from(USAGE)
            }
            Self::Output(_) => ExitCode::from(IO),
            _ => ExitCode::FAILURE,
        }
    }
}

impl Try {
    /// With `--once`, returns the run's status. Otherwise, returns 0 when a signal ends the page, or the
    /// signal's own status if it arrives before the page is served.
    pub(super) async fn run(self, output: &Output) -> Result<ExitCode, TryError> {
        let source = match config_source::find(self.config.as_deref(), output) {
            Ok(source) => source,
            Err(NoConfig::Reported(code)) => return Ok(code),
            Err(NoConfig::Example(error)) => return Err(TryError::Example(error)),
        };
        if let Some(days) = self.days {
            return self.simulate(days, source, output).await;
        }
        let mut interruption = Interruption::listen().map_err(TryError::Signals)?;
        // Dropping the future ends the processes that it started.
        let outcome = tokio::select! {
            ended = self.run_once(source, output) => ended?,
            code = interruption.received() => return Ok(code),
        };
        let live::Outcome { trial, code } = outcome;
        if self.once {
            return Ok(code);
        }
        let page = trial.page_url();
        let (what, address) = match trial.sandbox().inbox().mails().len() {
            0 => ("See the run at", page),
            1 => ("Read the mail at", page + &Inbox::page_path(0)),
            _ => ("Read the mails at", page),
        };
        output.print(format_args!("{what} {address} (Ctrl-C to stop)"))?;
        // Without a reader of the address, the page would be useless.
        if !output.has_reader() {
            return Ok(code);
        }
        if self.open {
            open_in_browser(&address, output);
        }
        interruption.received().await;
        Ok(ExitCode::SUCCESS)
    }

    async fn simulate(
        &self,
        days: u16,
        source: ConfigSource,
        output: &Output,
    ) -> Result<ExitCode, TryError> {
        let ConfigSource { config, origin } = source;
        let from = match &self.from {
            None => None,
            Some(text) => {
                let jobs: Vec<_> = config.jobs.iter().collect();
                let from = schedule::time(text, &common_zone(&jobs));
                Some(from.ok_or_else(|| TryError::From(text.clone()))?)
            }
        };
        days::run(Days::new(config, days, self.seed, from)?, &origin, output).await
    }

    async fn run_once(
        &self,
        source: ConfigSource,
        output: &Output,
    ) -> Result<live::Outcome, TryError> {
        let worker = worker_binary::find(self.worker.as_deref()).await?;
        let port = self.port.unwrap_or(if self.once { 0 } else { INBOX_PORT });
        Box::pin(live::run(&worker, source, port, output)).await
    }
}
