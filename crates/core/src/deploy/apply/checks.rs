//! Checks that nothing has changed since planning.

use super::{ApprovedPlan, Deployer};
use crate::deploy::azure::{self, READS_AT_ONCE, Workflow};
use crate::deploy::concurrent::join_all;
use crate::deploy::live::LiveState;
use crate::deploy::step::{CloudError, Step, StepContext as _, StepError, join_results};

impl Deployer<'_> {
    /// Checks that Heroku's release id and the workflow's version are those of the plan.
    pub(super) async fn check_nothing_changed(&self) -> Result<(), StepError> {
        let LiveState { heroku, azure, .. } = self.approved.live;
        if heroku.app.is_none() && azure.workflows.is_empty() {
            // Nothing exists yet that could be compared. Of two concurrent deployments, only one can create the app.
            return Ok(());
        }
        let (app, workflow, deploying) = tokio::join!(
            self.check_app(),
            self.check_workflows(),
            self.check_no_deployment()
        );
        join_results(join_results(app, workflow), deploying)?;
        Ok(())
    }

    /// Checks that no deployment of these workflows is in progress at Azure.
    pub(super) async fn check_no_deployment(&self) -> Result<(), StepError> {
        let step = Step::CheckNothingChanged;
        if self.is_deploying().await.in_step(step)? {
            return Err(CloudError::AnotherDeployment).in_step(step);
        }
        Ok(())
    }

    pub(super) async fn is_deploying(&self) -> Result<bool, azure::Error> {
        let ApprovedPlan { desired, live, .. } = self.approved;
        let (group, subscription) = (&desired.resource_group, &live.azure.subscription);
        let arm = &self.clouds.arm;
        let jobs = desired.jobs.iter().map(|job| async move {
            let name = job.deployment_name();
            arm.is_deploying(subscription, group, &name).await
        });
        let found = join_all(jobs, READS_AT_ONCE).await.into_iter();
        let found: Vec<bool> = found.collect::<Result<_, _>>()?;
        Ok(found.contains(&true))
    }

    /// Checks that the app's latest release is that of the plan.
    pub(super) async fn check_app(&self) -> Result<(), StepError> {
        let live = &self.approved.live.heroku;
        if live.app.is_none() {
            return Ok(());
        }
        self.check_release(live.release()).await
    }

    /// Checks that the app's latest release is `expected`.
    pub(super) async fn check_release(&self, expected: Option<&str>) -> Result<(), StepError> {
        if self.latest_release().await?.as_deref() != expected {
            let changed = self.app_changed();
            return Err(changed).in_step(Step::CheckNothingChanged);
        }
        Ok(())
    }

    /// The error for an app that has changed since planning.
    pub(super) fn app_changed(&self) -> CloudError {
        CloudError::ChangedMeanwhile(format!("the app {}", self.approved.desired.app))
    }

    pub(super) async fn latest_release(&self) -> Result<Option<String>, StepError> {
        let app = &self.approved.desired.app;
        let releases = self.clouds.heroku.releases(app, 1).await;
        let releases = releases.in_step(Step::CheckNothingChanged)?;
        Ok(releases.into_iter().next().map(|release| release.id))
    }

    /// Checks that the workflows are those of the plan.
    pub(super) async fn check_workflows(&self) -> Result<(), StepError> {
        let ApprovedPlan { desired, live, .. } = self.approved;
        let step = Step::CheckNothingChanged;
        let (subscription, group) = (&live.azure.subscription, &desired.resource_group);
        let arm = &self.clouds.arm;
        let concerned = |name: &str, tags: &_| desired.concerns(name, tags);
        let now = arm.workflows(subscription, group, concerned).await;
        let now = now.in_step(step)?;
        for job in &desired.jobs {
            let now = now.iter().find(|workflow| job.has_workflow(workflow));
            is_unchanged(live.azure.workflow(job), now, &job.workflow).in_step(step)?;
        }
        Ok(())
    }

    /// Checks that a workflow still equals `planned`. Called right before the workflow is written.
    pub(super) async fn check_workflow(
        &self,
        id: &str,
        name: &str,
        planned: Option<&Workflow>,
    ) -> Result<(), CloudError> {
        let now = self.clouds.arm.workflow(id).await?;
        is_unchanged(planned, now.as_ref(), name)
    }
}

/// ARM has no ETag for workflows, so this compares `version`, `state`, and tags.
fn is_unchanged(
    planned: Option<&Workflow>,
    now: Option<&Workflow>,
    name: &str,
) -> Result<(), CloudError> {
    let compared = |it: &Workflow| (it.version.clone(), it.state.clone(), it.tags.clone());
    if now.map(compared) == planned.map(compared) {
        return Ok(());
    }
    Err(workflow_changed(name))
}

/// The error for a workflow that has changed since planning.
pub(super) fn workflow_changed(name: &str) -> CloudError {
    CloudError::ChangedMeanwhile(format!("the workflow {name}"))
}
