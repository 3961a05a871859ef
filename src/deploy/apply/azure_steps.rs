//! The steps of a deployment at Azure, and the token that the workflows get.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;

use super::{ApprovedPlan, Deployer};
use crate::deploy::azure::{self, AT_ONCE, Deployment, Operation, Parameter};
use crate::deploy::concurrent::join_all;
use crate::deploy::desired::{AuthorizationTags, DesiredJob};
use crate::deploy::heroku::NewAuthorization;
use crate::deploy::live::{held_by, replaced_next, state};
use crate::deploy::naming::MADE_BY;
use crate::deploy::plan::{Action, ResourceKind};
use crate::deploy::step::{CloudError, JobError, Step, StepError};

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

    /// Validates the template for each job: what Azure refuses is refused before a secret is made for
    /// it. Gives the jobs that can be deployed; the errors of the others are added to `failed`.
    pub(super) async fn validate(
        &self,
        failed: &Mutex<Vec<JobError>>,
    ) -> Result<Vec<&DesiredJob>, StepError> {
        let jobs = &self.approved.desired.jobs;
        if !self.approved.plan.deploys_template() {
            return Ok(Vec::new());
        }
        let validating = async {
            let validated = jobs.iter().map(|job| async move {
                let deployment = self.deployment(job, "", "-".into());
                (job, self.clouds.arm.validate(&deployment).await)
            });
            self.sort(join_all(validated, AT_ONCE).await, failed)
        };
        self.step(Step::Validate, validating).await
    }

    /// The jobs for which something succeeded.
    ///
    /// # Errors
    /// It succeeded for none.
    fn sort<'j>(
        &self,
        results: Vec<(&'j DesiredJob, Result<(), azure::Error>)>,
        failed: &Mutex<Vec<JobError>>,
    ) -> Result<Vec<&'j DesiredJob>, CloudError> {
        let mut good = Vec::new();
        let mut bad = Vec::new();
        for (job, result) in results {
            match result {
                Ok(()) => good.push(job),
                Err(error) => bad.push(JobError {
                    job: job.label().to_owned(),
                    error: Box::new(error.into()),
                }),
            }
        }
        if good.is_empty() {
            return Err(JobError::all_failed(bad));
        }
        failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(bad);
        Ok(good)
    }

    /// Creates an authorization, and deploys the template with its token for each of `jobs`. Gives the
    /// authorization's id. The errors of jobs that fail are added to `failed`.
    ///
    /// The authorization is created first and the workflows are read then, so that a `pause` beside
    /// it is either seen here or sees the authorization: see [`super::schedule_switch`].
    pub(super) async fn deploy(
        &self,
        jobs: &[&DesiredJob],
        failed: &Mutex<Vec<JobError>>,
    ) -> Result<Option<String>, StepError> {
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
            self.check_workflows().await?;
            let deploying = async {
                let deployed = jobs.iter().map(|job| {
                    let deployment = self.deployment(job, &id, token.clone());
                    async move { (*job, self.deploy_job(job, &deployment).await) }
                });
                self.sort(join_all(deployed, AT_ONCE).await, failed)
            };
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

    async fn deploy_job(
        &self,
        job: &DesiredJob,
        deployment: &Deployment,
    ) -> Result<(), azure::Error> {
        let line = |operation: &Operation| {
            let line = format!("{} {}", operation.name, operation.state);
            let line = match &job.name {
                Some(job) => format!("{job}: {line}"),
                None => line,
            };
            self.progress.line(Step::Deploy, &line);
        };
        self.clouds.arm.deploy(deployment, line).await.map(drop)
    }

    /// Revokes the authorization of a deployment that failed, as far as that is known to be safe; what
    /// stays is revoked by a later one.
    pub(super) async fn revoke_if_unused(&self, id: &str) {
        let ApprovedPlan { desired, live, .. } = self.approved;
        // Azure goes on with a deployment that can no longer be followed.
        if !matches!(self.is_deploying().await, Ok(false)) {
            return;
        }
        let (subscription, group) = (&live.azure.subscription, &desired.resource_group);
        let Ok(workflows) = self.clouds.arm.workflows(subscription, group).await else {
            return;
        };
        if !workflows
            .iter()
            .any(|workflow| held_by(workflow) == Some(id))
        {
            let revoking = self.clouds.heroku.delete_authorization(id);
            // The deployment's own error is what is reported.
            let _ = self.step(Step::RevokeAuthorization, revoking).await;
        }
    }

    pub(super) fn deployment(
        &self,
        job: &DesiredJob,
        authorization: &str,
        token: SecretString,
    ) -> Deployment {
        let ApprovedPlan { desired, live, .. } = self.approved;
        let webhook = desired.alert_webhook.clone().unwrap_or_default();
        let secrets = [token, webhook].map(Parameter::Secret);
        let there = live.azure.workflow(job);
        let replaced = replaced_next(there, &live.heroku.authorizations);
        let tags = AuthorizationTags {
            authorization,
            replaced: &replaced,
        };
        desired.deployment(job, &live.azure.subscription, &tags, state(there), secrets)
    }

    /// Workflows of jobs that the file no longer has, and alerts that are no longer asked for.
    pub(super) async fn remove_resources(&self) -> Result<(), StepError> {
        for item in &self.approved.plan.items {
            if let Action::DeleteResource { id, api_version } = &item.action {
                let step = match item.resource.kind {
                    ResourceKind::Workflow => Step::DeleteWorkflow,
                    _ => Step::DeleteAlerts,
                };
                let deleting = self.clouds.arm.delete(id, api_version);
                self.step(step, deleting).await?;
            }
        }
        Ok(())
    }
}
