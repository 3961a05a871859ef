//! `picletter try`: a deployment to the fakes and a run of it, or days of runs on simulated time. It
//! parses and renders; [`crate::try`] does the work.

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
use crate::config::{ConfigError, common_zone};
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::r#try::TrialError;
use crate::r#try::days::{Days, DaysError};
use picletter_sandbox::inbox::Inbox;

/// The page's port unless asked otherwise: the one that local mail catchers use.
const INBOX_PORT: u16 = 8025;

/// Options of `picletter try`.
#[derive(Debug, Args)]
#[command(after_help = "\
Does what `picletter deploy` does, to fakes of Heroku and Azure on this machine: it makes the \
app and the Logic Apps of picletter.toml, and fires a trigger of each job, one after another. The \
workflow starts the worker, with the config vars of a dyno, and waits for its report. A static worker \
runs out of its image, alone in a root directory as a random user, where this machine allows it; else \
it runs where it lies. Pictures come from fakes too and mails go to one: no account is needed and \
nothing leaves this machine. Your environment is not passed on, and secrets are made up.

With --days no worker is started: the template runs on simulated time, with fake dynos of which \
some fail, crash, hang or overlap, and a Heroku that is out now and then. All jobs share its limits: \
4,500 requests an hour; 1 Eco, 50 Basic or Standard, 5 Performance dynos at a time. The same file, \
days, beginning and seed give the same output.

The page stays until Ctrl-C. With --once the exit status is that of the first worker that failed.

Examples:
  picletter try
  picletter try --days 30
  picletter try --days 366 --seed 2 --from 2027-01-01")]
pub(super) struct Try {
    /// End when the last worker has ended, instead of serving the page
    #[arg(long)]
    once: bool,
    /// Port of the page on this machine; 0 takes any free one [default: 8025]
    #[arg(long, conflicts_with = "once")]
    port: Option<u16>,
    /// Open the mail in the browser
    #[arg(long, conflicts_with = "once")]
    open: bool,
    /// Worker to run [default: the one that belongs to this command]
    #[arg(long, value_name = "PATH")]
    worker: Option<PathBuf>,
    /// Let N days of the schedules pass on simulated time instead, and show how their runs went
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=366),
        conflicts_with_all = LIVE
    )]
    days: Option<u16>,
    /// What goes wrong in these days is drawn from this number
    #[arg(long, value_name = "N", default_value_t = 1, requires = "days", conflicts_with_all = LIVE)]
    seed: u64,
    /// Begin at TIME instead of today: a date or a date and time of the schedule's time zone, or a
    /// date and time with Z or an offset
    #[arg(long, value_name = "TIME", requires = "days", conflicts_with_all = LIVE)]
    from: Option<String>,
    /// Configuration file [default: picletter.toml, else an example] [env: PICLETTER_CONFIG=]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The options of a worker that is run. Clap lets `requires` pass where what is required conflicts
/// with one of them, so that all options of simulated days have to refuse them.
const LIVE: [&str; 4] = ["once", "port", "open", "worker"];

/// Why there was nothing to try.
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
                .map_summary(|summary| format!("the built-in example is wrong: {summary}")),
            Self::Trial(error) => error.diagnostic(),
            Self::Days(error) => error.diagnostic(),
            Self::From(text) => schedule::not_a_time(text),
            Self::Simulation(error) => {
                Diagnostic::plain(format_args!("the simulation broke off: {error}"))
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
    /// 1 unless noted, with which no worker ends. A wrong `--from` is a usage error, as it is of
    /// `schedule next`.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::From(_) | Self::Days(DaysError::CatchUp(_)) => ExitCode::from(USAGE),
            Self::Output(_) => ExitCode::from(IO),
            _ => ExitCode::FAILURE,
        }
    }
}

impl Try {
    /// With `--once` the status is the run's, else 0 once a signal ends the page. A signal before that
    /// ends with its own status.
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
        // Dropping a step ends the processes that it started.
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
            1 => ("Read it at", page + &Inbox::page_path(0)),
            _ => ("Read it at", page),
        };
        output.print(format_args!("{what} {address} (Ctrl-C ends)"))?;
        // Nobody could know the address.
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
