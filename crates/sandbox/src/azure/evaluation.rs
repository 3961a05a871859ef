//! What a deployment's request comes to: its template, evaluated.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Map, Value, json};

use super::call::Call;
use super::groups::Place;
use super::kinds::Kind;
use super::refusal::Refusal;
use super::resources::{self, Wanted};
use super::{Core, groups};
use picletter_logic_apps::arm::{ArmError, ResourceGroup, Template};

/// A deployment as it should be.
pub(super) struct Evaluated {
    pub(super) mode: &'static str,
    /// What a later answer shows: types, and the values of those that are not secure.
    pub(super) parameters: Value,
    pub(super) outputs: Value,
    /// `templateHash`, `providers` and `dependencies`, as every answer about a deployment has them.
    pub(super) facts: Map<String, Value>,
    /// Each comes after those that it depends on.
    pub(super) steps: Vec<Step>,
}

/// A resource to be made.
pub(super) struct Step {
    pub(super) id: String,
    pub(super) wanted: Wanted,
    /// The ids of those that come first.
    pub(super) after: Vec<String>,
}

/// `{"properties": {"mode", "template", "parameters"}}`.
fn properties(call: &Call) -> Result<Map<String, Value>, Refusal> {
    let body = call.json()?;
    body["properties"].as_object().cloned().ok_or_else(|| {
        Refusal::bad_request(
            "InvalidRequestContent",
            "The request content was invalid and could not be deserialized: 'Required property 'properties' not found in JSON.'.",
        )
    })
}

