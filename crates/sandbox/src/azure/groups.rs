//! Subscriptions and resource groups.

use axum::response::IntoResponse as _;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, created, ok};
use super::call::Call;
use super::deployment::Deployment;
use super::refusal::Refusal;
use super::resources::Resource;
use super::{Core, State, Subscription};

/// The display names of the regions that have Logic Apps.
pub(super) const REGIONS: [&str; 35] = [
    "Australia Central",
    "Australia East",
    "Australia Southeast",
    "Brazil South",
    "Canada Central",
    "Canada East",
    "Central India",
    "Central US",
    "East Asia",
    "East US",
    "East US 2",
    "France Central",
    "Germany West Central",
    "Israel Central",
    "Italy North",
    "Japan East",
    "Japan West",
    "Korea Central",
    "North Central US",
    "North Europe",
    "Norway East",
    "Poland Central",
    "Qatar Central",
    "South Africa North",
    "South Central US",
    "Southeast Asia",
    "Spain Central",
    "Sweden Central",
    "Switzerland North",
    "UAE North",
    "UK South",
    "UK West",
    "West Europe",
    "West US",
    "West US 2",
];

/// A resource group, identified by its subscription and name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) subscription: &'a str,
    pub(super) group: &'a str,
}

impl Scope<'_> {
    pub(super) fn id(self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}",
            self.subscription, self.group
        )
    }
}

/// A resource group and its contents.
pub(super) struct Group {
    pub(super) subscription: String,
    pub(super) name: String,
    pub(super) location: String,
    pub(super) tags: Value,
    /// When its deletion completes, if it is being deleted.
    pub(super) deleted_at: Option<Timestamp>,
    pub(super) resources: Vec<Resource>,
    pub(super) deployments: Vec<Deployment>,
}

impl Group {
    pub(super) fn scope(&self) -> Scope<'_> {
        Scope {
            subscription: &self.subscription,
            group: &self.name,
        }
    }

    /// Refuses changes to a group that is being deleted.
    pub(super) fn check_open(&self) -> Result<(), Refusal> {
        match self.deleted_at {
            None => Ok(()),
            Some(_) => Err(Refusal::conflict(
                "ResourceGroupBeingDeleted",
                format!(
                    "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
                    self.name
                ),
            )),
        }
    }

    fn is_in(&self, scope: Scope<'_>) -> bool {
        self.subscription.eq_ignore_ascii_case(scope.subscription)
            && self.name.eq_ignore_ascii_case(scope.group)
    }

    fn json(&self) -> Value {
        let state = match self.deleted_at {
            None => "Succeeded",
            Some(_) => "Deleting",
        };
        let mut json = json!({
            "id": self.scope().id(),
            "name": self.name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": self.location,
            "properties": { "provisioningState": state },
        });
        if self.tags.is_object() {
            json["tags"] = self.tags.clone();
        }
        json
    }
}

/// The resource groups of all subscriptions.
pub(super) struct Groups {
    pub(super) all: Vec<Group>,
    /// The version of the resource that was changed last.
    pub(super) last_version: i64,
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            last_version: i64::MAX,
        }
    }
}

impl Groups {
    pub(super) fn group(&self, scope: Scope<'_>) -> Result<&Group, Refusal> {
        let mut groups = self.all.iter();
        groups
            .find(|group| group.is_in(scope))
            .ok_or_else(|| no_group(scope))
    }

    pub(super) fn group_mut(&mut self, scope: Scope<'_>) -> Result<&mut Group, Refusal> {
        let mut groups = self.all.iter_mut();
        groups
            .find(|group| group.is_in(scope))
            .ok_or_else(|| no_group(scope))
    }

    /// Removes the groups whose deletion is complete.
    pub(super) fn remove_deleted(&mut self, now: Timestamp) {
        self.all
            .retain(|group| group.deleted_at.is_none_or(|deleted_at| deleted_at > now));
    }
}

fn no_group(scope: Scope<'_>) -> Refusal {
    Refusal::not_found(
        "ResourceGroupNotFound",
        format!("Resource group '{}' could not be found.", scope.group),
    )
}

