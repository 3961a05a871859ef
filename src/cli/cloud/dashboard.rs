//! `picletter dashboard`: the jobs in the browser.

use std::process::ExitCode;

use clap::Args;

use super::{CommandError, Needs, Session, print};
use crate::cli::browser::open_in_browser;
use crate::cli::config_file::ConfigFile;
use crate::cli::interrupted::Interrupted;
use crate::cli::output::{IO, Output};
use crate::dashboard::page::{self, Options};
use crate::listen::listen;
use picletter_core::diagnostic::Diagnose as _;

/// Options of `picletter dashboard`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows the runs of the last 90 days, the cost, and the alerts of each job. Buttons start, pause, and \
resume jobs, with your own credentials. The page is reachable only from this machine. While it is open, \
it reads Heroku and Azure about every 10 seconds.

If Heroku or Azure is unavailable, the page keeps the last data and shows its age.

Examples:
  picletter dashboard
  picletter dashboard --open
  picletter dashboard --read-only --port 0")]
pub(in crate::cli) struct Dashboard {
    #[command(flatten)]
    config: ConfigFile,
    /// Port of the page on this machine; 0 selects a free port
    #[arg(long, default_value_t = 8026)]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Hide the buttons that start, pause, and resume jobs
    #[arg(long)]
    read_only: bool,
}

impl Dashboard {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        output.set_interrupted(Interrupted::Expected);
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let (listener, address) = listen(self.port).await.map_err(|error| {
            output.report(&error.diagnostic());
            CommandError::Reported(IO)
        })?;
        let live = session.into_live().watching(&self.config.path);
        live.start_polling();
        let address = format!("http://{address}");
        print(
            output,
            format_args!("Dashboard at {address} (Ctrl-C to stop)"),
        )?;
        // Without a reader of the address, the page would be useless.
        if !output.has_reader() {
            return Ok(ExitCode::SUCCESS);
        }
        if self.open {
            open_in_browser(&address, output);
        }
        let pages = page::router(live, Options::dashboard(self.read_only));
        axum::serve(listener, pages).await?;
        Ok(ExitCode::SUCCESS)
    }
}
