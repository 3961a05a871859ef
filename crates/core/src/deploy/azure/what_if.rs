//! The plan of a deployment.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/deployments/what-if>.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::arm::Arm;
use super::deployment::Deployment;
use super::error::Error;
use super::long_running::{Awaited, is};

/// The change of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub enum ChangeType {
    /// It would be created.
    Create,
    /// It would be deleted.
    Delete,
    /// It is in the group, but not in the template, and stays.
    Ignore,
    /// It would be deployed again, possibly without changes.
    Deploy,
    /// It would not change.
    NoChange,
    /// Some of its properties would change.
    Modify,
    /// Azure cannot predict it.
    Unsupported,
    /// An undocumented type, by its name.
    #[serde(untagged)]
    Other(String),
}

/// The change of a property.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PropertyChange {
    /// Its path within the resource.
    pub path: String,
    /// `Create`, `Delete`, `Modify`, `Array` (see [`Self::children`]), or `NoEffect`.
    pub property_change_type: String,
    /// Its current value.
    pub before: Option<Value>,
    /// Its new value.
    pub after: Option<Value>,
    /// The changes within it.
    #[serde(default, deserialize_with = "or_default")]
    pub children: Vec<PropertyChange>,
}

/// The change of one resource by a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfChange {
    /// The resource's id.
    pub resource_id: String,
    /// The change.
    pub change_type: ChangeType,
    /// The current resource.
    pub before: Option<Value>,
    /// The resource after the change.
    pub after: Option<Value>,
    /// Its properties that would change.
    #[serde(default, deserialize_with = "or_default")]
    pub delta: Vec<PropertyChange>,
    /// Why Azure cannot predict it.
    pub unsupported_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WhatIf {
    status: String,
    #[serde(default)]
    properties: Properties,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Properties {
    #[serde(deserialize_with = "or_default")]
    changes: Vec<WhatIfChange>,
}

impl Arm {
    /// Previews a deployment's changes without changing anything.
    ///
    /// # Errors
    /// Azure would reject it, or cannot predict the changes.
    pub async fn what_if(&self, deployment: &Deployment) -> Result<Vec<WhatIfChange>, Error> {
        let doing = format!("preview the changes of the deployment {}", deployment.name);
        let call = self.about(deployment, Method::POST, "/whatIf");
        let first = self.send(&doing, call).await?;
        let answer = self.follow(&doing, first, Awaited::Result).await?;
        let what_if: WhatIf = self.parse(&doing, &answer)?;
        if is(&what_if.status, "Failed") {
            return Err(self.refused(&doing, &answer));
        }
        Ok(what_if.properties.changes)
    }
}

/// Azure writes `null` for an empty list.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
