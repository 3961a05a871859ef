//! Registered providers of a subscription, and permissions of the signed-in identity.

use serde::Deserialize;

use super::arm::Arm;
use super::error::Error;
use crate::config::normalized_location;

/// Source: <https://learn.microsoft.com/rest/api/resources/providers/get>.
const PROVIDERS: &str = "2021-04-01";
/// Source: <https://learn.microsoft.com/rest/api/authorization/permissions>.
const PERMISSIONS: &str = "2022-04-01";

/// A resource provider of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// Its namespace, such as `Microsoft.Logic`.
    pub namespace: String,
    /// `Registered`, or `NotRegistered`, `Registering`, `Unregistering`.
    pub registration_state: String,
    #[serde(default)]
    resource_types: Vec<ResourceType>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceType {
    resource_type: String,
    #[serde(default)]
    locations: Vec<String>,
}

impl Provider {
    /// The locations that offer a resource type (for example `workflows`), in the form used in
    /// requests (for example `westeurope`).
    pub fn locations(&self, resource_type: &str) -> Vec<String> {
        let mut types = self.resource_types.iter();
        let found = types.find(|one| one.resource_type.eq_ignore_ascii_case(resource_type));
        let locations = found.into_iter().flat_map(|one| &one.locations);
        // Azure returns display names here: `West Europe`.
        locations.map(|name| normalized_location(name)).collect()
    }
}

/// The permissions of one role assignment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    not_actions: Vec<String>,
}

impl Permission {
    /// Whether it grants an action, such as `Microsoft.Logic/workflows/write`.
    ///
    /// Source: <https://learn.microsoft.com/azure/role-based-access-control/role-definitions>.
    pub fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[String]| {
            patterns
                .iter()
                .any(|pattern| matches_pattern(action, pattern))
        };
        any(&self.actions) && !any(&self.not_actions)
    }
}

/// Whether an action matches a pattern, in which `*` stands for any text. Case is ignored.
fn matches_pattern(action: &str, pattern: &str) -> bool {
    let (action, pattern) = (action.to_lowercase(), pattern.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

impl Arm {
    /// A resource provider of the subscription.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn provider(&self, subscription: &str, namespace: &str) -> Result<Provider, Error> {
        let path = format!("/subscriptions/{subscription}/providers/{namespace}");
        let doing = format!("read the resource provider {namespace}");
        self.read(&doing, self.url(&path, PROVIDERS)).await
    }

    /// Permissions of the signed-in identity in a subscription, or in one of its resource groups.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn permissions(
        &self,
        subscription: &str,
        group: Option<&str>,
    ) -> Result<Vec<Permission>, Error> {
        let group = group.map(|group| format!("/resourceGroups/{group}"));
        let path = format!(
            "/subscriptions/{subscription}{}/providers/Microsoft.Authorization/permissions",
            group.unwrap_or_default()
        );
        let url = self.url(&path, PERMISSIONS);
        self.list("read the permissions", url, usize::MAX).await
    }

    /// The sign-in method, such as ``with `az` ``.
    pub(crate) fn sign_in_method(&self) -> &'static str {
        self.credential().method()
    }
}
