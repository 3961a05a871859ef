//! `picletter pause` and `picletter resume`: the workflow, off and on.

use std::process::ExitCode;

use clap::Args;

use super::{CommandError, Needs, Session, no_workflow, print_text};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::azure;
use crate::deploy::clouds::{Step, StepError};

/// Options of both.
#[derive(Debug, Args)]
pub(in crate::cli) struct Switch {
    #[command(flatten)]
    config: ConfigFile,
}

impl Switch {
    pub(in crate::cli) async fn run(
        self,
        enable: bool,
        output: &Output,
    ) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let (arm, wanted) = (&session.clouds.arm, &session.wanted);
        let during = |step| {
            move |error: azure::Error| {
                if error.is_not_found() {
                    return no_workflow(wanted);
                }
                let error = error.into();
                CommandError::Step(StepError { step, error })
            }
        };
        let id = wanted
            .workflow_id(&session.clouds)
            .await
            .map_err(during(Step::FindSubscription))?;
        let text = if enable {
            arm.enable(&id).await.map_err(during(Step::Resume))?;
            format!("The workflow {} runs on schedule again", wanted.workflow)
        } else {
            arm.disable(&id).await.map_err(during(Step::Pause))?;
            format!(
                "The workflow {} is paused: nothing is started until `picletter resume`; a run that \
                 is under way goes on",
                wanted.workflow
            )
        };
        print_text(output, text)?;
        Ok(ExitCode::SUCCESS)
    }
}
