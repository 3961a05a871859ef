//! Resources of all types: create, update, read, delete.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, get_only, ok};
use super::call::Call;
use super::groups::{Group, Groups, Scope, is_region, normalize_location};
use super::kinds::{self, Kind};
use super::refusal::Refusal;
use super::workflow::{Workflow, add_service_properties, invalid, without_secrets};
use super::{Core, State, monitor};
use picletter_logic_apps::ticks;

/// An existing resource.
pub(super) struct Resource {
    pub(super) kind: &'static Kind,
    pub(super) name: String,
    pub(super) location: String,
    pub(super) tags: Value,
    /// The properties as given, including secrets.
    pub(super) properties: Value,
    created: Timestamp,
    changed: Timestamp,
    /// Changes with every update.
    version: String,
    pub(super) workflow: Option<Workflow>,
}

/// The desired state of a resource.
pub(super) struct DesiredResource {
    pub(super) kind: &'static Kind,
    pub(super) name: String,
    pub(super) location: Option<String>,
    pub(super) tags: Value,
    pub(super) properties: Value,
    /// The JSON that the provider receives. Errors contain positions in it.
    pub(super) text: String,
}

impl DesiredResource {
    /// The JSON without secrets, for comparison with an existing resource.
    pub(super) fn json(&self, scope: Scope<'_>) -> Value {
        let location = self.location.as_deref().map(normalize_location);
        resource_json(
            scope,
            self.kind,
            &self.name,
            &location.unwrap_or_default(),
            &self.tags,
            &self.properties,
        )
    }
}

/// The JSON of a resource, without secrets. It has `tags` only if some were given.
fn resource_json(
    scope: Scope<'_>,
    kind: &Kind,
    name: &str,
    location: &str,
    tags: &Value,
    properties: &Value,
) -> Value {
    let mut json = json!({
        "id": id(scope, kind, name),
        "name": name,
        "type": kind.name,
        "location": location,
        "properties": without_secrets(properties),
    });
    if tags.is_object() {
        json["tags"] = tags.clone();
    }
    json
}

impl Resource {
    /// The JSON as last requested, without secrets.
    pub(super) fn desired_json(&self, scope: Scope<'_>) -> Value {
        resource_json(
            scope,
            self.kind,
            &self.name,
            &self.location,
            &self.tags,
            &self.properties,
        )
    }

    /// The JSON in responses of the service.
    pub(super) fn json(&self, scope: Scope<'_>, url: &str) -> Value {
        let mut json = self.desired_json(scope);
        if let Some(workflow) = &self.workflow {
            let properties = &mut json["properties"];
            properties["provisioningState"] = json!("Succeeded");
            properties["createdTime"] = json!(ticks::to_text(self.created));
            properties["changedTime"] = json!(ticks::to_text(self.changed));
            properties["state"] = json!(self.state());
            properties["version"] = json!(self.version);
            add_service_properties(workflow, url, properties);
            return json;
        }
        monitor::with_defaults(json, scope, self.kind, &self.name)
    }

    /// The JSON in a list of resources, with the properties named by `$expand`.
    pub(super) fn listed(&self, scope: Scope<'_>, expand: &str) -> Value {
        let mut json = self.desired_json(scope);
        if let Some(json) = json.as_object_mut() {
            json.remove("properties");
        }
        for name in expand.split(',').map(str::trim) {
            match name {
                "createdTime" => json[name] = json!(ticks::to_text(self.created)),
                "changedTime" => json[name] = json!(ticks::to_text(self.changed)),
                "provisioningState" => json[name] = json!("Succeeded"),
                _ => {}
            }
        }
        json
    }

    /// The state of a workflow: `Enabled` or `Disabled`.
    pub(super) fn state(&self) -> &str {
        self.properties["state"].as_str().unwrap_or("Enabled")
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.state().eq_ignore_ascii_case("Enabled")
    }

