//! Resources of all types: made, changed, read and deleted.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, get_only, ok};
use super::call::Call;
use super::groups::{Group, Groups, Place, is_region, normalized};
use super::kinds::{self, Kind};
use super::refusal::Refusal;
use super::workflow::{Workflow, described, invalid, without_secrets};
use super::{Core, State, monitor};
use picletter_logic_apps::ticks;

/// A resource as it is.
pub(super) struct Resource {
    pub(super) kind: &'static Kind,
    pub(super) name: String,
    pub(super) location: String,
    pub(super) tags: Value,
    /// As they were given, secrets among them.
    pub(super) properties: Value,
    created: Timestamp,
    changed: Timestamp,
    /// Changes with every change.
    version: String,
    pub(super) workflow: Option<Workflow>,
}

/// A resource as it should be.
pub(super) struct Wanted {
    pub(super) kind: &'static Kind,
    pub(super) name: String,
    pub(super) location: Option<String>,
    pub(super) tags: Value,
    pub(super) properties: Value,
    /// The JSON that its provider receives, in which errors are located.
    pub(super) text: String,
}

impl Wanted {
    /// It as it would be shown, for comparison with what there is.
    pub(super) fn shown(&self, place: Place<'_>) -> Value {
        let location = self.location.as_deref().map(normalized);
        described_as(
            place,
            self.kind,
            &self.name,
            &location.unwrap_or_default(),
            &self.tags,
            &self.properties,
        )
    }
}

/// A resource without secrets; without tags where none were given.
fn described_as(
    place: Place<'_>,
    kind: &Kind,
    name: &str,
    location: &str,
    tags: &Value,
    properties: &Value,
) -> Value {
    let mut shown = json!({
        "id": id(place, kind, name),
        "name": name,
        "type": kind.name,
        "location": location,
        "properties": without_secrets(properties),
    });
    if tags.is_object() {
        shown["tags"] = tags.clone();
    }
    shown
}

impl Resource {
    /// It as it was last wanted, without secrets.
    pub(super) fn as_wanted(&self, place: Place<'_>) -> Value {
        described_as(
            place,
            self.kind,
            &self.name,
            &self.location,
            &self.tags,
            &self.properties,
        )
    }

    /// It as the service shows it.
    pub(super) fn shown(&self, place: Place<'_>, url: &str) -> Value {
        let mut shown = self.as_wanted(place);
        if let Some(workflow) = &self.workflow {
            let properties = &mut shown["properties"];
            properties["provisioningState"] = json!("Succeeded");
            properties["createdTime"] = json!(ticks::to_text(self.created));
            properties["changedTime"] = json!(ticks::to_text(self.changed));
            properties["state"] = json!(self.state());
            properties["version"] = json!(self.version);
            described(workflow, url, properties);
            return shown;
        }
        monitor::shown(shown, place, self.kind, &self.name)
    }

    /// The resource in a list of resources, with the properties that `$expand` names.
    pub(super) fn listed(&self, place: Place<'_>, expand: &str) -> Value {
        let mut shown = self.as_wanted(place);
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("properties");
        }
        for name in expand.split(',').map(str::trim) {
            match name {
                "createdTime" => shown[name] = json!(ticks::to_text(self.created)),
                "changedTime" => shown[name] = json!(ticks::to_text(self.changed)),
                "provisioningState" => shown[name] = json!("Succeeded"),
                _ => {}
            }
        }
        shown
    }

    /// A workflow's `Enabled` or `Disabled`.
    pub(super) fn state(&self) -> &str {
        self.properties["state"].as_str().unwrap_or("Enabled")
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.state().eq_ignore_ascii_case("Enabled")
    }

    /// Notes that it was changed.
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

    fn response(&self, place: Place<'_>, url: &str, status: StatusCode) -> Response {
        (status, Json(self.shown(place, url))).into_response()
    }
}

pub(super) fn id(place: Place<'_>, kind: &Kind, name: &str) -> String {
    format!("{}/providers/{}/{name}", place.id(), kind.name)
}

impl Group {
    /// Its resources of a type, as the service shows them.
    fn of_kind<'a>(&'a self, kind: &'a Kind, url: &'a str) -> impl Iterator<Item = Value> + 'a {
        let of_kind = self.resources.iter().filter(|one| one.kind.is(kind));
        of_kind.map(|one| one.shown(self.place(), url))
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

    /// A resource that must be there.
    pub(super) fn existing(
        &self,
        place: Place<'_>,
        kind: &Kind,
        name: &str,
    ) -> Result<&Resource, Refusal> {
        let found = self.group(place)?.find(kind, name);
        found.ok_or_else(|| not_found(place, kind, name))
    }

    /// The version of what changes now: a number that falls with each change.
    pub(super) fn version(&mut self, now: Timestamp) -> String {
        self.last_version = ticks::descending(now).min(self.last_version - 1);
        format!("{:020}", self.last_version)
    }
}