impl Core {
    /// Evaluates the template that a request holds, for the group that it goes to.
    pub(super) fn evaluate(&self, call: &Call, place: Place<'_>) -> Result<Evaluated, Refusal> {
        let properties = properties(call)?;
        let mode = properties.get("mode").and_then(Value::as_str);
        let mode = match mode {
            Some(mode) if mode.eq_ignore_ascii_case("Incremental") => "Incremental",
            other => {
                return Err(Refusal::bad_request(
                    "InvalidDeploymentMode",
                    format!(
                        "The deployment mode '{}' is not supported here; use 'Incremental'.",
                        other.unwrap_or_default()
                    ),
                ));
            }
        };
        let Some(template) = properties.get("template").filter(|it| it.is_object()) else {
            return Err(Refusal::bad_request(
                "InvalidDeploymentContent",
                "The deployment must have a 'template'.",
            ));
        };
        let given = given(properties.get("parameters"))?;
        let (group, owner) = {
            let state = self.state();
            let found = state.groups.group(place)?;
            let group = ResourceGroup {
                subscription_id: found.subscription.clone(),
                name: found.name.clone(),
                location: found.location.clone(),
            };
            (group, found.name.clone())
        };
        let place = Place {
            subscription: place.subscription,
            group: &owner,
        };
        let evaluated = Template::from_json(template)
            .and_then(|template| template.deploy(&given, &group, self.now()))
            .map_err(|error| invalid(&error))?;
        let mut steps = Vec::new();
        for resource in evaluated.resources {
            let location = resource.location.as_deref().unwrap_or_default();
            let location = groups::normalized(location);
            let kind = Kind::find(&resource.r#type, &resource.api_version, &location)?;
            let sent = json!({ "location": resource.location, "properties": resource.properties });
            steps.push(Step {
                id: resources::id(place, kind, &resource.name),
                after: resource.depends_on,
                wanted: Wanted {
                    kind,
                    name: resource.name,
                    location: resource.location,
                    tags: resource.other.get("tags").cloned().unwrap_or_default(),
                    properties: resource.properties,
                    text: sent.to_string(),
                },
            });
        }
        let outputs = evaluated.outputs.into_iter().map(|(name, value)| {
            let r#type = titled(&template["outputs"][&name]["type"]);
            (name, json!({ "type": r#type, "value": value }))
        });
        let steps = in_order(steps);
        Ok(Evaluated {
            facts: facts(template, &steps),
            mode,
            parameters: shown_parameters(&template["parameters"], &given),
            outputs: Value::Object(outputs.collect()),
            steps,
        })
    }
}

fn facts(template: &Value, steps: &[Step]) -> Map<String, Value> {
    let mut hash = DefaultHasher::new();
    template.to_string().hash(&mut hash);
    let reference = |step: &Step| {
        let Wanted { kind, name, .. } = &step.wanted;
        json!({ "id": step.id, "resourceType": kind.name, "resourceName": name })
    };
    let providers = steps.iter().map(|step| {
        let Wanted { kind, location, .. } = &step.wanted;
        let (namespace, short) = kind.name.split_once('/').unwrap_or_default();
        let location = location.as_deref().map(groups::normalized);
        let types = json!([{ "resourceType": short, "locations": [location] }]);
        json!({ "namespace": namespace, "resourceTypes": types })
    });
    let mut providers: Vec<Value> = providers.collect();
    providers.dedup();
    let depending = steps.iter().filter(|step| !step.after.is_empty());
    let dependencies = depending.map(|step| {
        let mut dependency = reference(step);
        let before = steps.iter().filter(|other| step.after.contains(&other.id));
        dependency["dependsOn"] = before.map(reference).collect();
        dependency
    });
    Map::from_iter([
        ("templateHash".to_owned(), hash.finish().to_string().into()),
        ("providers".to_owned(), providers.into()),
        ("dependencies".to_owned(), dependencies.collect()),
    ])
}

/// `{"NAME": {"value": …}}`.
fn given(parameters: Option<&Value>) -> Result<Map<String, Value>, Refusal> {
    let mut given = Map::new();
    for (name, parameter) in parameters.and_then(Value::as_object).into_iter().flatten() {
        let value = parameter.get("value").ok_or_else(|| {
            Refusal::bad_request(
                "InvalidDeploymentParameterValue",
                format!("The value of deployment parameter '{name}' is null or missing. Please specify the value or use the parameter reference."),
            )
        })?;
        given.insert(name.clone(), value.clone());
    }
    Ok(given)
}

fn invalid(error: &ArmError) -> Refusal {
    Refusal::bad_request(
        "InvalidTemplate",
        format!("Deployment template validation failed: '{error}'."),
    )
}

/// A type's name as answers have it, such as `SecureString`.
fn titled(r#type: &Value) -> &'static str {
    let r#type = r#type.as_str().unwrap_or_default().to_ascii_lowercase();
    match r#type.as_str() {
        "securestring" => "SecureString",
        "secureobject" => "SecureObject",
        "int" => "Int",
        "bool" => "Bool",
        "object" => "Object",
        "array" => "Array",
        _ => "String",
    }
}

fn shown_parameters(declared: &Value, given: &Map<String, Value>) -> Value {
    let mut shown = Map::new();
    for (name, parameter) in declared.as_object().into_iter().flatten() {
        let r#type = titled(&parameter["type"]);
        let mut one = json!({ "type": r#type });
        let mut values = given.iter();
        let value = values
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .or_else(|| parameter.get("defaultValue"));
        if let Some(value) = value
            && !r#type.starts_with("Secure")
        {
            one["value"] = value.clone();
        }
        shown.insert(name.clone(), one);
    }
    Value::Object(shown)
}

/// Those that others depend on first, else in the order of the template.
fn in_order(mut rest: Vec<Step>) -> Vec<Step> {
    let ids: Vec<(String, String)> = rest
        .iter()
        .map(|step| (step.id.clone(), step.wanted.name.clone()))
        .collect();
    // A name stands for the resource of that name.
    for after in rest.iter_mut().flat_map(|step| &mut step.after) {
        let mut ids = ids.iter();
        let named = ids.find(|(id, name)| id.eq_ignore_ascii_case(after) || name == after);
        if let Some((id, _)) = named {
            after.clone_from(id);
        }
    }
    let mut ordered: Vec<Step> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let waits = |step: &Step| rest.iter().any(|other| step.after.contains(&other.id));
        let ready = rest.iter().position(|step| !waits(step));
        ordered.push(rest.remove(ready.unwrap_or(0)));
    }
    ordered
}
