//! How the schedule stands, read from both clouds at the same time.

use serde::Serialize;

use super::azure::{Run, Workflow};
use super::clouds::{Clouds, Step, StepContext as _, StepError};
use super::desired::DesiredState;
use super::heroku::Dyno;
use super::live::Ids;

/// How it stands.
#[derive(Debug, Clone)]
pub struct Status {
    /// The workflow, where there is one.
    pub workflow: Option<Workflow>,
    /// Its last runs, newest first.
    pub runs: Vec<Run>,
    /// The dynos of the app that are alive; none where there is no app.
    pub dynos: Option<Vec<Dyno>>,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It goes on.
    Running,
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It was given up, as one that would have overlapped another.
    Skipped,
}

impl Outcome {
    /// That of a run.
    pub fn of(run: &Run) -> Self {
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
        workflow.is_some_and(|workflow| workflow.state.eq_ignore_ascii_case("Enabled"))
    }
}

async fn azure(
    clouds: &Clouds,
    desired: &DesiredState,
    runs: usize,
) -> Result<(Option<Workflow>, Vec<Run>), StepError> {
    let arm = &clouds.arm;
    let subscription = arm
        .subscription_id(desired.subscription.as_deref())
        .await
        .in_step(Step::FindSubscription)?;
    let id = Ids::new(&subscription, desired).workflow;
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