fn not_found(place: Place<'_>, kind: &Kind, name: &str) -> Refusal {
    Refusal::not_found(
        "ResourceNotFound",
        format!(
            "The Resource '{}/{name}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            kind.name, place.group
        ),
    )
}

impl Core {
    /// `…/providers/TYPE…`.
    pub(super) fn resource(
        self: &Arc<Self>,
        call: &Call,
        version: &str,
        place: Place<'_>,
        r#type: &str,
        rest: &[String],
    ) -> Answer {
        let location = self.state().groups.group(place)?.location.clone();
        let kind = Kind::find(r#type, version, &location)?;
        match rest {
            [] => {
                get_only(call)?;
                let state = self.state();
                let shown = state.groups.group(place)?.of_kind(kind, &self.setup.url);
                Ok(ok(&json!({ "value": shown.collect::<Vec<_>>() })))
            }
            [name] => match call.method {
                Method::GET => {
                    let state = self.state();
                    let found = state.groups.existing(place, kind, name)?;
                    let place = state.groups.group(place)?.place();
                    Ok(found.response(place, &self.setup.url, StatusCode::OK))
                }
                Method::PUT => self.put_resource(call, place, kind, name),
                Method::PATCH => self.patch_resource(call, place, kind, name),
                Method::DELETE => self.delete_resource(place, kind, name),
                _ => Err(Refusal::method()),
            },
            [name, rest @ ..] if kind.is(&kinds::WORKFLOWS) => {
                self.of_workflow(call, version, place, name, rest)
            }
            _ => Err(Refusal::no_such_path(&call.path)),
        }
    }

    fn put_resource(
        self: &Arc<Self>,
        call: &Call,
        place: Place<'_>,
        kind: &'static Kind,
        name: &str,
    ) -> Answer {
        let body = call.json()?;
        let wanted = Wanted {
            kind,
            name: name.to_owned(),
            location: body["location"].as_str().map(str::to_owned),
            tags: body["tags"].clone(),
            properties: body["properties"].clone(),
            text: call.text().into_owned(),
        };
        let mut state = self.state();
        let status = self.put(&mut state, place, wanted)?;
        let found = state.groups.existing(place, kind, name)?;
        let place = state.groups.group(place)?.place();
        Ok(found.response(place, &self.setup.url, status))
    }

    fn patch_resource(
        &self,
        call: &Call,
        place: Place<'_>,
        kind: &'static Kind,
        name: &str,
    ) -> Answer {
        let body = call.json()?;
        let now = self.now();
        let mut state = self.state();
        state.groups.existing(place, kind, name)?;
        let version = state.groups.version(now);
        if let Some(found) = state.groups.group_mut(place)?.find_mut(kind, name) {
            if body["tags"].is_object() {
                found.tags = body["tags"].clone();
            }
            // "MetricAlertResourcePatch": what is left out stays.
            if let Some(properties) = body["properties"].as_object()
                && kind.is(&kinds::METRIC_ALERTS)
            {
                for (name, value) in properties {
                    found.properties[name] = value.clone();
                }
            }
            found.touch(version, now);
        }
        let found = state.groups.existing(place, kind, name)?;
        let place = state.groups.group(place)?.place();
        Ok(found.response(place, &self.setup.url, StatusCode::OK))
    }

    fn delete_resource(&self, place: Place<'_>, kind: &'static Kind, name: &str) -> Answer {
        let mut state = self.state();
        let group = state.groups.group_mut(place)?;
        let mut resources = group.resources.iter();
        let found =
            resources.position(|one| one.kind.is(kind) && one.name.eq_ignore_ascii_case(name));
        let Some(found) = found else {
            return Ok(StatusCode::NO_CONTENT.into_response());
        };
        group.resources.remove(found).end();
        Ok(StatusCode::OK.into_response())
    }

    /// Creates or replaces a resource, and gives the status that its provider answers.
    pub(super) fn put(
        self: &Arc<Self>,
        state: &mut State,
        place: Place<'_>,
        wanted: Wanted,
    ) -> Result<StatusCode, Refusal> {
        let Wanted {
            kind,
            name,
            location,
            tags,
            properties,
            text,
        } = wanted;
        let now = self.now();
        let group = state.groups.group_mut(place)?;
        group.check_open()?;
        let owner = Place {
            subscription: place.subscription,
            group: &group.name.clone(),
        };
        let Some(location) = location.as_deref().map(normalized) else {
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
        // What cannot be read is refused before anything changes.
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
        let group = state.groups.group_mut(place)?;
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
        // A new metric alert is answered with 200 too.
        let is_created = is_new && !kind.is(&kinds::METRIC_ALERTS);
        Ok(if is_created {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        })
    }
}
