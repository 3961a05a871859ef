//! `picletter pause` and `picletter resume`: disable and enable workflows and their alerts.

use std::process::ExitCode;

use clap::Args;

use super::{CommandError, Needs, Session, no_workflow, not_in_file, print_text};
use crate::cli::config_file::ConfigFile;
use crate::cli::job_names::JobNames;
use crate::cli::output::Output;
use picletter_core::deploy::schedule_switch::Switch;
use picletter_core::deploy::step::CloudError;
use picletter_core::shell::picletter;

/// Options of both commands.
#[derive(Debug, Args)]
pub(in crate::cli) struct SwitchOptions {
    #[command(flatten)]
    jobs: JobNames,
    #[command(flatten)]
    config: ConfigFile,
}

impl SwitchOptions {
    pub(in crate::cli) async fn run(
        self,
        to: Switch,
        output: &Output,
    ) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let jobs = self.jobs.select(&session.config);
        let jobs = jobs.map_err(CommandError::Usage)?;
        let desired = jobs.iter().filter_map(|job| session.desired_job(job));
        let desired: Vec<_> = desired.collect();
        let switching = to.apply(&session.clouds, &session.desired, &desired);
        let switched = switching.await.map_err(|error| match error.error {
            CloudError::NoWorkflow(workflow) => no_workflow(&workflow),
            _ => error.into(),
        })?;
        if let Some(error) = switched.unchecked {
            output.warning(format_args!(
                "cannot check whether a deployment is in progress, which may undo this: {error}"
            ));
        }
        if to == Switch::Pause && jobs.len() == session.config.jobs.len() {
            for workflow in &switched.not_in_file {
                output.warning(not_in_file(workflow));
            }
        }
        for job in jobs {
            if switched.not_deployed.contains(&job.workflow) {
                let deploy = picletter("deploy");
                output.warning(format_args!(
                    "{} is not deployed; {deploy} creates it",
                    job.label()
                ));
            } else {
                print_text(output, to.report(job))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
