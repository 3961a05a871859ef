//! Resource groups and their resources.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arm::{Arm, found};
use super::error::Error;
use super::long_running::Awaited;
use crate::deploy::api_version::METRIC_ALERTS;
use crate::deploy::http::{Call, Repeat};

/// Source: <https://learn.microsoft.com/rest/api/resources/resource-groups>.
const API: &str = "2021-04-01";

/// Maximum number of reads to confirm a deletion.
const MAX_READS: u32 = 5;

/// A resource group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ResourceGroup {
    /// Its resource id.
    pub id: String,
    /// Its name, in the case used at its creation.
    pub name: String,
    /// Its region, such as `westeurope`.
    pub location: String,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Properties {
    #[serde(rename = "provisioningState", default)]
    state: String,
}

impl ResourceGroup {
    /// Whether it is being deleted.
    pub fn is_being_deleted(&self) -> bool {
        self.properties.state == "Deleting"
    }
}

/// A resource in a group, with the properties that lists contain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Resource {
    /// Its resource id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type, such as `Microsoft.Logic/workflows`.
    pub r#type: String,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// The path of a resource group.
pub(super) fn path(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}")
}

impl Arm {
    /// A resource group; `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn resource_group(
        &self,
        subscription: &str,
        name: &str,
    ) -> Result<Option<ResourceGroup>, Error> {
        let url = self.url(&path(subscription, name), API);
        let doing = format!("read the resource group {name}");
        found(self.read(&doing, url).await)
    }

    /// Creates a resource group. If it exists in the same region, its tags are replaced.
    ///
    /// # Errors
    /// Azure rejects it.
    pub async fn create_resource_group(
        &self,
        subscription: &str,
        name: &str,
        location: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<ResourceGroup, Error> {
        let doing = format!("create the resource group {name}");
        let url = self.url(&path(subscription, name), API);
        let call = Call::new(Method::PUT, url).json(json!({"location": location, "tags": tags}));
        let answer = self.send(&doing, call).await?;
        self.parse(&doing, &answer)
    }

    /// Deletes a resource group with **all** its resources, and waits until it is gone.
    ///
    /// # Errors
    /// Azure rejects it, or it does not end.
    pub async fn delete_resource_group(&self, subscription: &str, name: &str) -> Result<(), Error> {
        let doing = format!("delete the resource group {name}");
        self.remove(&doing, &path(subscription, name), API).await
    }

    /// The resources of a group; none if the group does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn resources(&self, subscription: &str, group: &str) -> Result<Vec<Resource>, Error> {
        let url = self.url(&format!("{}/resources", path(subscription, group)), API);
        let doing = format!("list the resources of the resource group {group}");
        Ok(found(self.list(&doing, url, usize::MAX).await)?.unwrap_or_default())
    }

    /// The JSON of a group's resources of one type; none if the group does not exist. `api_version`
    /// is a version of the type's provider.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) async fn resources_by_type(
        &self,
        subscription: &str,
        group: &str,
        r#type: &str,
        api_version: &str,
    ) -> Result<Vec<Value>, Error> {
        let doing = format!("read the {type} of the resource group {group}");
        let path = format!("{}/providers/{type}", path(subscription, group));
        let url = self.url(&path, api_version);
        Ok(found(self.list(&doing, url, usize::MAX).await)?.unwrap_or_default())
    }

    /// The JSON of a resource or a list of resources; `None` if it does not exist. `api_version` is
    /// a version of its provider.
    ///
    /// # Errors
    /// It cannot be read, or the answer describes no resource of that name.
    pub async fn get(&self, resource_id: &str, api_version: &str) -> Result<Option<Value>, Error> {
        let doing = format!("read {}", within_group(resource_id));
        let call = Call::new(Method::GET, self.url(resource_id, api_version));
        let Some(answer) = found(self.send(&doing, call).await)? else {
            return Ok(None);
        };
        let resource: Value = self.parse(&doing, &answer)?;
        let name = resource["name"].as_str().unwrap_or_default();
        let requested = resource_id.rsplit('/').next().unwrap_or_default();
        let is_requested = name.eq_ignore_ascii_case(requested) && resource["id"].is_string();
        if is_requested || resource["value"].is_array() {
            return Ok(Some(resource));
        }
        Err(self.garbled(
            &doing,
            &answer,
            &format!("the answer does not describe {requested}"),
        ))
    }

    /// Enables or disables a metric alert, and changes nothing else.
    /// Source: <https://learn.microsoft.com/rest/api/monitor/metric-alerts/update>.
    ///
    /// # Errors
    /// Azure rejects it.
    pub async fn enable_alert(&self, resource_id: &str, enabled: bool) -> Result<(), Error> {
        let verb = if enabled { "enable" } else { "disable" };
        let doing = format!("{verb} {}", within_group(resource_id));
        let url = self.url(resource_id, METRIC_ALERTS);
        let body = json!({"properties": {"enabled": enabled}});
        let mut call = Call::new(Method::PATCH, url).json(body);
        call.repeat = Repeat::Safe;
        self.send(&doing, call).await.map(|_| ())
    }

    /// Deletes a resource and waits until it is gone. A missing resource is not an error.
    ///
    /// # Errors
    /// Azure rejects it, or it does not end.
    pub async fn delete(&self, resource_id: &str, api_version: &str) -> Result<(), Error> {
        let doing = format!("delete {}", within_group(resource_id));
        self.remove(&doing, resource_id, api_version).await
    }

    /// Deletes and verifies, because Azure answers a deletion without a body.
    async fn remove(&self, doing: &str, path: &str, api_version: &str) -> Result<(), Error> {
        let call = Call::new(Method::DELETE, self.url(path, api_version));
        let Some(answer) = found(self.send(doing, call).await)? else {
            return Ok(());
        };
        self.object(doing, &answer)?;
        found(self.follow(doing, answer, Awaited::End).await)?;
        for read in 0..MAX_READS {
            if read > 0 {
                tokio::time::sleep(self.timings().poll).await;
            }
            if self.get(path, api_version).await?.is_none() {
                return Ok(());
            }
        }
        Err(Error::NoEffect {
            doing: doing.to_owned(),
            found: "it still exists".to_owned(),
        })
    }
}

/// The readable part of a resource id: `Microsoft.Logic/workflows/NAME`.
pub fn within_group(resource_id: &str) -> &str {
    resource_id
        .rsplit_once("/providers/")
        .map_or(resource_id, |(_, resource)| resource)
}
