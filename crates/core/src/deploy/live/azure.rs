//! The live state of Azure.

use serde_json::Value;

use crate::deploy::api_version;
use crate::deploy::azure::{ResourceGroup, Workflow, WorkflowState};
use crate::deploy::clouds::Clouds;
use crate::deploy::desired::{DesiredJob, DesiredState};
use crate::deploy::heroku::Authorization;
use crate::deploy::naming::{
    ACTION_GROUP, AUTHORIZATION_PREFIX, AUTHORIZATION_TAG, DEPLOYMENT_TAG, MADE_BY, METRIC_ALERT,
    REPLACED_TAG, alert_workflow, is_ours,
};
use crate::deploy::step::{Step, StepContext as _, StepError};

/// The live state of Azure.
#[derive(Debug, Clone)]
pub struct LiveAzure {
    /// The subscription's id.
    pub subscription: String,
    /// The resource group, if it exists.
    pub group: Option<ResourceGroup>,
    /// The deployment's workflows, including those of jobs that are no longer in the file, and
    /// workflows with the name of a job's.
    pub workflows: Vec<Workflow>,
    /// The alerts of these workflows. An alert precedes the resources that it refers to.
    pub alerts: Vec<Alert>,
}

/// A resource that raises alerts or receives them.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Its resource id.
    pub id: String,
    /// Its type, such as `Microsoft.Insights/metricAlerts`.
    pub r#type: &'static str,
    /// Its name.
    pub name: String,
    /// The name of the workflow that it belongs to.
    pub workflow: String,
    /// Its API version.
    pub api_version: &'static str,
    /// Its JSON.
    pub resource: Value,
}

impl Alert {
    /// Whether Picletter created it.
    pub(in crate::deploy) fn is_ours(&self) -> bool {
        self.resource["tags"][MADE_BY.0] == MADE_BY.1
    }
}

impl LiveAzure {
    /// Reads it with a number of requests that does not depend on the number of jobs.
    ///
    /// # Errors
    /// Something could not be read.
    pub async fn read(clouds: &Clouds, desired: &DesiredState) -> Result<Self, StepError> {
        let arm = &clouds.arm;
        let subscription = clouds.subscription_id(desired).await;
        let subscription = subscription.in_step(Step::FindSubscription)?;
        let group = &desired.resource_group;
        let (found, workflows, rules, receivers) = tokio::join!(
            arm.resource_group(&subscription, group),
            arm.workflows(&subscription, group, |name, tags| desired
                .concerns(name, tags)),
            arm.resources_by_type(
                &subscription,
                group,
                METRIC_ALERT,
                api_version::METRIC_ALERTS
            ),
            arm.resources_by_type(
                &subscription,
                group,
                ACTION_GROUP,
                api_version::ACTION_GROUPS
            ),
        );
        let found = found.in_step(Step::ReadResourceGroup)?;
        let workflows = workflows.in_step(Step::ReadWorkflow)?;
        let rules = rules.in_step(Step::ReadAlerts)?;
        let receivers = receivers.in_step(Step::ReadAlerts)?;
        let rules = alerts(METRIC_ALERT, api_version::METRIC_ALERTS, rules);
        let receivers = alerts(ACTION_GROUP, api_version::ACTION_GROUPS, receivers);
        let alerts = rules.chain(receivers);
        let alerts = alerts.filter(|alert| {
            // A resource with the tag belongs to that deployment, whatever its name.
            let tag = alert.resource["tags"][DEPLOYMENT_TAG].as_str();
            if let Some(deployment) = tag.filter(|tag| !tag.is_empty()) {
                return deployment.eq_ignore_ascii_case(&desired.deployment);
            }
            let jobs = desired.jobs.iter().map(|job| &job.workflow);
            let workflows = workflows.iter().map(|workflow| &workflow.name);
            let mut names = jobs.chain(workflows).chain([&desired.deployment]);
            names.any(|name| name.eq_ignore_ascii_case(&alert.workflow))
        });
        Ok(Self {
            alerts: alerts.collect(),
            group: found,
            workflows,
            subscription,
        })
    }

    /// A job's workflow, if it exists.
    pub fn workflow(&self, job: &DesiredJob) -> Option<&Workflow> {
        let mut workflows = self.workflows.iter();
        workflows.find(|workflow| job.has_workflow(workflow))
    }

