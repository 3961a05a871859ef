//! The status of the schedule, read from both clouds at the same time.

use serde::Serialize;

use super::azure::{READS_AT_ONCE, Run, Workflow, WorkflowState};
use super::clouds::Clouds;
use super::concurrent::join_all;
use super::desired::{DesiredJob, DesiredState};
use super::drift::{Drift, drift};
use super::heroku::Dyno;
use super::step::{Step, StepContext as _, StepError};

/// The status of a file's jobs.
#[derive(Debug, Clone)]
pub struct Status {
    /// The status of each job, in the order of the file.
    pub jobs: Vec<JobStatus>,
    /// The app's active dynos; `None` if the app does not exist.
    pub dynos: Option<Vec<Dyno>>,
    /// Enabled workflows of jobs that are no longer in the file.
    pub not_in_file: Vec<String>,
}

/// The status of a job.
#[derive(Debug, Clone)]
pub struct JobStatus {
    /// The workflow, if it exists.
    pub workflow: Option<Workflow>,
    /// Its last runs, newest first.
    pub runs: Vec<Run>,
    /// How the workflow differs from the file.
    pub drift: Drift,
}

impl JobStatus {
    /// Whether the workflow runs on schedule.
    pub fn is_enabled(&self) -> bool {
        let workflow = self.workflow.as_ref();
        workflow.is_some_and(|workflow| workflow.is(WorkflowState::Enabled))
    }

    /// Whether the workflow runs on the schedule of the file.
    pub fn is_on_schedule_of_file(&self) -> bool {
        self.is_enabled() && !self.drift.has_other_schedule
    }
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
    /// Reads the status of `jobs` concurrently, each with its last `runs` runs.
    ///
    /// # Errors
    /// Something could not be read.
    pub async fn read(
        clouds: &Clouds,
        desired: &DesiredState,
        jobs: &[&DesiredJob],
        runs: usize,
    ) -> Result<Self, StepError> {
        let ((jobs, not_in_file), dynos) = tokio::try_join!(
            Box::pin(azure(clouds, desired, jobs, runs)),
            Box::pin(dynos(clouds, desired))
        )?;
        Ok(Self {
            jobs,
            dynos,
            not_in_file,
        })
    }
}

async fn azure(
    clouds: &Clouds,
    desired: &DesiredState,
    jobs: &[&DesiredJob],
    runs: usize,
) -> Result<(Vec<JobStatus>, Vec<String>), StepError> {
    let arm = &clouds.arm;
    let subscription = clouds.subscription_id(desired).await;
    let subscription = subscription.in_step(Step::FindSubscription)?;
    let names = desired.names(&subscription);
    let histories = jobs.iter().map(|job| {
        let id = names.workflow_id(&job.workflow);
        async move { arm.runs(&id, runs, None).await }
    });
    let histories = join_all(histories, READS_AT_ONCE);
    let group = &desired.resource_group;
    let workflows = arm.workflows(&subscription, group, |name, tags| {
        desired.concerns(name, tags)
    });
    let (workflows, histories) = tokio::join!(workflows, histories);
    let workflows = workflows.in_step(Step::ReadWorkflow)?;
    let statuses = jobs.iter().zip(histories).map(|(job, history)| {
        let mut workflows = workflows.iter();
        // If the workflow does not exist, its history fails too, so that error is ignored.
        let Some(workflow) = workflows.find(|workflow| job.has_workflow(workflow)) else {
            return Ok(JobStatus {
                workflow: None,
                runs: Vec::new(),
                drift: Drift::default(),
            });
        };
        Ok(JobStatus {
            workflow: Some(workflow.clone()),
            runs: history.in_step(Step::ReadRuns)?,
            drift: drift(desired, &subscription, None, job, workflow)?,
        })
    });
    let statuses = statuses.collect::<Result<_, StepError>>()?;
    let left = workflows.iter().filter(|workflow| {
        let mut jobs = desired.jobs.iter();
        workflow.is(WorkflowState::Enabled) && !jobs.any(|job| job.has_workflow(workflow))
    });
    let not_in_file = left.map(|workflow| workflow.name.clone()).collect();
    Ok((statuses, not_in_file))
}

async fn dynos(clouds: &Clouds, desired: &DesiredState) -> Result<Option<Vec<Dyno>>, StepError> {
    match clouds.heroku.dynos(&desired.app).await {
        Err(error) if error.is_not_found() => Ok(None),
        dynos => dynos.in_step(Step::ReadDynos).map(Some),
    }
}
