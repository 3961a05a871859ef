//! Azure's own preview of the template's changes, which is slower than our plan and uses other
//! rules.

use serde::Serialize;
use serde_json::Value;

use super::azure::{AT_ONCE, ChangeType, Parameter, PropertyChange, WhatIfChange};
use super::clouds::Clouds;
use super::concurrent::join_all;
use super::desired::{AuthorizationTags, DesiredJob, DesiredState};
use super::difference::{DesiredValues, LiveValue};
use super::live::{LiveState, state};
use super::plan::{self, Plan};
use super::step::{Step, StepContext as _, StepError};

/// Placeholder for secrets, because Azure only compares them.
const SECRET: &str = "(secret)";

/// What would happen to one resource, in Azure's message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceChange {
    /// Its resource id.
    pub id: String,
    /// The change.
    pub change: ChangeType,
    /// Why Azure cannot predict it.
    pub reason: Option<String>,
    /// Its properties that would change.
    pub properties: Vec<Property>,
}

/// Azure's predicted change of one property.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Property {
    /// Its path within the resource, such as `properties.state` or `tags.a`; `[0]` is in an array.
    pub path: String,
    /// `Create`, `Delete`, `Modify`, or `NoEffect`.
    pub change: String,
    /// Its current value: a fingerprint, unless the template has the same value.
    pub old: Option<LiveValue>,
    /// Its new value, likewise, because Azure may add values.
    pub new: Option<LiveValue>,
}

/// Requests the preview; `None` if the resource group does not exist, which the preview requires.
///
/// # Errors
/// Azure would reject the deployment, or cannot predict the changes.
pub async fn preview(
    clouds: &Clouds,
    desired: &DesiredState,
    live: &LiveState,
    plan: &Plan,
) -> Result<Option<Vec<ResourceChange>>, StepError> {
    if live.azure.group.is_none() {
        return Ok(None);
    }
    let current = live.azure.authorization(desired);
    let current = current.filter(|_| !plan.deploys_template());
    let authorization = current.unwrap_or("(new)");
    let previews = desired
        .jobs
        .iter()
        .map(|job| preview_job(clouds, desired, job, live, authorization));
    let changes = join_all(previews, AT_ONCE).await.into_iter();
    let changes: Vec<Vec<ResourceChange>> = changes.collect::<Result<_, _>>()?;
    let mut all: Vec<ResourceChange> = Vec::new();
    for change in changes.into_iter().flatten() {
        // A resource that one job's template lacks may be in another's, and others are reported
        // once.
        match all.iter_mut().find(|known| known.id == change.id) {
            Some(known) if known.change == ChangeType::Ignore => *known = change,
            Some(_) => {}
            None => all.push(change),
        }
    }
    Ok(Some(all))
}

async fn preview_job(
    clouds: &Clouds,
    desired: &DesiredState,
    job: &DesiredJob,
    live: &LiveState,
    authorization: &str,
) -> Result<Vec<ResourceChange>, StepError> {
    let tags = AuthorizationTags {
        authorization,
        replaced: "",
    };
    let placeholder = |text: &str| Parameter::Plain(text.into());
    let webhook = desired.alert_webhook.as_ref().map_or("", |_| SECRET);
    let secrets = [placeholder(SECRET), placeholder(webhook)];
    let state = state(live.azure.workflow(job));
    let deployment = desired.deployment(job, &live.azure.subscription, &tags, state, secrets);
    let changes = clouds.arm.what_if(&deployment).await;
    let changes = changes.in_step(Step::AskWhatIf)?.into_iter();
    let group = plan::target_group(desired, live);
    let resources = desired.resources(job, tags.authorization, state, &group);
    let mut values = DesiredValues::default();
    values.add(&SECRET.into());
    for resource in resources.in_step(Step::AskWhatIf)? {
        values.add(&resource.properties);
        values.add(&resource.other.into());
    }
    let scope = desired.scope(job);
    let shown = |value: &Value| LiveValue::if_desired(&scope, value, &values);
    Ok(changes
        .map(|change| ResourceChange::new(change, &shown))
        .collect())
}

impl ResourceChange {
    fn new(change: WhatIfChange, shown: &impl Fn(&Value) -> LiveValue) -> Self {
        let mut properties = Vec::new();
        flatten("", change.delta, shown, &mut properties);
        Self {
            id: change.resource_id,
            change: change.change_type,
            reason: change.unsupported_reason,
            properties,
        }
    }
}

/// Flattens nested changes into leaves with full paths.
fn flatten(
    within: &str,
    changes: Vec<PropertyChange>,
    shown: &impl Fn(&Value) -> LiveValue,
    flat: &mut Vec<Property>,
) {
    for change in changes {
        let part = change.path;
        let path = if within.is_empty() {
            part
        } else if part.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("{within}[{part}]")
        } else {
            format!("{within}.{part}")
        };
        if change.children.is_empty() {
            flat.push(Property {
                path,
                change: change.property_change_type,
                old: change.before.as_ref().map(shown),
                new: change.after.as_ref().map(shown),
            });
        } else {
            flatten(&path, change.children, shown, flat);
        }
    }
}
