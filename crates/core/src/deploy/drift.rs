//! Drift of a deployed workflow and its alerts from `picletter.toml`, for display.
//!
//! Secrets are not compared, because they may be unset here.

use secrecy::SecretString;

use super::compare::{self, Expected};
use super::desired::{DesiredJob, DesiredState};
use super::live::{LiveAzure, authorization_id, state};
use super::naming::{METRIC_ALERT, WEBHOOK_TAG, alert_kind, is_ours};
use super::portal_edits::portal_edits;
use super::step::{CloudError, Step, StepContext as _, StepError};
use crate::diagnostic::Diagnose as _;
use picletter_logic_apps::arm::ResourceGroup;

pub use super::naming::AlertKind;

/// The name of the difference between two webhooks.
const WEBHOOK: &str = "ALERT_WEBHOOK";

/// The differences between a job's live workflow and the desired one, one sentence each; none if
/// there is no workflow.
///
/// # Errors
/// The template rejects the parameters.
pub fn drift(
    desired: &DesiredState,
    azure: &LiveAzure,
    job: &DesiredJob,
) -> Result<Vec<String>, StepError> {
    let Some(there) = azure.workflow(job) else {
        return Ok(Vec::new());
    };
    if !is_ours(&there.tags) {
        return Ok(vec![format!(
            "The workflow {} lacks the tag `made-by: picletter`.",
            there.name
        )]);
    }
    if let Err(error) = desired.check_deployment(there) {
        return Ok(vec![sentence(&error)]);
    }
    let mut sentences = Vec::new();
    if let Some(app) = there.another_app(&desired.app) {
        sentences.push(format!(
            "The workflow starts dynos of the app {app} instead of {}.",
            desired.app
        ));
    }
    for edit in portal_edits(&there.definition) {
        sentences.push(format!(
            "Somebody saved the workflow in the Azure portal: {edit}."
        ));
    }
    let webhook = there.tags.get(WEBHOOK_TAG);
    let has_webhook = webhook.is_some_and(|tag| !tag.is_empty());
    let desired = &DesiredState {
        alert_webhook: has_webhook.then(|| SecretString::from("-")),
        ..desired.clone()
    };
    let group = ResourceGroup {
        subscription_id: azure.subscription.clone(),
        name: desired.resource_group.clone(),
        location: azure
            .group
            .as_ref()
            .map(|group| group.location.clone())
            .unwrap_or_default(),
    };
    let authorization = authorization_id(there).unwrap_or_default();
    let live_state = state(Some(there));
    let evaluate = |parameters| {
        let job = DesiredJob {
            parameters,
            ..job.clone()
        };
        desired.workflow(&job, authorization, live_state, &group)
    };
    let resource = evaluate(job.parameters.clone()).in_step(Step::Validate)?;
    let scope = desired.scope(job);
    if let Err(error) = compare::check_location(desired, azure.group.as_ref(), there) {
        sentences.push(sentence(&error));
    }
    let expected = Expected {
        job: job.name.as_deref(),
        resource: &resource,
        parameters: &job.parameters,
        scope: &scope,
        evaluate,
    };
    let differences = compare::workflow(&expected, there).in_step(Step::Validate)?;
    let names = differences.into_iter().map(|difference| difference.name);
    let names = names.filter(|name| name != WEBHOOK);
    sentences.extend(names.map(|name| format!("{name} differs from picletter.toml.")));
    Ok(sentences)
}

/// An error's summary as a sentence.
fn sentence(error: &CloudError) -> String {
    let summary = error.diagnostic().summary;
    let mut rest = summary.chars();
    let first = rest.next().map(char::to_uppercase);
    first
        .into_iter()
        .flatten()
        .chain(rest)
        .chain(['.'])
        .collect()
}

impl LiveAzure {
    /// Whether a job's metric alert of that kind is enabled; `None` if it does not exist.
    pub fn is_alert_enabled(&self, job: &DesiredJob, kind: AlertKind) -> Option<bool> {
        let mut alerts = self.alerts.iter();
        let alert = alerts.find(|alert| {
            alert.workflow.eq_ignore_ascii_case(&job.workflow)
                && alert.r#type == METRIC_ALERT
                && alert_kind(&alert.name) == Some(kind)
        })?;
        Some(alert.resource["properties"]["enabled"] == true)
    }

    /// Whether a job's workflow posts failures to a webhook.
    pub fn has_webhook(&self, job: &DesiredJob) -> bool {
        let workflow = self.workflow(job);
        let tag = workflow.and_then(|workflow| workflow.tags.get(WEBHOOK_TAG));
        tag.is_some_and(|tag| !tag.is_empty())
    }
}
