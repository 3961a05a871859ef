//! Brings both clouds to the desired state, step by step. Each step leaves a state that the next
//! deployment goes on from; steps that need nothing of one another are taken at the same time.

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

/// A plan to apply, with what it was made from.
#[derive(Debug, Clone, Copy)]
pub struct ApprovedPlan<'a> {
    /// The desired state.
    pub desired: &'a DesiredState,
    /// What there was when the plan was made.
    pub live: &'a LiveState,
    /// The plan.
    pub plan: &'a Plan,
    /// The image, where one was given.
    pub image: Option<&'a Image>,
}

/// What a deployment leaves for a later one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// The id of the active run for which an earlier token is not revoked yet.
    pub token_needed_by: Option<String>,
    /// Resources at Azure that differ from the template right after it was deployed: Azure stores them
    /// differently, and every plan will show them.
    pub stored_differently: Vec<ResourceName>,
}

impl ApprovedPlan<'_> {
    /// Does it, and reads everything again: success means that the live state is the desired one.
    ///
    /// # Errors
    /// The plan lacks something; a step failed; somebody else changed something meanwhile. Steps that
    /// were under way at the same time have come to their end.
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
        // What it changes was there when the plan was made, or was created by it.
        let applied = Box::pin(deployer.apply()).await;
        let applied = applied.map_err(StepError::removed_meanwhile);
        match applied {
            Err(error) if matches!(error.error, CloudError::AuthorizationRevoked) => {
                self.apply_with_another_token(clouds, progress, error).await
            }
            applied => applied,
        }
    }

    /// Gives the workflows another token in place of one that somebody revoked while this deployment
    /// was under way. Where more than that has to change, it stays as it is, and is reported.
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
        // Not try_join: what has begun on the one side comes to its end when the other fails.
        let (app, group) = tokio::join!(self.app(), self.resource_group());
        join_results(app, group)?;
        let (filled, valid) = tokio::join!(self.fill_app(), self.validate());
        let ((), valid) = join_results(filled, valid)?;
        let (authorization, jobs) = self.deploy(valid).await?;
        if jobs.failed.is_empty() {
            self.remove_resources().await?;
            return self.settle(authorization).await;
        }
        // Nothing is removed: a job that failed may be one that was renamed.
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
