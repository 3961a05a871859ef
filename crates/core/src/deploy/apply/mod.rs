//! Brings both clouds to the desired state, step by step. The next deployment can continue from the
//! state after any step. Independent steps run concurrently.

mod azure_steps;
mod checks;
mod heroku_steps;
mod verify;

use super::clouds::Clouds;
use super::desired::DesiredState;
use super::image::Image;
use super::live::LiveState;
use super::plan::{Action, Plan, ResourceName};
use super::step::{self, CloudError, Progress, Step, StepContext as _, StepError, join_results};

/// A plan to apply, with the states that it was computed from.
#[derive(Debug, Clone, Copy)]
pub struct ApprovedPlan<'a> {
    /// The desired state.
    pub desired: &'a DesiredState,
    /// The live state at planning time.
    pub live: &'a LiveState,
    /// The plan.
    pub plan: &'a Plan,
    /// The image, if one was given.
    pub image: Option<&'a Image>,
}

/// What a deployment leaves to a later one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// The id of an active run that still needs an earlier token, which is therefore not revoked yet.
    pub token_needed_by: Option<String>,
    /// Azure resources that differ from the template right after its deployment. Azure stores them
    /// differently, so every plan lists them.
    pub stored_differently: Vec<ResourceName>,
}

impl ApprovedPlan<'_> {
    /// Applies the plan and verifies the result: success means that the live state is the desired
    /// state.
    ///
    /// # Errors
    /// The plan is incomplete, a step failed, or somebody else made a conflicting change.
    /// Concurrent steps are completed first.
    pub async fn apply(
        &self,
        clouds: &Clouds,
        progress: &dyn Progress,
    ) -> Result<Applied, StepError> {
        self.plan.is_complete()?;
        let deployer = Deployer {
            approved: *self,
            clouds,
            progress,
        };
        // Everything it changes existed at planning time, or was created by it.
        let applied = Box::pin(deployer.apply()).await;
        let applied = applied.map_err(StepError::removed_meanwhile);
        match applied {
            Err(error) if matches!(error.error, CloudError::AuthorizationRevoked) => {
                self.apply_with_another_token(clouds, progress, error).await
            }
            applied => applied,
        }
    }

    /// Replaces the workflows' token if somebody revoked it during this deployment. If anything
    /// else would have to change, changes nothing and returns the difference.
    async fn apply_with_another_token(
        &self,
        clouds: &Clouds,
        progress: &dyn Progress,
        revoked: StepError,
    ) -> Result<Applied, StepError> {
        let live = Box::pin(LiveState::read(clouds, self.desired)).await?;
        let scope = self.plan.actions().find_map(|action| match action {
            Action::CreateAuthorization { scope, .. } => Some(*scope),
            _ => None,
        });
        let scope = scope.unwrap_or_else(|| live.next_scope());
        let plan = Plan::with_scope(self.desired, &live, false, scope)?;
        let Some(plan) = plan.only_the_token() else {
            return Err(revoked);
        };
        let approved = ApprovedPlan {
            live: &live,
            plan: &plan,
            ..*self
        };
        let deployer = Deployer {
            approved,
            clouds,
            progress,
        };
        let applied = Box::pin(deployer.apply()).await;
        applied.map_err(StepError::removed_meanwhile)
    }
}

struct Deployer<'a> {
    approved: ApprovedPlan<'a>,
    clouds: &'a Clouds,
    progress: &'a dyn Progress,
}

impl Deployer<'_> {
    async fn apply(&self) -> Result<Applied, StepError> {
        self.check_nothing_changed().await?;
        // First, because Azure may reject the location.
        self.resource_group().await?;
        self.app().await?;
        // Not `try_join!`: if one side fails, the other is completed.
        let (filled, valid) = tokio::join!(self.fill_app(), self.validate());
        let ((), valid) = join_results(filled, valid)?;
        let (authorization, jobs) = self.deploy(valid).await?;
        if jobs.failed.is_empty() {
            self.remove_resources().await?;
            return self.settle(authorization).await;
        }
        // Nothing is removed: a job that failed may have been renamed, and then only its old workflow works.
        self.revoke_unused().await?;
        jobs.into_result().in_step(Step::Deploy)?;
        Ok(Applied::default())
    }

    async fn step<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, impl Into<CloudError>>>,
    ) -> Result<T, StepError> {
        Box::pin(step::run(self.progress, step, work)).await
    }
}
