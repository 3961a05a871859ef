//! Drift of a deployed workflow and its alerts from `picletter.toml`, for display.
//!
//! Secrets are not compared, because they may be unset here.

use secrecy::SecretString;

use super::azure::{ResourceGroup as LiveGroup, Workflow};
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

/// The differences between a job's live workflow and the desired one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Each difference as a sentence.
    pub sentences: Vec<String>,
    /// The keys of `picletter.toml` and the parts of the template that differ.
    pub keys: Vec<String>,
    /// Whether the schedule differs, or was not compared because the workflow is not this
    /// deployment's.
    pub has_other_schedule: bool,
}

impl Drift {
    /// The drift of a workflow that is not this deployment's.
    fn foreign(sentence: String) -> Self {
        Self {
            sentences: vec![sentence],
            keys: Vec::new(),
            has_other_schedule: true,
        }
    }
}

/// Compares a job's live workflow with the desired one. Without `group`, its location is compared
/// only with `location` in the file.
///
/// # Errors
/// The template rejects the parameters.
pub fn drift(
    desired: &DesiredState,
    subscription: &str,
    group: Option<&LiveGroup>,
    job: &DesiredJob,
    there: &Workflow,
) -> Result<Drift, StepError> {
    if !is_ours(&there.tags) {
        return Ok(Drift::foreign(format!(
            "The workflow {} lacks the tag `made-by: picletter`.",
            there.name
        )));
    }
    if let Err(error) = desired.check_deployment(there) {
        return Ok(Drift::foreign(sentence(&error)));
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
    let scope_group = ResourceGroup {
        subscription_id: subscription.to_owned(),
        name: desired.resource_group.clone(),
        location: group
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
        desired.workflow(&job, authorization, live_state, &scope_group)
    };
    let resource = evaluate(job.parameters.clone()).in_step(Step::Validate)?;
    let scope = desired.scope(job);
    if let Err(error) = compare::check_location(desired, group, there) {
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
    let keys: Vec<String> = names.filter(|name| name != WEBHOOK).collect();
    let differs = |name: &String| format!("{name} differs from picletter.toml.");
    sentences.extend(keys.iter().map(differs));
    Ok(Drift {
        sentences,
        has_other_schedule: keys.contains(&expected.schedule()),
        keys,
    })
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
