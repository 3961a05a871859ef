//! `picletter run`: a run, now.

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
Fires the workflow's trigger and follows the run: what the workflow does on standard error (-v: \
each of its actions), the dyno's log lines and how it ended on standard output. After Ctrl-C the run continues in Azure; `picletter logs --run ID` and `picletter status` show it.

Ends with the worker's exit status, and with 1 where the run failed without one.

Examples:
  picletter run
  picletter run reports")]
pub(in crate::cli) struct Run {
    #[command(flatten)]
    job: JobName,
    #[command(flatten)]
    config: ConfigFile,
    /// Trigger to fire, where there are several; `picletter check` lists them [default: the first]
    #[arg(long, value_name = "NAME")]
    trigger: Option<String>,
}

impl Run {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let job = self.job.select(&session.config);
        let job = job.map_err(CommandError::Usage)?;
        let run = start_and_watch(&session, job, self.trigger.as_deref()).await;
        session.tell_warnings();
        let run = run?;
        Ok(ExitCode::from(ended(&session, job, &run)?))
    }
}
