//! Pauses and resumes workflows together with their alerts.
//!
//! A deployment sets the same state, and Azure has no locks. Therefore a deployment first creates
//! its Heroku authorization, then reads the workflow's state; a switch first sets the state, then
//! looks for such an authorization. So at least one of the two detects the other.

use jiff::Timestamp;

use super::api_version::METRIC_ALERTS;
use super::azure::{AT_ONCE, READS_AT_ONCE, Workflow, WorkflowState};
use super::clouds::Clouds;
use super::concurrent::join_all;
use super::desired::{DesiredJob, DesiredState};
use super::live::{Alert, LiveAzure};
use super::revocation::belongs_to_active_deployment;
use super::step::{CloudError, Step, StepContext as _, StepError, join_results};
use crate::config::Job;
use crate::schedule::{Overlap, Schedule};
use crate::shell::picletter;

/// The target state of workflows and their alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// No run starts, and no alert is raised.
    Pause,
    /// Runs start on schedule.
    Resume,
}

/// The warnings of a switch.
#[derive(Debug, Default)]
pub struct Switched {
    /// The error that prevented the check for a deployment in progress at Heroku.
    pub unchecked: Option<StepError>,
    /// The workflows of jobs that are not deployed yet.
    pub not_deployed: Vec<String>,
    /// Enabled workflows of jobs that are no longer in the file. They are not switched.
    pub not_in_file: Vec<String>,
}

