//! Verifies the result of a deployment, and revokes unused authorizations.

use super::checks::workflow_changed;
use super::{Applied, Deployer};
use crate::deploy::desired::DesiredJob;
use crate::deploy::live::{LiveState, authorization_id, state};
use crate::deploy::plan::{Change, Cloud, Item, Plan, ResourceName};
use crate::deploy::revocation::Unused;
use crate::deploy::step::{CloudError, Step, StepContext as _, StepError};

/// Maximum number of reads of the deployed state.
const MAX_READS: u32 = 3;

impl Deployer<'_> {
    /// Checks that the live state is the desired state, and revokes unused authorizations.
    /// `authorization` is the id of the one that this deployment gave the workflow.
    pub(super) async fn settle(&self, authorization: Option<String>) -> Result<Applied, StepError> {
        self.progress.begin(Step::Verify);
        let mut verified = Box::pin(self.verify(authorization.as_deref())).await;
        for _ in 1..MAX_READS {
            // Reads may lag behind writes.
            let is_stale = verified.as_ref().is_err_and(|error| {
                matches!(
                    error.error,
                    CloudError::Differs(_)
                        | CloudError::ChangedMeanwhile(_)
                        | CloudError::AuthorizationRevoked
                )
            });
            if !is_stale {
                break;
            }
            tokio::time::sleep(self.clouds.arm.timings().poll).await;
            verified = Box::pin(self.verify(authorization.as_deref())).await;
        }
        let (live, stored_differently) = verified?;
        self.progress.done(Step::Verify);
        Ok(Applied {
            token_needed_by: self.revoke(&live).await?,
            stored_differently,
        })
    }

    /// Revokes unused authorizations after a deployment that failed for some jobs.
    pub(super) async fn revoke_unused(&self) -> Result<(), StepError> {
        let live = LiveState::read(self.clouds, self.approved.desired).await?;
        self.revoke(&live).await.map(drop)
    }

    /// Revokes unused authorizations. Returns the id of an active run that still needs an earlier
    /// token.
    async fn revoke(&self, live: &LiveState) -> Result<Option<String>, StepError> {
        let unused = Unused::new(live, &self.approved.live.heroku.authorizations);
        for id in &unused.revocable {
            let revoking = self.clouds.heroku.delete_authorization(id);
            self.step(Step::RevokeAuthorization, revoking).await?;
        }
        Ok(unused.needed_by)
    }

    /// The live state if it is the desired state, with the names of Azure resources that differ
    /// although this deployment is the current one.
    pub(super) async fn verify(
        &self,
        authorization: Option<&str>,
    ) -> Result<(LiveState, Vec<ResourceName>), StepError> {
        let (desired, step) = (self.approved.desired, Step::Verify);
        let live = LiveState::read(self.clouds, desired).await?;
        if let Some(id) = authorization {
            let mut jobs = desired.jobs.iter();
            let uses_it =
                |job: &DesiredJob| live.azure.workflow(job).and_then(authorization_id) == Some(id);
            if let Some(changed) = jobs.find(|job| !uses_it(job)) {
                return Err(workflow_changed(&changed.workflow)).in_step(step);
            }
            if !live.heroku.authorizations.iter().any(|one| one.id == id) {
                return Err(CloudError::AuthorizationRevoked).in_step(step);
            }
        }
        let left = Plan::new(desired, &live, false)
            .map_err(|StepError { error, .. }| CloudError::RemovedMeanwhile(Box::new(error)))
            .in_step(step)?
            .differing(&live, desired);
        // Another command may have paused or resumed it.
        let before = &self.approved.live.azure;
        let is_switched = desired
            .jobs
            .iter()
            .any(|job| state(live.azure.workflow(job)) != state(before.workflow(job)));
        let (azure, heroku): (Vec<_>, Vec<_>) = left.into_iter().partition(|item| {
            item.resource.kind.cloud() == Cloud::Azure && authorization.is_some() && !is_switched
        });
        let names = |items: Vec<Item>| -> Vec<ResourceName> {
            items.into_iter().map(|item| item.resource).collect()
        };
        // A missing resource is not merely stored differently.
        let is_missing = azure.iter().any(|item| item.change() != Change::Change);
        if heroku.is_empty() && !is_missing {
            return Ok((live, names(azure)));
        }
        let left = names(heroku.into_iter().chain(azure).collect());
        Err(CloudError::Differs(left)).in_step(step)
    }
}
