//! What a deployment would change.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/deployments/what-if>.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::arm::Arm;
use super::deployment::Deployment;
use super::error::Error;
use super::long_running::{Awaited, is};

/// What would happen to a resource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub enum ChangeType {
    /// It would be made.
    Create,
    /// It would be deleted.
    Delete,
    /// It is in the group, but not in the template: it stays.
    Ignore,
    /// It would be deployed again; whether that changes it is not known.
    Deploy,
    /// It is already as it should be.
    NoChange,
    /// Some of its properties would change.
    Modify,
    /// Azure cannot say.
    Unsupported,
    /// A type that is not documented, in Azure's word.
    #[serde(untagged)]
    Other(String),
}

/// What would happen to a property.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PropertyChange {
    /// Its path within the resource.
    pub path: String,
    /// `Create`, `Delete`, `Modify`, `Array` (see [`Self::children`]), or `NoEffect`.
    pub property_change_type: String,
    /// Its value now.
    pub before: Option<Value>,
    /// Its value then.
    pub after: Option<Value>,
    /// The changes within it.
    #[serde(default, deserialize_with = "or_default")]
    pub children: Vec<PropertyChange>,
}

/// What a deployment would do to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfChange {
    /// The resource's id.
    pub resource_id: String,
    /// What would happen to it.
    pub change_type: ChangeType,
    /// The resource as it is.
    pub before: Option<Value>,
    /// The resource as it would be.
    pub after: Option<Value>,
    /// Its properties that would change.
    #[serde(default, deserialize_with = "or_default")]
    pub delta: Vec<PropertyChange>,
    /// Why Azure cannot say.
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
    /// Asks what a deployment would change; nothing is changed.
    ///
    /// # Errors
    /// It would be refused, or Azure cannot tell.
    pub async fn what_if(&self, deployment: &Deployment) -> Result<Vec<WhatIfChange>, Error> {
        let doing = format!("ask what the deployment {} would change", deployment.name);
        let call = self.about(deployment, Method::POST, "/whatIf");
        let first = self.send(&doing, call).await?;
        let answer = self.follow(&doing, first, Awaited::Result).await?;
        let told: WhatIf = self.parse(&doing, &answer)?;
        if is(&told.status, "Failed") {
            return Err(self.refused(&doing, &answer));
        }
        Ok(told.properties.changes)
    }
}

/// Azure writes `null` for a list that is empty.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