    /// Records a change.
    pub(super) fn touch(&mut self, version: String, now: Timestamp) {
        self.version = version;
        self.changed = now;
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn changed(&self) -> Timestamp {
        self.changed
    }

    pub(super) fn end(&self) {
        if let Some(workflow) = &self.workflow {
            workflow.end();
        }
    }

    fn response(&self, scope: Scope<'_>, url: &str, status: StatusCode) -> Response {
        (status, Json(self.json(scope, url))).into_response()
    }
}

pub(super) fn id(scope: Scope<'_>, kind: &Kind, name: &str) -> String {
    format!("{}/providers/{}/{name}", scope.id(), kind.name)
}

impl Group {
    /// The resources of a type, as JSON.
    fn resources_by_kind<'a>(
        &'a self,
        kind: &'a Kind,
        url: &'a str,
    ) -> impl Iterator<Item = Value> + 'a {
        let resources = self.resources.iter().filter(|one| one.kind.is(kind));
        resources.map(|one| one.json(self.scope(), url))
    }

    pub(super) fn find(&self, kind: &Kind, name: &str) -> Option<&Resource> {
        let mut resources = self.resources.iter();
        resources.find(|one| one.kind.is(kind) && one.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn find_mut(&mut self, kind: &Kind, name: &str) -> Option<&mut Resource> {
        let mut resources = self.resources.iter_mut();
        resources.find(|one| one.kind.is(kind) && one.name.eq_ignore_ascii_case(name))
    }
}

impl Groups {
    pub(super) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.all.iter().flat_map(|group| &group.resources)
    }

    pub(super) fn workflows(&self) -> impl Iterator<Item = &Workflow> {
        self.resources()
            .filter_map(|resource| resource.workflow.as_ref())
    }

    /// Finds a resource, or returns the error of a missing one.
    pub(super) fn existing(
        &self,
        scope: Scope<'_>,
        kind: &Kind,
        name: &str,
    ) -> Result<&Resource, Refusal> {
        let found = self.group(scope)?.find(kind, name);
        found.ok_or_else(|| not_found(scope, kind, name))
    }

    /// A new version for a resource that changes now. It is smaller than all earlier versions.
    pub(super) fn version(&mut self, now: Timestamp) -> String {
        self.last_version = ticks::descending(now).min(self.last_version - 1);
        format!("{:020}", self.last_version)
    }
}

fn not_found(scope: Scope<'_>, kind: &Kind, name: &str) -> Refusal {
    Refusal::not_found(
        "ResourceNotFound",
        format!(
            "The Resource '{}/{name}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            kind.name, scope.group
        ),
    )
}