/// The normalized name of a location: `West Europe` is `westeurope`.
pub(super) fn normalize_location(location: &str) -> String {
    let location = location.chars().filter(|c| *c != ' ');
    location.collect::<String>().to_ascii_lowercase()
}

/// Whether a location exists.
pub(super) fn is_region(location: &str) -> bool {
    REGIONS
        .iter()
        .any(|region| normalize_location(region) == location)
}

impl Core {
    pub(super) fn subscription(&self, id: &str) -> Result<&Subscription, Refusal> {
        let mut subscriptions = self.setup.subscriptions.iter();
        subscriptions
            .find(|it| it.id.eq_ignore_ascii_case(id))
            .ok_or_else(|| {
                Refusal::not_found(
                    "SubscriptionNotFound",
                    format!("The subscription '{id}' could not be found."),
                )
            })
    }

    pub(super) fn subscription_json(&self, subscription: &Subscription) -> Value {
        json!({
            "id": format!("/subscriptions/{}", subscription.id),
            "subscriptionId": subscription.id,
            "tenantId": self.setup.credentials.tenant,
            "displayName": subscription.name,
            "state": "Enabled",
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        })
    }

    pub(super) fn groups(&self, subscription: &str) -> Value {
        let state = self.state();
        let groups = state.groups.all.iter();
        let groups = groups.filter(|group| group.subscription == subscription);
        json!({ "value": groups.map(Group::json).collect::<Vec<_>>() })
    }

    pub(super) fn group(&self, call: &Call, scope: Scope<'_>) -> Answer {
        match call.method {
            Method::GET => Ok(ok(&self.state().groups.group(scope)?.json())),
            Method::HEAD => Ok(match self.state().groups.group(scope) {
                Ok(_) => StatusCode::NO_CONTENT,
                Err(_) => StatusCode::NOT_FOUND,
            }
            .into_response()),
            Method::PUT => self.put_group(call, scope),
            Method::DELETE => self.delete_group(scope),
            _ => Err(Refusal::method()),
        }
    }

    fn put_group(&self, call: &Call, scope: Scope<'_>) -> Answer {
        let name = scope.group;
        let allowed = |c: char| c.is_alphanumeric() || "-_.()".contains(c);
        if name.len() > 90 || name.ends_with('.') || !name.chars().all(allowed) {
            return Err(Refusal::bad_request(
                "InvalidResourceGroup",
                format!(
                    "The provided resource group name '{name}' has these invalid characters or is too long. The name can only be a letter, digit, '-', '.', '(', ')' or '_', at most 90 of them, and cannot end with '.'."
                ),
            ));
        }
        let body = call.json()?;
        let Some(location) = body["location"].as_str().map(normalize_location) else {
            return Err(Refusal::bad_request(
                "LocationRequired",
                "The location property is required for this definition.",
            ));
        };
        if !is_region(&location) {
            return Err(Refusal::bad_request(
                "LocationNotAvailableForResourceGroup",
                format!(
                    "The provided location '{location}' is not available for resource group. List of available regions is '{}'.",
                    REGIONS.map(normalize_location).join(",")
                ),
            ));
        }
        let tags = body["tags"].clone();
        let mut state = self.state();
        if let Ok(group) = state.groups.group_mut(scope) {
            group.check_open()?;
            if group.location != location {
                return Err(Refusal::conflict(
                    "InvalidResourceGroupLocation",
                    format!(
                        "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
                        group.location
                    ),
                ));
            }
            group.tags = tags;
            return Ok(ok(&group.json()));
        }
        let group = Group {
            subscription: scope.subscription.to_owned(),
            name: name.to_owned(),
            location,
            tags,
            deleted_at: None,
            resources: Vec::new(),
            deployments: Vec::new(),
        };
        let json = group.json();
        state.groups.all.push(group);
        Ok(created(&json))
    }

    fn delete_group(&self, scope: Scope<'_>) -> Answer {
        let ready_at = self.completion_time();
        let mut state = self.state();
        let group = state.groups.group_mut(scope)?;
        group.deleted_at = Some(ready_at);
        for resource in &group.resources {
            resource.end();
        }
        let State {
            operations, ids, ..
        } = &mut *state;
        let token = operations.begin(ids, ready_at, None);
        drop(state);
        Ok(self.accepted(scope.subscription, &token))
    }
}