impl Switch {
    const fn command(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    /// The arguments of the command that does the same again.
    fn command_for(self, desired: &DesiredState, jobs: &[&DesiredJob]) -> String {
        let mut command = self.command().to_owned();
        if jobs.len() == desired.jobs.len() {
            command.push_str(if jobs.len() > 1 { " --all" } else { "" });
        } else {
            for job in jobs {
                command.extend([" ", job.label()]);
            }
        }
        command
    }

    const fn step(self) -> Step {
        match self {
            Self::Pause => Step::Pause,
            Self::Resume => Step::Resume,
        }
    }

    /// Describes the effect on a job for its user.
    pub fn report(self, job: &Job) -> String {
        let name = &job.workflow;
        match self {
            Self::Resume => format!(
                "The workflow {name} and its alerts are enabled. {}",
                after_resuming(&job.schedule)
            ),
            Self::Pause => format!(
                "The workflow {name} and its alerts are paused. Resume with {}. \
                 An active run continues.",
                picletter(&job.append_to("resume"))
            ),
        }
    }

    /// Switches the workflows of `jobs`, then their alerts, and reads both again.
    ///
    /// # Errors
    /// No workflow exists (missing ones are skipped), Picletter did not create one of them, a step
    /// failed, somebody else switched one concurrently, or a deployment may do so. An error for one
    /// job does not stop the others. Repeating the command is safe.
    pub async fn apply(
        self,
        clouds: &Clouds,
        desired: &DesiredState,
        jobs: &[&DesiredJob],
    ) -> Result<Switched, StepError> {
        let azure = LiveAzure::read(clouds, desired).await?;
        let step = self.step();
        let mut found = Vec::new();
        let mut deployed = Vec::new();
        for job in jobs {
            if let Some(workflow) = azure.workflow(job) {
                desired.check_mark(workflow).in_step(step)?;
                desired.check_workflow(workflow).in_step(step)?;
                found.push(workflow);
                deployed.push(*job);
            }
        }
        if let (Some(job), true) = (jobs.first(), deployed.is_empty()) {
            return Err(CloudError::NoWorkflow(job.workflow.clone())).in_step(step);
        }
        let switching = found.into_iter();
        let switching = switching.map(|workflow| self.switch(clouds, &azure, workflow));
        join_all(switching, AT_ONCE)
            .await
            .into_iter()
            .reduce(|one, other| join_results(one, other).map(drop))
            .unwrap_or(Ok(()))?;
        self.verify(clouds, desired, jobs, &deployed).await
    }

    async fn switch(
        self,
        clouds: &Clouds,
        azure: &LiveAzure,
        workflow: &Workflow,
    ) -> Result<(), StepError> {
        let arm = &clouds.arm;
        let switching = match self {
            Self::Pause => arm.disable(&workflow.id).await,
            Self::Resume => arm.enable(&workflow.id).await,
        };
        switching.in_step(self.step())?;
        for alert in azure
            .alerts
            .iter()
            .filter(|alert| watches(alert, &workflow.name))
        {
            if self.differs(alert) {
                match arm.enable_alert(&alert.id, self == Self::Resume).await {
                    // Removed concurrently; the live state is read below.
                    Err(error) if error.is_not_found() => {}
                    switching => switching.in_step(Step::SwitchAlerts)?,
                }
            }
        }
        Ok(())
    }

    /// Whether an alert has to be switched.
    fn differs(self, alert: &Alert) -> bool {
        let enabled = alert.resource["properties"]["enabled"].as_bool();
        alert.api_version == METRIC_ALERTS && enabled != Some(self == Self::Resume)
    }

    /// Checks that `deployed`, those of `jobs` that have a workflow, are in the target state, and that
    /// no deployment is about to change one of them, or to create one of `jobs` that is to be paused.
    async fn verify(
        self,
        clouds: &Clouds,
        desired: &DesiredState,
        jobs: &[&DesiredJob],
        deployed: &[&DesiredJob],
    ) -> Result<Switched, StepError> {
        let subscription = clouds.subscription_id(desired).await;
        let subscription = subscription.in_step(Step::FindSubscription)?;
        // Read first, so that the state below includes a deployment that ends after this. Read for
        // all jobs, because a deployment of one job continues with the next.
        let deployments = desired.jobs.iter().map(|job| {
            let (group, name) = (&desired.resource_group, job.deployment_name());
            let subscription = &subscription;
            async move { clouds.arm.is_deploying(subscription, group, &name).await }
        });
        let deployments = join_all(deployments, READS_AT_ONCE).await.into_iter();
        let deployments: Result<Vec<bool>, _> = deployments.collect();
        let is_deploying = deployments.in_step(Step::Verify)?.contains(&true);
        let (azure, authorizations) = tokio::join!(
            Box::pin(LiveAzure::read(clouds, desired)),
            clouds.heroku.authorizations()
        );
        let azure = azure?;
        for job in jobs {
            let is_paused = azure
                .workflow(job)
                .map(|workflow| workflow.is(WorkflowState::Disabled));
            let was_switched = deployed.iter().any(|one| one.workflow == job.workflow);
            let mut alerts = azure.alerts.iter();
            if was_switched
                && (is_paused != Some(self == Self::Pause)
                    || alerts.any(|alert| watches(alert, &job.workflow) && self.differs(alert)))
            {
                let command = self.command_for(desired, jobs);
                return Err(CloudError::SwitchedMeanwhile(command)).in_step(Step::Verify);
            }
        }
        let (authorizations, unchecked) = match authorizations.in_step(Step::ReadAuthorizations) {
            Ok(authorizations) => (authorizations, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let now = Timestamp::now();
        // A deployment that is about to create a job would leave it enabled.
        let expected = match self {
            Self::Pause => jobs,
            Self::Resume => deployed,
        };
        let is_about_to_deploy = authorizations.iter().any(|one| {
            azure.owns(one, desired) && belongs_to_active_deployment(one, &azure, expected, now)
        });
        if is_deploying || is_about_to_deploy {
            let missing = jobs.iter().filter(|job| azure.workflow(job).is_none());
            return Err(CloudError::DeploymentUnderWay {
                command: self.command_for(desired, jobs),
                missing: missing.map(|job| job.label().to_owned()).collect(),
            })
            .in_step(self.step());
        }
        let missing = jobs.iter().filter(|job| azure.workflow(job).is_none());
        let left = azure.removed(desired);
        let left = left.filter(|workflow| workflow.is(WorkflowState::Enabled));
        Ok(Switched {
            unchecked,
            not_deployed: missing.map(|job| job.workflow.clone()).collect(),
            not_in_file: left.map(|workflow| workflow.name.clone()).collect(),
        })
    }
}

fn watches(alert: &Alert, workflow: &str) -> bool {
    alert.workflow.eq_ignore_ascii_case(workflow)
}

/// Describes what happens to missed runs. Microsoft documents that they are skipped, but a run
/// right after enabling has been observed (startstopv2-deployments#35 and #63).
fn after_resuming(schedule: &Schedule) -> String {
    if schedule.catches_up() {
        return "Missed runs start now (`catch_up`).".to_owned();
    }
    let overlap = match schedule.overlap() {
        Overlap::Skip => "it is skipped if another run is active",
        Overlap::Replace => "it replaces a run that is active",
        Overlap::Queue => "it waits for a run that is active",
        Overlap::Allow => "it runs in addition to an active run",
    };
    format!(
        "Missed runs are skipped, but Azure may start one immediately: {overlap} \
         (`overlap = \"{}\"`).",
        schedule.overlap().name()
    )
}