impl Core {
    /// Handles `…/providers/TYPE…`.
    pub(super) fn resource(
        self: &Arc<Self>,
        call: &Call,
        version: &str,
        scope: Scope<'_>,
        r#type: &str,
        rest: &[String],
    ) -> Answer {
        let location = self.state().groups.group(scope)?.location.clone();
        let kind = Kind::find(r#type, version, &location)?;
        match rest {
            [] => {
                get_only(call)?;
                let state = self.state();
                let resources = state
                    .groups
                    .group(scope)?
                    .resources_by_kind(kind, &self.setup.url);
                Ok(ok(&json!({ "value": resources.collect::<Vec<_>>() })))
            }
            [name] => match call.method {
                Method::GET => {
                    let state = self.state();
                    let found = state.groups.existing(scope, kind, name)?;
                    let scope = state.groups.group(scope)?.scope();
                    Ok(found.response(scope, &self.setup.url, StatusCode::OK))
                }
                Method::PUT => self.put_resource(call, scope, kind, name),
                Method::PATCH => self.patch_resource(call, scope, kind, name),
                Method::DELETE => self.delete_resource(scope, kind, name),
                _ => Err(Refusal::method()),
            },
            [name, rest @ ..] if kind.is(&kinds::WORKFLOWS) => {
                self.workflow_endpoint(call, version, scope, name, rest)
            }
            _ => Err(Refusal::no_such_path(&call.path)),
        }
    }

    fn put_resource(
        self: &Arc<Self>,
        call: &Call,
        scope: Scope<'_>,
        kind: &'static Kind,
        name: &str,
    ) -> Answer {
        let body = call.json()?;
        let desired = DesiredResource {
            kind,
            name: name.to_owned(),
            location: body["location"].as_str().map(str::to_owned),
            tags: body["tags"].clone(),
            properties: body["properties"].clone(),
            text: call.text().into_owned(),
        };
        let mut state = self.state();
        let status = self.put(&mut state, scope, desired)?;
        let found = state.groups.existing(scope, kind, name)?;
        let scope = state.groups.group(scope)?.scope();
        Ok(found.response(scope, &self.setup.url, status))
    }

    fn patch_resource(
        &self,
        call: &Call,
        scope: Scope<'_>,
        kind: &'static Kind,
        name: &str,
    ) -> Answer {
        let body = call.json()?;
        let now = self.now();
        let mut state = self.state();
        state.groups.existing(scope, kind, name)?;
        let version = state.groups.version(now);
        if let Some(found) = state.groups.group_mut(scope)?.find_mut(kind, name) {
            if body["tags"].is_object() {
                found.tags = body["tags"].clone();
            }
            // "MetricAlertResourcePatch": omitted properties remain unchanged.
            if let Some(properties) = body["properties"].as_object()
                && kind.is(&kinds::METRIC_ALERTS)
            {
                for (name, value) in properties {
                    found.properties[name] = value.clone();
                }
            }
            found.touch(version, now);
        }
        let found = state.groups.existing(scope, kind, name)?;
        let scope = state.groups.group(scope)?.scope();
        Ok(found.response(scope, &self.setup.url, StatusCode::OK))
    }

    fn delete_resource(&self, scope: Scope<'_>, kind: &'static Kind, name: &str) -> Answer {
        let mut state = self.state();
        let group = state.groups.group_mut(scope)?;
        let mut resources = group.resources.iter();
        let found =
            resources.position(|one| one.kind.is(kind) && one.name.eq_ignore_ascii_case(name));
        let Some(found) = found else {
            return Ok(StatusCode::NO_CONTENT.into_response());
        };
        group.resources.remove(found).end();
        Ok(StatusCode::OK.into_response())
    }

    /// Creates or replaces a resource, and returns the provider's status.
    pub(super) fn put(
        self: &Arc<Self>,
        state: &mut State,
        scope: Scope<'_>,
        desired: DesiredResource,
    ) -> Result<StatusCode, Refusal> {
        let DesiredResource {
            kind,
            name,
            location,
            tags,
            properties,
            text,
        } = desired;
        let now = self.now();
        let group = state.groups.group_mut(scope)?;
        group.check_open()?;
        let owner = Scope {
            subscription: scope.subscription,
            group: &group.name.clone(),
        };
        let Some(location) = location.as_deref().map(normalize_location) else {
            return Err(Refusal::bad_request(
                "LocationRequired",
                "The location property is required for this definition.",
            ));
        };
        if !(is_region(&location) || kind.global && location == "global") {
            return Err(Refusal::bad_request(
                "LocationNotAvailableForResourceType",
                format!(
                    "The provided location '{location}' is not available for resource type '{}'.",
                    kind.name
                ),
            ));
        }
        if let Some(before) = group.find(kind, &name)
            && before.location != location
        {
            return Err(Refusal::conflict(
                "InvalidResourceLocation",
                format!(
                    "The resource '{name}' already exists in location '{}' in resource group '{}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.",
                    before.location, group.name
                ),
            ));
        }
        let version = state.groups.version(now);
        // Invalid definitions are refused before anything changes.
        let workflow = if kind.is(&kinds::WORKFLOWS) {
            let read = self.read_workflow(
                &mut state.ids,
                owner,
                &name,
                &location,
                &version,
                &properties,
            );
            Some(read.map_err(|error| invalid(&error, &text))?)
        } else {
            monitor::check(&state.groups, kind, &properties)?;
            None
        };
        let group = state.groups.group_mut(scope)?;
        let is_new = if let Some(found) = group.find_mut(kind, &name) {
            let before = std::mem::replace(&mut found.workflow, workflow);
            if let (Some(workflow), Some(before)) = (&mut found.workflow, before) {
                workflow.replace(before);
            }
            found.tags = tags;
            found.properties = properties;
            found.touch(version, now);
            false
        } else {
            group.resources.push(Resource {
                kind,
                name: name.clone(),
                location,
                tags,
                properties,
                created: now,
                changed: now,
                version,
                workflow,
            });
            true
        };
        let found = group.find(kind, &name);
        if let Some(workflow) = found.and_then(|found| found.workflow.as_ref()) {
            self.start_workflow(workflow, id(owner, kind, &name));
        }
        // The response for a new metric alert is 200, too.
        let is_created = is_new && !kind.is(&kinds::METRIC_ALERTS);
        Ok(if is_created {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        })
    }
}
