//! Pauses and resumes the workflow together with its alerts.
//!
//! A deployment sets the same state, and Azure has no way to make one wait for the other. So a
//! deployment creates its Heroku authorization first and reads the workflow's state after that, and a
//! switch sets the state first and looks for such an authorization after that: one of the two notices
//! the other.

use jiff::Timestamp;

use super::api_version::METRIC_ALERTS;
use super::clouds::Clouds;
use super::desired::DesiredState;
use super::live::{Alert, LiveAzure, alerts};
use super::revocation::is_of_deployment_under_way;
use super::step::{CloudError, Step, StepContext as _, StepError};

/// What the workflow and its alerts are switched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// No run starts, and no alert is raised.
    Pause,
    /// Runs start on schedule.
    Resume,
}

impl Switch {
    const fn command(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    const fn step(self) -> Step {
        match self {
            Self::Pause => Step::Pause,
            Self::Resume => Step::Resume,
        }
    }

    /// Switches the workflow, then its alerts, and reads both again. Gives what could not be checked
    /// while Heroku cannot be read: whether a deployment is under way.
    ///
    /// # Errors
    /// There is no such workflow; a step failed; somebody else switched it meanwhile, or a deployment
    /// may yet do so. Repeating the command is safe.
    pub async fn apply(
        self,
        clouds: &Clouds,
        desired: &DesiredState,
    ) -> Result<Option<StepError>, StepError> {
        let arm = &clouds.arm;
        let subscription = clouds.subscription_id(desired).await;
        let subscription = subscription.in_step(Step::FindSubscription)?;
        let names = desired.names(&subscription);
        let id = names.workflow_id();
        let workflow = arm.workflow(&id).await.in_step(self.step())?;
        if let Some(workflow) = &workflow {
            desired.check_app(workflow).in_step(self.step())?;
        }
        let switching = match self {
            Self::Pause => arm.disable(&id).await,
            Self::Resume => arm.enable(&id).await,
        };
        switching.in_step(self.step())?;
        for alert in alerts(clouds, &names).await? {
            if self.differs(&alert) {
                match arm.enable_alert(&alert.id, self == Self::Resume).await {
                    // Removed since it was read; what is there now is read below.
                    Err(error) if error.is_not_found() => {}
                    switching => switching.in_step(Step::SwitchAlerts)?,
                }
            }
        }
        self.verify(clouds, desired, &subscription).await
    }

    /// Whether an alert is one of those that are switched, and is not as it should be.
    fn differs(self, alert: &Alert) -> bool {
        let enabled = alert.resource["properties"]["enabled"].as_bool();
        alert.api_version == METRIC_ALERTS && enabled != Some(self == Self::Resume)
    }

    async fn verify(
        self,
        clouds: &Clouds,
        desired: &DesiredState,
        subscription: &str,
    ) -> Result<Option<StepError>, StepError> {
        // First: what a deployment that ends right after this has made is read below.
        let is_deploying = clouds
            .arm
            .is_deploying(
                subscription,
                &desired.resource_group,
                &desired.deployment_name(),
            )
            .await
            .in_step(Step::Verify)?;
        let (azure, authorizations) = tokio::join!(
            Box::pin(LiveAzure::read(clouds, desired)),
            clouds.heroku.authorizations()
        );
        let azure = azure?;
        let is_switched = azure.workflow.is_some() && azure.is_paused() == (self == Self::Pause);
        if !is_switched || azure.alerts.iter().any(|alert| self.differs(alert)) {
            return Err(CloudError::SwitchedMeanwhile(self.command())).in_step(Step::Verify);
        }
        let (authorizations, unchecked) = match authorizations.in_step(Step::ReadAuthorizations) {
            Ok(authorizations) => (authorizations, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let now = Timestamp::now();
        let is_about_to_deploy = authorizations
            .iter()
            .any(|one| azure.owns(one, desired) && is_of_deployment_under_way(one, &azure, now));
        if is_deploying || is_about_to_deploy {
            return Err(CloudError::DeploymentUnderWay(self.command())).in_step(self.step());
        }
        Ok(unchecked)
    }
}
