//! The status of the schedule, read from both clouds at the same time.

use serde::Serialize;

use super::azure::{Run, Workflow, WorkflowState};
use super::clouds::Clouds;
use super::desired::DesiredState;
use super::heroku::Dyno;
use super::step::{Step, StepContext as _, StepError};

/// The status.
#[derive(Debug, Clone)]
pub struct Status {
    /// The workflow, where there is one.
    pub workflow: Option<Workflow>,
    /// Its last runs, newest first.
    pub runs: Vec<Run>,
    /// The dynos of the app that are alive; none where there is no app.
    pub dynos: Option<Vec<Dyno>>,
}

/// The outcome of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It has not ended.
    Running,
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
    /// It was cancelled because it would have overlapped another.
    Skipped,
}

impl Outcome {
    /// The outcome of a run.
    pub fn from_run(run: &Run) -> Self {
        match run.status.as_str() {
            "Succeeded" => Self::Succeeded,
            "Cancelled" | "Skipped" | "Aborted" => Self::Skipped,
            "Running" | "Waiting" | "Paused" | "Suspended" => Self::Running,
            _ => Self::Failed,
        }
    }
}

impl Status {
    /// Reads it, with the last `runs` runs.
    ///
    /// # Errors
    /// Something could not be read.
    pub async fn read(
        clouds: &Clouds,
        desired: &DesiredState,
        runs: usize,
    ) -> Result<Self, StepError> {
        let (azure, dynos) = tokio::try_join!(
            Box::pin(azure(clouds, desired, runs)),
            Box::pin(dynos(clouds, desired))
        )?;
        let (workflow, runs) = azure;
        Ok(Self {
            workflow,
            runs,
            dynos,
        })
    }

    /// Whether the workflow runs on schedule.
    pub fn is_enabled(&self) -> bool {
        let workflow = self.workflow.as_ref();
        workflow.is_some_and(|workflow| workflow.is(WorkflowState::Enabled))
    }
}

async fn azure(
    clouds: &Clouds,
    desired: &DesiredState,
    runs: usize,
) -> Result<(Option<Workflow>, Vec<Run>), StepError> {
    let arm = &clouds.arm;
    let id = clouds.workflow_id(desired).await;
    let id = id.in_step(Step::FindSubscription)?;
    let (workflow, runs) = tokio::join!(arm.workflow(&id), arm.runs(&id, runs, None));
    // Of a workflow that does not exist the runs are not found either.
    match workflow.in_step(Step::ReadWorkflow)? {
        Some(workflow) => Ok((Some(workflow), runs.in_step(Step::ReadRuns)?)),
        None => Ok((None, Vec::new())),
    }
}

async fn dynos(clouds: &Clouds, desired: &DesiredState) -> Result<Option<Vec<Dyno>>, StepError> {
    match clouds.heroku.dynos(&desired.app).await {
        Err(error) if error.is_not_found() => Ok(None),
        dynos => dynos.in_step(Step::ReadDynos).map(Some),
    }
}