    /// Workflows of jobs that are no longer in the file.
    pub(in crate::deploy) fn removed<'a>(
        &'a self,
        desired: &'a DesiredState,
    ) -> impl Iterator<Item = &'a Workflow> {
        let workflows = self.workflows.iter();
        workflows.filter(|workflow| !desired.jobs.iter().any(|job| job.has_workflow(workflow)))
    }

    /// Whether a workflow uses the token of that authorization, according to the workflow's tag.
    pub fn uses_authorization(&self, authorization: &str) -> bool {
        let mut workflows = self.workflows.iter();
        workflows.any(|workflow| authorization_id(workflow) == Some(authorization))
    }

    /// Whether the workflows of all `jobs` exist and use the token of that authorization, according to
    /// their tags.
    pub(in crate::deploy) fn all_use_authorization(
        &self,
        authorization: &str,
        jobs: &[&DesiredJob],
    ) -> bool {
        let workflows = jobs.iter().map(|job| self.workflow(job));
        let mut ids = workflows.map(|workflow| workflow.and_then(authorization_id));
        ids.all(|id| id == Some(authorization))
    }

    /// The id of the authorization whose token all workflows of the file use, according to their
    /// tags.
    pub fn authorization(&self, desired: &DesiredState) -> Option<&str> {
        let mut ids = desired
            .jobs
            .iter()
            .filter_map(|job| self.workflow(job))
            .map(authorization_id);
        let first = ids.next()??;
        ids.all(|other| other == Some(first)).then_some(first)
    }

    /// Whether an authorization is this deployment's.
    pub(in crate::deploy) fn owns(
        &self,
        authorization: &Authorization,
        desired: &DesiredState,
    ) -> bool {
        let Authorization {
            id, description, ..
        } = authorization;
        let is_named = self.uses_authorization(id) || self.replaced_authorization(id);
        // Tags alone are not sufficient: others can write them, and unused authorizations are
        // revoked.
        desired
            .names(&self.subscription)
            .describes_authorization(description)
            || is_named && description.starts_with(AUTHORIZATION_PREFIX)
    }

    /// Whether a workflow used the token of that authorization before, according to the workflow's
    /// tag.
    pub(in crate::deploy) fn replaced_authorization(&self, authorization: &str) -> bool {
        let mut before = self.workflows.iter().flat_map(replaced_authorization_ids);
        before.any(|id| id == authorization)
    }

    /// Workflows that start dynos in another app than the desired one, each with that app.
    pub(in crate::deploy) fn starting_another_app<'a>(
        &'a self,
        desired: &'a DesiredState,
    ) -> impl Iterator<Item = (&'a Workflow, &'a str)> {
        let workflows = self.workflows.iter();
        workflows.filter_map(|workflow| Some((workflow, workflow.another_app(&desired.app)?)))
    }

    /// Whether Picletter created the resource group.
    pub(crate) fn group_made_by_us(&self) -> bool {
        self.group
            .as_ref()
            .is_some_and(|group| is_ours(&group.tags))
    }
}

/// The authorization ids for a workflow's tag after it gets another token: its current
/// authorization, and earlier ones that still exist, newest first.
pub(in crate::deploy) fn replaced_next(
    workflow: Option<&Workflow>,
    existing: &[Authorization],
) -> String {
    let Some(workflow) = workflow else {
        return String::new();
    };
    let ids = authorization_id(workflow)
        .into_iter()
        .chain(replaced_authorization_ids(workflow));
    let mut ids: Vec<&str> = ids
        .filter(|id| existing.iter().any(|one| one.id == *id))
        .collect();
    // "Tag values are limited to 256 characters", which is six ids.
    // Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>.
    while ids.iter().map(|id| id.len() + 1).sum::<usize>() > 256 {
        ids.pop();
    }
    ids.join(" ")
}

/// The state of a workflow. Deployments do not change it: a paused one stays paused.
pub fn state(workflow: Option<&Workflow>) -> WorkflowState {
    match workflow {
        Some(workflow) if workflow.is(WorkflowState::Disabled) => WorkflowState::Disabled,
        _ => WorkflowState::Enabled,
    }
}

/// The id of the authorization whose token a workflow uses, according to the workflow's tag.
pub(in crate::deploy) fn authorization_id(workflow: &Workflow) -> Option<&str> {
    workflow.tags.get(AUTHORIZATION_TAG).map(String::as_str)
}

/// The ids of the authorizations whose tokens a workflow used before, according to its tag.
pub(in crate::deploy) fn replaced_authorization_ids(
    workflow: &Workflow,
) -> impl Iterator<Item = &str> {
    let before = workflow.tags.get(REPLACED_TAG).map(String::as_str);
    before.unwrap_or_default().split_whitespace()
}

/// The resources of a type that are alerts of workflows, by their names.
fn alerts(
    r#type: &'static str,
    api_version: &'static str,
    resources: Vec<Value>,
) -> impl Iterator<Item = Alert> {
    resources.into_iter().filter_map(move |resource| {
        let name = resource["name"].as_str()?.to_owned();
        Some(Alert {
            id: resource["id"].as_str()?.to_owned(),
            workflow: alert_workflow(r#type, &name)?.to_owned(),
            r#type,
            name,
            api_version,
            resource,
        })
    })
}
