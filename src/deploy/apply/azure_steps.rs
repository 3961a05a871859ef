//! The steps of a deployment at Azure, and the token that the workflow gets.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::{Decided, Doing};
use crate::deploy::azure::{Deployment, Operation, Parameter};
use crate::deploy::clouds::{Step, StepError};
use crate::deploy::heroku::NewAuthorization;
use crate::deploy::live::Ids;
use crate::deploy::plan::{Change, kind};
use crate::deploy::wanted::{AUTHORIZATION_TAG, Held, MADE_BY};

impl Doing<'_> {
    pub(super) async fn resource_group(&self) -> Result<(), StepError> {
        let Decided {
            wanted, live, plan, ..
        } = self.decided;
        if plan.of(kind::RESOURCE_GROUP) == Change::Create {
            let location = wanted.location.clone().unwrap_or_default();
            let tags = BTreeMap::from([(MADE_BY.0.to_owned(), MADE_BY.1.to_owned())]);
            let creating = self.clouds.arm.create_resource_group(
                &live.azure.subscription,
                &wanted.resource_group,
                &location,
                &tags,
            );
            self.step(Step::CreateResourceGroup, creating).await?;
        }
        Ok(())
    }

    /// What Azure refuses is refused before a secret is made for it.
    pub(super) async fn validate(&self) -> Result<(), StepError> {
        if !self.decided.plan.deploys_template() {
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
        let Decided {
            wanted,
            live,
            scope,
            plan,
            ..
        } = self.decided;
        if !plan.deploys_template() {
            return Ok(None);
        }
        let description = wanted.authorization_description(&live.azure.subscription);
        let scopes = [scope.name()];
        let heroku = &self.clouds.heroku;
        let creating = heroku.create_authorization(&scopes, &description);
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
        let Decided { wanted, live, .. } = self.decided;
        let ids = Ids::new(&live.azure.subscription, wanted);
        // Azure goes on with a deployment that can no longer be followed.
        if !matches!(self.is_deploying().await, Ok(false)) {
            return;
        }
        let Ok(workflow) = self.clouds.arm.workflow(&ids.workflow).await else {
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
        let Decided { wanted, live, .. } = self.decided;
        let webhook = wanted.alert_webhook.clone().unwrap_or_default();
        let secrets = [token, webhook].map(Parameter::Secret);
        let replaced = live.azure.replaced_next(&live.heroku.authorizations);
        let held = Held {
            authorization,
            replaced: &replaced,
        };
        wanted.deployment(&live.azure, &held, secrets)
    }

    /// Alerts that are no longer asked for.
    pub(super) async fn remove_alerts(&self) -> Result<(), StepError> {
        let Decided { live, plan, .. } = self.decided;
        for alert in &live.azure.alerts {
            let removed = plan
                .items
                .iter()
                .any(|item| item.change == Change::Remove && item.name == alert.name);
            if removed {
                let deleting = self.clouds.arm.delete(&alert.id, alert.api_version);
                self.step(Step::DeleteAlerts, deleting).await?;
            }
        }
        Ok(())
    }
}
