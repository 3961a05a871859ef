//! Evaluation of a [`Template`] with parameters.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::parameters::find;
use super::scope::Scope;
use super::{ArmError, Deployment, Resource, ResourceGroup, ResourceTemplate, Template};
use crate::expression::Templated;
use crate::expression::functions::type_name;

/// The resource type of workflows.
pub(crate) const WORKFLOW: &str = "Microsoft.Logic/workflows";

/// A part of the `properties` of each resource of a type.
pub(crate) struct Property<'a> {
    pub(crate) resource_type: &'a str,
    /// The names of nested objects.
    pub(crate) path: &'a [&'a str],
}

impl Template {
    /// Evaluates the template with `parameters`, as a deployment to `group` at `now` does.
    ///
    /// # Errors
    /// The parameter that is missing, unknown, of a wrong type, not allowed, or out of range; or
    /// the path of an expression that cannot be evaluated. Errors contain no parameter values.
    pub fn deploy(
        &self,
        parameters: &Map<String, Value>,
        group: &ResourceGroup,
        now: Timestamp,
    ) -> Result<Deployment, ArmError> {
        let scope = self.scope(parameters, group, now)?;
        self.evaluate(&scope, None)
    }

    /// Like [`Template::deploy`], but omits `omitted`, and calls `read` with the deployment and what
    /// determines the omitted part: the results of its expressions, and whether each resource is
    /// included.
    ///
    /// # Errors
    /// Those of [`Template::deploy`].
    pub(crate) fn deploy_without<T>(
        &self,
        omitted: &Property<'_>,
        parameters: &Map<String, Value>,
        group: &ResourceGroup,
        now: Timestamp,
        read: impl FnOnce(Deployment, &[Cow<'_, Value>]) -> T,
    ) -> Result<T, ArmError> {
        let scope = self.scope(parameters, group, now)?;
        let mut results = Vec::new();
        let deployment = self.evaluate(&scope, Some((omitted, &mut results)))?;
        Ok(read(deployment, &results))
    }

    fn scope<'t>(
        &'t self,
        parameters: &'t Map<String, Value>,
        group: &'t ResourceGroup,
        now: Timestamp,
    ) -> Result<Scope<'t>, ArmError> {
        let mut given = vec![None; self.parameters.len()];
        for (name, value) in parameters {
            let index = find(&self.parameters, name)?;
            if given[index].replace(value).is_some() {
                return Err(ArmError::parameter(
                    name,
                    "duplicate parameter; names are case-insensitive",
                ));
            }
        }
        Ok(Scope::new(self, given, group, now))
    }

    fn evaluate<'s>(
        &'s self,
        scope: &'s Scope<'_>,
        mut omitted: Option<(&Property<'_>, &mut Vec<Cow<'s, Value>>)>,
    ) -> Result<Deployment, ArmError> {
        for index in 0..self.parameters.len() {
            scope.parameter(index)?;
        }
        let mut all = Vec::with_capacity(self.resources.len());
        for (index, resource) in self.resources.iter().enumerate() {
            let omitted = omitted
                .as_mut()
                .map(|(property, results)| (*property, &mut **results))
                .filter(|(property, _)| property.resource_type == resource.kind);
            all.push(resource.evaluate(scope, &format!("resources[{index}]"), omitted)?);
        }
        check_names(&all)?;
        check_dependencies(&all)?;
        let mut outputs = Map::new();
        for output in &self.outputs {
            let value = evaluated(&output.value, scope)?;
            if !output.kind.holds(&value) {
                let message = format!("expected {}, not {}", output.kind, type_name(&value));
                return Err(ArmError::structure(
                    format!("outputs.{}", output.name),
                    message,
                ));
            }
            if !output.kind.is_secure() {
                outputs.insert(output.name.clone(), value.into_owned());
            }
        }
        Ok(Deployment {
            resources: all
                .into_iter()
                .filter_map(|(resource, included)| included.then_some(resource))
                .collect(),
            outputs,
        })
    }
}

/// The workflow among resources.
///
/// # Errors
/// There is no workflow.
pub fn find_workflow(resources: Vec<Resource>) -> Result<Resource, ArmError> {
    let mut resources = resources.into_iter();
    resources
        .find(|resource| resource.r#type == WORKFLOW)
        .ok_or_else(|| ArmError::structure("resources", "no workflow"))
}

fn evaluated<'s>(part: &'s Templated, scope: &'s Scope<'_>) -> Result<Cow<'s, Value>, ArmError> {
    part.evaluate(scope).map_err(ArmError::Evaluation)
}

fn text(part: &Templated, scope: &Scope<'_>, path: &str) -> Result<String, ArmError> {
    let value = evaluated(part, scope)?;
    match &*value {
        Value::String(text) => Ok(text.clone()),
        other => {
            let message = format!("expected a string, not {}", type_name(other));
            Err(ArmError::structure(path, message))
        }
    }
}

