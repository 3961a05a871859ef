//! The steps of a deployment at Azure, and the token that the workflows get.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::{ApprovedPlan, Deployer};
use crate::deploy::azure::{
    self, AT_ONCE, Deployment, Operation, Parameter, READS_AT_ONCE, Workflow,
};
use crate::deploy::concurrent::join_all;
use crate::deploy::desired::{AuthorizationTags, DesiredJob, DesiredState};
use crate::deploy::heroku::NewAuthorization;
use crate::deploy::live::{authorization_id, replaced_next, state};
use crate::deploy::naming::MADE_BY;
use crate::deploy::plan::Action;
use crate::deploy::step::{self, CloudError, JobError, Step, StepError};

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

    /// Validates the template for each job, before a token is created for it.
    ///
    /// # Errors
    /// Azure rejects it for every job.
    pub(super) async fn validate(&self) -> Result<JobResults<'_>, StepError> {
        let desired = self.approved.desired;
        if !self.approved.plan.deploys_template() {
            return Ok(JobResults::default());
        }
        let validating = async {
            let validated = desired.jobs.iter().map(|job| async move {
                let deployment = self.deployment(job, "", "-".into());
                let validated = self.clouds.arm.validate(&deployment).await;
                (job, validated.map_err(CloudError::from))
            });
            let mut results = JobResults::default();
            results.add(join_all(validated, AT_ONCE).await);
            results.unless_all_failed(desired)
        };
        self.step(Step::Validate, validating).await
    }

    /// Creates an authorization, and deploys the template with its token for each job that is
    /// `valid`. Returns the authorization's id, and which jobs were deployed.
    ///
    /// Creates the authorization first, and reads each workflow right before writing it. In this
    /// order, either this deployment detects a concurrent `pause`, or `pause` detects the
    /// authorization: see [`super::schedule_switch`].
    ///
    /// # Errors
    /// No job was deployed.
    pub(super) async fn deploy<'j>(
        &self,
        valid: JobResults<'j>,
    ) -> Result<(Option<String>, JobResults<'j>), StepError> {
        let mut actions = self.approved.plan.actions();
        let new = actions.find_map(|action| match action {
            Action::CreateAuthorization {
                description, scope, ..
            } => Some((description, scope)),
            _ => None,
        });
        let Some((description, scope)) = new else {
            return Ok((None, valid));
        };
        let scopes = [scope.name()];
        let heroku = &self.clouds.heroku;
        let creating = heroku.create_authorization(&scopes, description);
        let NewAuthorization { id, token } = self.step(Step::CreateAuthorization, creating).await?;
        let deploying = async {
            let deployed = valid.succeeded.iter().map(|job| {
                let deployment = self.deployment(job, &id, token.clone());
                async move { (*job, self.deploy_job(job, &deployment).await) }
            });
            let mut results = JobResults {
                succeeded: Vec::new(),
                failed: valid.failed,
            };
            results.add(join_all(deployed, AT_ONCE).await);
            results.unless_all_failed(self.approved.desired)
        };
        match self.step(Step::Deploy, deploying).await {
            Ok(results) => Ok((Some(id), results)),
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
    ) -> Result<(), CloudError> {
        let ApprovedPlan { desired, live, .. } = self.approved;
        let id = desired
            .names(&live.azure.subscription)
            .workflow_id(&job.workflow);
        let planned = live.azure.workflow(job);
        self.check_workflow(&id, &job.workflow, planned).await?;
        let line = |operation: &Operation| {
            let line = format!("{} {}", operation.name, operation.state);
            let line = match &job.name {
                Some(job) => format!("{job}: {line}"),
                None => line,
            };
            self.progress.line(Step::Deploy, &line);
        };
        self.clouds.arm.deploy(deployment, line).await?;
        Ok(())
    }

    /// Revokes the authorization of a failed deployment if that is safe. Otherwise a later
    /// deployment revokes it.
    pub(super) async fn revoke_if_unused(&self, id: &str) {
        let ApprovedPlan { desired, live, .. } = self.approved;
        // Azure continues a deployment that can no longer be followed.
        if !matches!(self.is_deploying().await, Ok(false)) {
            return;
        }
        // Read one by one: a list may be outdated, and a revocation cannot be undone.
        let names = desired.names(&live.azure.subscription);
        let uses_it = desired.jobs.iter().map(|job| {
            let workflow = names.workflow_id(&job.workflow);
            async move {
                let workflow = self.clouds.arm.workflow(&workflow).await?;
                Ok::<_, azure::Error>(workflow.is_some_and(|it| authorization_id(&it) == Some(id)))
            }
        });
        let uses_it = join_all(uses_it, READS_AT_ONCE).await;
        if uses_it
            .into_iter()
            .all(|uses_it| matches!(uses_it, Ok(false)))
        {
            let revoking = self.clouds.heroku.delete_authorization(id);
            // Only the error of the deployment is reported.
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

    /// Removes workflows of jobs that are no longer in the file, and alerts that are no longer
    /// desired.
    pub(super) async fn remove_resources(&self) -> Result<(), StepError> {
        let ApprovedPlan { live, plan, .. } = self.approved;
        let arm = &self.clouds.arm;
        let (mut workflows, mut alerts) = (Vec::new(), Vec::new());
        for item in &plan.items {
            if let Action::DeleteResource { id, api_version } = &item.action {
                let mut there = live.azure.workflows.iter();
                match there.find(|workflow| workflow.id == *id) {
                    Some(planned) => workflows.push(self.delete_workflow(planned, api_version)),
                    None => alerts.push(arm.delete(id, api_version)),
                }
            }
        }
        step::run_each(self.progress, Step::DeleteWorkflow, workflows, AT_ONCE).await?;
        step::run_each(self.progress, Step::DeleteAlerts, alerts, AT_ONCE).await
    }

    async fn delete_workflow(
        &self,
        planned: &Workflow,
        api_version: &str,
    ) -> Result<(), CloudError> {
        let Workflow { id, name, .. } = planned;
        self.check_workflow(id, name, Some(planned)).await?;
        Ok(self.clouds.arm.delete(id, api_version).await?)
    }
}

/// The result of each job of a file.
#[derive(Default)]
pub(super) struct JobResults<'j> {
    pub(super) succeeded: Vec<&'j DesiredJob>,
    pub(super) failed: Vec<JobError>,
}

impl<'j> JobResults<'j> {
    fn add(&mut self, results: Vec<(&'j DesiredJob, Result<(), CloudError>)>) {
        for (job, result) in results {
            match result {
                Ok(()) => self.succeeded.push(job),
                Err(error) => self.failed.push(JobError {
                    job: job.label().to_owned(),
                    error: Box::new(error),
                }),
            }
        }
    }

    /// This result, if at least one job succeeded.
    fn unless_all_failed(self, desired: &DesiredState) -> Result<Self, CloudError> {
        if !self.succeeded.is_empty() {
            return Ok(self);
        }
        let is_short = desired.deployment_tag().is_none();
        Err(JobError::all_failed(self.failed, is_short))
    }

    /// An error if a job failed.
    pub(super) fn into_result(self) -> Result<(), CloudError> {
        if self.failed.is_empty() {
            return Ok(());
        }
        let deployed = self.succeeded.iter().map(|job| job.label().to_owned());
        Err(CloudError::Jobs {
            deployed: deployed.collect(),
            failed: self.failed,
        })
    }
}
