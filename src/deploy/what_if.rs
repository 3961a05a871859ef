//! What Azure itself says that the template would change: slower than our own plan, and by other
//! rules.

use serde::Serialize;
use serde_json::Value;

use super::azure::{ChangeType, Parameter, PropertyChange, WhatIfChange};
use super::clouds::{Clouds, During as _, Step, StepError};
use super::live::Live;
use super::plan::Plan;
use super::wanted::Wanted;

/// What Azure is given in place of a secret: it only tells what would differ.
const SECRET: &str = "(secret)";

/// What would happen to one resource, in Azure's words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceChange {
    /// Its resource id.
    pub id: String,
    /// What would happen to it.
    pub change: ChangeType,
    /// Why Azure cannot say.
    pub reason: Option<String>,
    /// Its properties that would change.
    pub properties: Vec<Property>,
}

/// What would happen to one property.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Property {
    /// Its path within the resource, such as `properties.state` or `tags.a`; `[0]` is in an array.
    pub path: String,
    /// `Create`, `Delete`, `Modify`, or `NoEffect`.
    pub change: String,
    /// Its value now.
    pub old: Option<Value>,
    /// Its value then.
    pub new: Option<Value>,
}

/// Asks Azure; `None` where there is no resource group yet, without which it cannot be asked.
///
/// # Errors
/// The deployment would be refused, or Azure cannot tell.
pub async fn ask(
    clouds: &Clouds,
    wanted: &Wanted,
    live: &Live,
    plan: &Plan,
) -> Result<Option<Vec<ResourceChange>>, StepError> {
    if live.azure.group.is_none() {
        return Ok(None);
    }
    let held = live.azure.authorization();
    let held = held.filter(|_| !plan.deploys_template());
    let authorization = held.unwrap_or("(new)");
    let placeholder = |text: &str| Parameter::Plain(text.into());
    let webhook = wanted.alert_webhook.as_ref().map_or("", |_| SECRET);
    let secrets = [placeholder(SECRET), placeholder(webhook)];
    let deployment = wanted.deployment(&live.azure, authorization, secrets);
    let changes = clouds.arm.what_if(&deployment).await;
    let changes = changes.during(Step::AskWhatIf)?.into_iter();
    Ok(Some(changes.map(ResourceChange::from).collect()))
}

impl From<WhatIfChange> for ResourceChange {
    fn from(change: WhatIfChange) -> Self {
        let mut properties = Vec::new();
        flatten("", change.delta, &mut properties);
        Self {
            id: change.resource_id,
            change: change.change_type,
            reason: change.unsupported_reason,
            properties,
        }
    }
}

/// Those with their whole paths that have no others within them.
fn flatten(within: &str, changes: Vec<PropertyChange>, flat: &mut Vec<Property>) {
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
                old: change.before,
                new: change.after,
            });
        } else {
            flatten(&path, change.children, flat);
        }
    }
}
