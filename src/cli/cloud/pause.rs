//! `picletter pause` and `picletter resume`: workflows and their alerts, off and on.

use std::process::ExitCode;

use clap::Args;

use super::{CommandError, Needs, Session, no_workflow, print_text};
use crate::cli::config_file::ConfigFile;
use crate::cli::job_names::{JobNames, with_job};
use crate::cli::output::Output;
use crate::deploy::schedule_switch::Switch;
use crate::deploy::step::CloudError;
use crate::schedule::{Overlap, Schedule};
use crate::shell::picletter;

/// Options of both.
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
        let unchecked = switching.await.map_err(|error| match error.error {
            CloudError::NoWorkflow(workflow) => no_workflow(&workflow),
            _ => error.into(),
        })?;
        if let Some(error) = unchecked {
            output.warning(format_args!(
                "whether a deployment is under way, which may undo this, could not be checked: {error}"
            ));
        }
        for job in jobs {
            let name = &job.workflow;
            let text = match to {
                Switch::Resume => format!(
                    "The workflow {name} and its alerts are enabled again. {}",
                    after_resuming(&job.schedule)
                ),
                Switch::Pause => format!(
                    "The workflow {name} and its alerts are paused: nothing starts until {}. \
                     An active run continues.",
                    picletter(&with_job("resume", job))
                ),
            };
            print_text(output, text)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What becomes of the times that were due meanwhile. Microsoft documents that none is made up for;
/// a run right after enabling is observed (startstopv2-deployments#35 and #63).
fn after_resuming(schedule: &Schedule) -> String {
    if schedule.catches_up() {
        return "The runs that were due meanwhile start now (`catch_up`).".to_owned();
    }
    let overlap = match schedule.overlap() {
        Overlap::Skip => "it is skipped if another run is active",
        Overlap::Replace => "it replaces a run that is active",
        Overlap::Queue => "it waits for a run that is active",
        Overlap::Allow => "it runs beside a run that is active",
    };
    format!(
        "Runs that were due meanwhile are not made up for, but Azure may start one at once: {overlap} \
         (`overlap = \"{}\"`).",
        schedule.overlap().name()
    )
}