impl ResourceTemplate {
    /// Returns the resource, and whether its condition is true. Properties are evaluated in either
    /// case: "the function is evaluated even if the resource isn't deployed" ("Conditional
    /// deployment in ARM templates").
    fn evaluate<'s>(
        &'s self,
        scope: &'s Scope<'_>,
        path: &str,
        mut omitted: Option<(&Property<'_>, &mut Vec<Cow<'s, Value>>)>,
    ) -> Result<(Resource, bool), ArmError> {
        let included = match &self.condition {
            None => true,
            Some(condition) => evaluated(condition, scope)?.as_bool().ok_or_else(|| {
                ArmError::structure(format!("{path}.condition"), "expected true or false")
            })?,
        };
        let mut resource = Resource {
            r#type: self.kind.clone(),
            api_version: self.api_version.clone(),
            name: text(&self.name, scope, &format!("{path}.name"))?,
            location: None,
            depends_on: Vec::new(),
            properties: Value::Null,
            other: Map::new(),
        };
        if self.kind.matches('/').count() != resource.name.matches('/').count() + 1 {
            let message = "the name must have one segment fewer than the type";
            return Err(ArmError::structure(format!("{path}.name"), message));
        }
        if let Some(location) = &self.location {
            resource.location = Some(text(location, scope, &format!("{path}.location"))?);
        }
        if let Some(depends_on) = &self.depends_on {
            let value = evaluated(depends_on, scope)?;
            let names: Option<Vec<String>> = value.as_array().and_then(|items| {
                let names = items.iter().map(|item| item.as_str().map(str::to_owned));
                names.collect()
            });
            resource.depends_on = names.ok_or_else(|| {
                ArmError::structure(format!("{path}.dependsOn"), "expected an array of strings")
            })?;
        }
        for (name, part) in &self.rest {
            if name != "properties" {
                let value = evaluated(part, scope)?.into_owned();
                resource.other.insert(name.clone(), value);
            } else if let Some((property, results)) = omitted.take() {
                let value = part.evaluate_without(property.path, scope, results);
                resource.properties = value.map_err(ArmError::Evaluation)?.into_owned();
                results.push(Cow::Owned(included.into()));
            } else {
                resource.properties = evaluated(part, scope)?.into_owned();
            }
        }
        Ok((resource, included))
    }
}

/// Returns the last part of the resource's id, `Microsoft.A/b/name`, in lower case.
fn id_suffix(resource: &Resource) -> String {
    let mut path = String::new();
    let mut names = resource.name.split('/');
    for (index, segment) in resource.r#type.split('/').enumerate() {
        path.push_str(segment);
        if index > 0 {
            path.push('/');
            path.push_str(names.next().unwrap_or_default());
        }
        path.push('/');
    }
    path.pop();
    path.to_ascii_lowercase()
}

fn check_names(all: &[(Resource, bool)]) -> Result<(), ArmError> {
    let mut paths: Vec<String> = all
        .iter()
        .filter(|(_, included)| *included)
        .map(|(resource, _)| id_suffix(resource))
        .collect();
    paths.sort_unstable();
    match paths.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            let message = format!("duplicate resource '{}'", pair[0]);
            Err(ArmError::structure("resources", message))
        }
    }
}

/// Checks that every dependency is in the template and that there is no cycle.
fn check_dependencies(all: &[(Resource, bool)]) -> Result<(), ArmError> {
    let paths: Vec<String> = all
        .iter()
        .map(|(resource, _)| id_suffix(resource))
        .collect();
    let mut waits: Vec<Vec<usize>> = Vec::with_capacity(all.len());
    for (index, (resource, _)) in all.iter().enumerate() {
        let mut before = Vec::new();
        for dependency in &resource.depends_on {
            let lower = dependency.to_ascii_lowercase();
            let found = all.iter().zip(&paths).position(|((other, _), path)| {
                other.name.eq_ignore_ascii_case(dependency)
                    || lower.ends_with(&format!("/{path}"))
                    || lower == *path
            });
            before.push(found.ok_or_else(|| {
                ArmError::structure(
                    format!("resources[{index}].dependsOn"),
                    "unknown resource: the template does not contain it",
                )
            })?);
        }
        waits.push(before);
    }
    let mut done = vec![false; all.len()];
    loop {
        let ready = (0..all.len())
            .find(|index| !done[*index] && waits[*index].iter().all(|before| done[*before]));
        match (ready, done.iter().position(|done| !done)) {
            (Some(ready), _) => done[ready] = true,
            (None, None) => return Ok(()),
            (None, Some(index)) => {
                return Err(ArmError::structure(
                    format!("resources[{index}].dependsOn"),
                    "circular dependency",
                ));
            }
        }
    }
}
