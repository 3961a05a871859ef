//! The steps of a deployment at Azure, and the token that the workflow gets.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::{ApprovedPlan, Deployer};
use crate::deploy::azure::{Deployment, Operation, Parameter};
use crate::deploy::desired::AuthorizationTags;
use crate::deploy::heroku::NewAuthorization;
use crate::deploy::naming::{AUTHORIZATION_TAG, MADE_BY};
use crate::deploy::plan::Action;
use crate::deploy::step::{Step, StepError};

impl Deployer<'_> {
    pub(super) async fn resource_group(&self) -> Result<(), StepError> {
        let ApprovedPlan {
            desired,
            live,
            plan,
            ..
        } = self.approved;
        for action in plan.actions() {
            let Action::CreateResourceGroup { location } = action else {
                continue;
            };
            let tags = BTreeMap::from([(MADE_BY.0.to_owned(), MADE_BY.1.to_owned())]);
            let creating = self.clouds.arm.create_resource_group(
                &live.azure.subscription,
                &desired.resource_group,
                location,
                &tags,
            );
            self.step(Step::CreateResourceGroup, creating).await?;
        }
        Ok(())
    }

    /// What Azure refuses is refused before a secret is made for it.
    pub(super) async fn validate(&self) -> Result<(), StepError> {
        if !self.approved.plan.deploys_template() {
            return Ok(());
        }
        let deployment = self.deployment("", "-".into());
        let validating = self.clouds.arm.validate(&deployment);
        self.step(Step::Validate, validating).await
    }

    /// Gives the workflow a new token, and deploys the template with it. Gives the id of the token's
    /// authorization.
    ///
    /// The authorization is created first and the workflow is looked at then, so that a `pause` beside
    /// it is either seen here or sees the authorization: see [`super::schedule_switch`].
    pub(super) async fn deploy(&self) -> Result<Option<String>, StepError> {
        let mut actions = self.approved.plan.actions();
        let new = actions.find_map(|action| match action {
            Action::CreateAuthorization {
                description, scope, ..
            } => Some((description, scope)),
            _ => None,
        });
        let Some((description, scope)) = new else {
            return Ok(None);
        };
        let scopes = [scope.name()];
        let heroku = &self.clouds.heroku;
        let creating = heroku.create_authorization(&scopes, description);
        let NewAuthorization { id, token } = self.step(Step::CreateAuthorization, creating).await?;
        let deployed = async {
            self.check_workflow().await?;
            let deployment = self.deployment(&id, token);
            let line = |operation: &Operation| {
                let line = format!("{} {}", operation.name, operation.state);
                self.progress.line(Step::Deploy, &line);
            };
            let deploying = self.clouds.arm.deploy(&deployment, line);
            self.step(Step::Deploy, deploying).await
        };
        match Box::pin(deployed).await {
            Ok(_) => Ok(Some(id)),
            Err(error) => {
                self.revoke_if_unused(&id).await;
                Err(error)
            }
        }
    }

    /// Revokes the authorization of a deployment that failed, as far as that is known to be safe; what
    /// stays is revoked by a later one.
    pub(super) async fn revoke_if_unused(&self, id: &str) {
        let ApprovedPlan { desired, live, .. } = self.approved;
        // Azure goes on with a deployment that can no longer be followed.
        if !matches!(self.is_deploying().await, Ok(false)) {
            return;
        }
        let id_of_workflow = desired.names(&live.azure.subscription).workflow_id();
        let Ok(workflow) = self.clouds.arm.workflow(&id_of_workflow).await else {
            return;
        };
        let held = workflow
            .as_ref()
            .and_then(|it| it.tags.get(AUTHORIZATION_TAG));
        if held.is_none_or(|held| held != id) {
            let revoking = self.clouds.heroku.delete_authorization(id);
            // The deployment's own error is what is reported.
            let _ = self.step(Step::RevokeAuthorization, revoking).await;
        }
    }

    pub(super) fn deployment(&self, authorization: &str, token: SecretString) -> Deployment {
        let ApprovedPlan { desired, live, .. } = self.approved;
        let webhook = desired.alert_webhook.clone().unwrap_or_default();
        let secrets = [token, webhook].map(Parameter::Secret);
        let replaced = live.azure.replaced_next(&live.heroku.authorizations);
        let tags = AuthorizationTags {
            authorization,
            replaced: &replaced,
        };
        desired.deployment(&live.azure.subscription, &tags, live.azure.state(), secrets)
    }

    /// Alerts that are no longer asked for.
    pub(super) async fn remove_alerts(&self) -> Result<(), StepError> {
        for action in self.approved.plan.actions() {
            if let Action::DeleteResource { id, api_version } = action {
                let deleting = self.clouds.arm.delete(id, api_version);
                self.step(Step::DeleteAlerts, deleting).await?;
            }
        }
        Ok(())
    }
}
