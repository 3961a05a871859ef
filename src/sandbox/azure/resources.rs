//! Resources of all types: made, changed, read and deleted.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, created, ok};
use super::call::Call;
use super::groups::{Group, Place, is_region, normalized};
use super::kinds::{self, Kind};
use super::refusal::Refusal;
use super::workflow::{Workflow, described, without_secrets};
use super::{Core, State, monitor};

/// A resource as it is.
pub(super) struct Resource {
    pub(super) kind: &'static Kind,
    pub(super) name: String,
    location: String,
    tags: Value,
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
}

impl Wanted {
    /// It as it would be shown, for comparison with what there is.
    pub(super) fn shown(&self, place: Place<'_>) -> Value {
        let location = self.location.as_deref().map(normalized);
        json!({
            "id": id(place, self.kind, &self.name),
            "name": self.name,
            "type": self.kind.name,
            "location": location.unwrap_or_default(),
            "tags": self.tags,
            "properties": without_secrets(&self.properties),
        })
    }
}

impl Resource {
    /// It as it was last wanted, without secrets.
    pub(super) fn as_wanted(&self, place: Place<'_>) -> Value {
        json!({
            "id": id(place, self.kind, &self.name),
            "name": self.name,
            "type": self.kind.name,
            "location": self.location,
            "tags": self.tags,
            "properties": without_secrets(&self.properties),
        })
    }

    /// It as the service shows it.
    pub(super) fn shown(&self, place: Place<'_>, url: &str) -> Value {
        let mut shown = self.as_wanted(place);
        if let Some(workflow) = &self.workflow {
            let properties = &mut shown["properties"];
            properties["provisioningState"] = json!("Succeeded");
            properties["createdTime"] = json!(self.created.to_string());
            properties["changedTime"] = json!(self.changed.to_string());
            properties["state"] = json!(self.state());
            properties["version"] = json!(self.version);
            described(workflow, url, properties);
        }
        shown
    }

    /// It in a list of resources.
    pub(super) fn listed(&self, place: Place<'_>) -> Value {
        let mut shown = self.as_wanted(place);
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("properties");
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

    fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    fn response(&self, place: Place<'_>, url: &str, status: StatusCode) -> Response {
        let shown = self.shown(place, url);
        let mut response = match status {
            StatusCode::CREATED => created(&shown),
            _ => ok(&shown),
        };
        if let Ok(etag) = HeaderValue::try_from(self.etag()) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

pub(super) fn id(place: Place<'_>, kind: &Kind, name: &str) -> String {
    format!("{}/providers/{}/{name}", place.id(), kind.name)
}

impl Group {
    pub(super) fn find(&self, kind: &Kind, name: &str) -> Option<&Resource> {
        let mut resources = self.resources.iter();
        resources.find(|one| one.kind.is(kind) && one.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn find_mut(&mut self, kind: &Kind, name: &str) -> Option<&mut Resource> {
        let mut resources = self.resources.iter_mut();
        resources.find(|one| one.kind.is(kind) && one.name.eq_ignore_ascii_case(name))
    }
}

impl State {
    pub(super) fn workflows(&self) -> impl Iterator<Item = &Workflow> {
        self.groups
            .iter()
            .flat_map(|group| &group.resources)
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

    /// A new version of something.
    pub(super) fn version(&mut self) -> String {
        format!("{:020}", self.rng.u64(..))
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
    /// `…/resources`: all that is in a group.
    pub(super) fn resources(&self, place: Place<'_>) -> Answer {
        let state = self.state();
        let group = state.group(place)?;
        let listed = group.resources.iter();
        let listed: Vec<Value> = listed.map(|one| one.listed(group.place())).collect();
        Ok(ok(&json!({ "value": listed })))
    }

    /// `…/providers/TYPE…`.
    pub(super) fn resource(
        self: &Arc<Self>,
        call: &Call,
        version: &str,
        place: Place<'_>,
        r#type: &str,
        rest: &[String],
    ) -> Answer {
        let location = self.state().group(place)?.location.clone();
        let kind = Kind::find(r#type, version, &location)?;
        match rest {
            [] => {
                super::api::get_only(call)?;
                let state = self.state();
                let group = state.group(place)?;
                let of_kind = group.resources.iter().filter(|one| one.kind.is(kind));
                let shown = of_kind.map(|one| one.shown(group.place(), &self.setup.url));
                Ok(ok(&json!({ "value": shown.collect::<Vec<_>>() })))
            }
            [name] => match call.method {
                Method::GET => {
                    let state = self.state();
                    let found = state.existing(place, kind, name)?;
                    let place = state.group(place)?.place();
                    Ok(found.response(place, &self.setup.url, StatusCode::OK))
                }
                Method::PUT => self.put_resource(call, place, kind, name),
                Method::PATCH => self.patch_resource(call, place, kind, name),
                Method::DELETE => self.delete_resource(call, place, kind, name),
                _ => Err(Refusal::method()),
            },
            [name, rest @ ..] if kind.is(&kinds::WORKFLOWS) => {
                self.of_workflow(call, place, name, rest)
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
        };
        let mut state = self.state();
        check_unchanged(call, state.group(place)?.find(kind, name))?;
        let status = if self.put(&mut state, place, wanted)? {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        let found = state.existing(place, kind, name)?;
        let place = state.group(place)?.place();
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
        check_unchanged(call, Some(state.existing(place, kind, name)?))?;
        let version = state.version();
        if let Some(found) = state.group_mut(place)?.find_mut(kind, name) {
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
        let found = state.existing(place, kind, name)?;
        let place = state.group(place)?.place();
        Ok(found.response(place, &self.setup.url, StatusCode::OK))
    }

    fn delete_resource(
        &self,
        call: &Call,
        place: Place<'_>,
        kind: &'static Kind,
        name: &str,
    ) -> Answer {
        let mut state = self.state();
        let group = state.group_mut(place)?;
        let mut resources = group.resources.iter();
        let found =
            resources.position(|one| one.kind.is(kind) && one.name.eq_ignore_ascii_case(name));
        let Some(found) = found else {
            return Ok(StatusCode::NO_CONTENT.into_response());
        };
        check_unchanged(call, group.resources.get(found))?;
        group.resources.remove(found).end();
        Ok(StatusCode::OK.into_response())
    }

    /// Makes a resource as it should be; whether it is new.
    pub(super) fn put(
        self: &Arc<Self>,
        state: &mut State,
        place: Place<'_>,
        wanted: Wanted,
    ) -> Result<bool, Refusal> {
        let Wanted {
            kind,
            name,
            location,
            tags,
            properties,
        } = wanted;
        let now = self.now();
        let group = state.group_mut(place)?;
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
        // What cannot be read is refused before anything changes.
        let workflow = if kind.is(&kinds::WORKFLOWS) {
            Some(self.read_workflow(state, owner, &name, &location, &properties)?)
        } else {
            monitor::check(state, kind, &properties)?;
            None
        };
        let version = state.version();
        let tags = if tags.is_object() { tags } else { json!({}) };
        let group = state.group_mut(place)?;
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
        Ok(is_new)
    }
}

/// Whether a resource is still the one that a request means.
fn check_unchanged(call: &Call, found: Option<&Resource>) -> Result<(), Refusal> {
    let Some(expected) = call.header("if-match") else {
        return Ok(());
    };
    match found {
        Some(found) if expected == "*" || expected == found.etag() => Ok(()),
        _ => Err(Refusal::new(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            "The resource has been changed since it was read: its etag is not that of the If-Match header.",
        )),
    }
}
