//! `picletter run`: starts a run and follows it.

use std::process::ExitCode;

use clap::Args;

use super::watching::{ended, start_and_watch};
use super::{CommandError, Needs, Session};
use crate::cli::config_file::ConfigFile;
use crate::cli::job_names::JobName;
use crate::cli::output::Output;

/// Options of `picletter run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Fires the workflow's trigger and follows the run. Prints the workflow's progress on standard error \
(with -v, each action), and the dyno's log lines and the outcome on standard output.

After Ctrl-C, the run continues in Azure: `picletter status` and `picletter logs --run ID` show it.

Exits with the job's exit status, or with 1 if the run failed without one.

Examples:
  picletter run
  picletter run reports")]
pub(in crate::cli) struct Run {
    #[command(flatten)]
    job: JobName,
    #[command(flatten)]
    config: ConfigFile,
    /// Trigger to fire, if there are several; `picletter check` lists them [default: the first]
    #[arg(long, value_name = "NAME")]
    trigger: Option<String>,
}

impl Run {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let job = self.job.select(&session.config);
        let job = job.map_err(CommandError::Usage)?;
        let run = start_and_watch(&session, job, self.trigger.as_deref()).await;
        session.print_warnings();
        let run = run?;
        Ok(ExitCode::from(ended(&session, job, &run)?))
    }
}
