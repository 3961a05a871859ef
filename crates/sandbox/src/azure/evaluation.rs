//! Evaluates the template of a deployment request.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Map, Value, json};

use super::call::Call;
use super::groups::Scope;
use super::kinds::Kind;
use super::refusal::Refusal;
use super::resources::{self, DesiredResource};
use super::{Core, groups};
use picletter_logic_apps::arm::{ArmError, ResourceGroup, Template};

/// The evaluated template of a deployment.
pub(super) struct Evaluated {
    pub(super) mode: &'static str,
    /// The parameters for later responses: their types, and the values of those that are not
    /// secure.
    pub(super) parameters: Value,
    pub(super) outputs: Value,
    /// `templateHash`, `providers`, and `dependencies`, which every response about a deployment
    /// contains.
    pub(super) metadata: Map<String, Value>,
    /// The resources, each after its dependencies.
    pub(super) steps: Vec<Step>,
}

/// A resource to deploy.
pub(super) struct Step {
    pub(super) id: String,
    pub(super) desired: DesiredResource,
    /// The IDs of its dependencies.
    pub(super) after: Vec<String>,
}

/// The `properties` of the body: `{"properties": {"mode", "template", "parameters"}}`.
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
    /// Evaluates the template in a request to deploy to a resource group.
    pub(super) fn evaluate(&self, call: &Call, scope: Scope<'_>) -> Result<Evaluated, Refusal> {
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
        let parameter_values = parameter_values(properties.get("parameters"))?;
        let (group, owner) = {
            let state = self.state();
            let found = state.groups.group(scope)?;
            let group = ResourceGroup {
                subscription_id: found.subscription.clone(),
                name: found.name.clone(),
                location: found.location.clone(),
            };
            (group, found.name.clone())
        };
        let scope = Scope {
            subscription: scope.subscription,
            group: &owner,
        };
        let evaluated = Template::from_json(template)
            .and_then(|template| template.deploy(&parameter_values, &group, self.now()))
            .map_err(|error| invalid(&error))?;
        let mut steps = Vec::new();
        for resource in evaluated.resources {
            let location = resource.location.as_deref().unwrap_or_default();
            let location = groups::normalize_location(location);
            let kind = Kind::find(&resource.r#type, &resource.api_version, &location)?;
            let sent = json!({ "location": resource.location, "properties": resource.properties });
            steps.push(Step {
                id: resources::id(scope, kind, &resource.name),
                after: resource.depends_on,
                desired: DesiredResource {
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
            let r#type = type_name(&template["outputs"][&name]["type"]);
            (name, json!({ "type": r#type, "value": value }))
        });
        let steps = sort_by_dependencies(steps);
        Ok(Evaluated {
            metadata: metadata(template, &steps),
            mode,
            parameters: parameters_json(&template["parameters"], &parameter_values),
            outputs: Value::Object(outputs.collect()),
            steps,
        })
    }
}

fn metadata(template: &Value, steps: &[Step]) -> Map<String, Value> {
    let mut hash = DefaultHasher::new();
    template.to_string().hash(&mut hash);
    let reference = |step: &Step| {
        let DesiredResource { kind, name, .. } = &step.desired;
        json!({ "id": step.id, "resourceType": kind.name, "resourceName": name })
    };
    let providers = steps.iter().map(|step| {
        let DesiredResource { kind, location, .. } = &step.desired;
        let (namespace, short) = kind.name.split_once('/').unwrap_or_default();
        let location = location.as_deref().map(groups::normalize_location);
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

/// The values of parameters in the form `{"NAME": {"value": …}}`.
fn parameter_values(parameters: Option<&Value>) -> Result<Map<String, Value>, Refusal> {
    let mut parameter_values = Map::new();
    for (name, parameter) in parameters.and_then(Value::as_object).into_iter().flatten() {
        let value = parameter.get("value").ok_or_else(|| {
            Refusal::bad_request(
                "InvalidDeploymentParameterValue",
                format!("The value of deployment parameter '{name}' is null or missing. Please specify the value or use the parameter reference."),
            )
        })?;
        parameter_values.insert(name.clone(), value.clone());
    }
    Ok(parameter_values)
}

fn invalid(error: &ArmError) -> Refusal {
    Refusal::bad_request(
        "InvalidTemplate",
        format!("Deployment template validation failed: '{error}'."),
    )
}

/// The name of a type in responses, such as `SecureString`.
fn type_name(r#type: &Value) -> &'static str {
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

fn parameters_json(declared: &Value, parameter_values: &Map<String, Value>) -> Value {
    let mut json = Map::new();
    for (name, parameter) in declared.as_object().into_iter().flatten() {
        let r#type = type_name(&parameter["type"]);
        let mut one = json!({ "type": r#type });
        let mut values = parameter_values.iter();
        let value = values
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .or_else(|| parameter.get("defaultValue"));
        if let Some(value) = value
            && !r#type.starts_with("Secure")
        {
            one["value"] = value.clone();
        }
        json.insert(name.clone(), one);
    }
    Value::Object(json)
}

/// Sorts resources so that dependencies come first, otherwise in the order of the template.
fn sort_by_dependencies(mut rest: Vec<Step>) -> Vec<Step> {
    let ids: Vec<(String, String)> = rest
        .iter()
        .map(|step| (step.id.clone(), step.desired.name.clone()))
        .collect();
    // Replaces dependencies given by name with the ID of the resource.
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
