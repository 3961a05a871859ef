//! Manual start of a run.

use super::azure::Workflow;
use super::clouds::Clouds;
use super::desired::DesiredState;
use super::step::{CloudError, Step, StepContext as _, StepError};
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::picletter;

/// The trigger that starts a run.
#[derive(Debug, Clone)]
pub struct RunTrigger {
    /// The workflow's resource id.
    pub workflow: String,
    /// The trigger's name.
    pub name: String,
    /// The command that resumes the job, without the program's name.
    resume: String,
}

/// Why no run can be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The workflow does not exist.
    NoWorkflow(String),
    /// The workflow of that name has no trigger.
    NoTrigger(String),
    /// The workflow has no trigger of that name, only these.
    NoSuchTrigger(Vec<String>),
    /// A step failed.
    Step(#[from] StepError),
}

impl Diagnose for StartError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::NoWorkflow(workflow) => no_workflow(workflow),
            Self::NoTrigger(workflow) => Diagnostic::new(
                format!("the workflow {workflow} has no triggers"),
                format!(
                    "restore the schedule's triggers with {}",
                    picletter("deploy")
                ),
            ),
            Self::NoSuchTrigger(names) => Diagnostic::new(
                "the trigger does not exist",
                format!("the workflow's triggers are {}", names.join(", ")),
            ),
            Self::Step(error) => error.diagnostic(),
        }
    }
}

display_as_diagnostic!(StartError);

/// The workflow does not exist.
pub fn no_workflow(workflow: &str) -> Diagnostic {
    Diagnostic::new(
        format!("the workflow {workflow} does not exist"),
        format!("create it with {}", picletter("deploy")),
    )
}

impl RunTrigger {
    /// Finds a workflow's trigger by its name; by default the first one without a condition.
    ///
    /// # Errors
    /// The trigger does not exist, or the workflow belongs to another deployment or app, or cannot
    /// be read.
    pub async fn find(
        clouds: &Clouds,
        desired: &DesiredState,
        workflow: &str,
        wanted: Option<&str>,
    ) -> Result<Self, StartError> {
        let id = clouds.workflow_id(desired, workflow).await;
        let id = id.in_step(Step::FindSubscription)?;
        let (found, triggers) = tokio::join!(clouds.arm.workflow(&id), clouds.arm.triggers(&id));
        let Some(found) = found.in_step(Step::ReadWorkflow)? else {
            return Err(StartError::NoWorkflow(workflow.to_owned()));
        };
        desired.check_workflow(&found).in_step(Step::ReadWorkflow)?;
        let triggers = triggers.in_step(Step::ReadTriggers)?.into_iter();
        let names: Vec<String> = triggers.map(|trigger| trigger.name).collect();
        let by_hand = wanted.or_else(|| Workflow::trigger_by_hand(&found));
        let name = match by_hand {
            Some(name) => names.iter().find(|known| *known == name),
            None => names.first(),
        };
        match name {
            Some(name) => Ok(Self {
                workflow: id,
                name: name.clone(),
                resume: desired.command_on("resume", workflow),
            }),
            None if names.is_empty() => Err(StartError::NoTrigger(workflow.to_owned())),
            None => Err(StartError::NoSuchTrigger(names)),
        }
    }

    /// Starts a run and returns its id.
    ///
    /// # Errors
    /// Azure rejects it, or it is unknown whether a run was started.
    pub async fn start(&self, clouds: &Clouds) -> Result<String, StepError> {
        let started = clouds.arm.run_trigger(&self.workflow, &self.name).await;
        let started = started.map_err(|error| {
            if !error.is_paused() {
                return error.into();
            }
            CloudError::Paused {
                reason: error.reason(),
                resume: self.resume.clone(),
            }
        });
        started.in_step(Step::RunTrigger)
    }
}
