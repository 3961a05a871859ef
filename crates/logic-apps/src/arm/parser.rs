//! Parser for templates. Checks the structure and every expression.

use serde_json::{Map, Value};

use super::parameters::{Parameter, Type};
use super::scope::FUNCTIONS;
use super::{ArmError, Output, ResourceTemplate, Template, json};
use crate::expression::{Dialect, Templated};
use crate::suggest::did_you_mean;

// "Template limits" in "Best practices for ARM templates".
const MAX_PARAMETERS: usize = 256;
const MAX_VARIABLES: usize = 256;
const MAX_RESOURCES: usize = 800;
const MAX_OUTPUTS: usize = 64;

/// Properties of a resource that are evaluated but not interpreted.
const UNINTERPRETED: [&str; 11] = [
    "comments",
    "extendedLocation",
    "identity",
    "kind",
    "managedBy",
    "plan",
    "properties",
    // Templates that the portal exported before 2018 contain `"scale": null`.
    "scale",
    "sku",
    "tags",
    "zones",
];

impl Template {
    /// Parses the text of a template.
    ///
    /// # Errors
    /// See [`Template::from_json`]. Also returned if the text is not JSON.
    pub fn parse(text: &str) -> Result<Self, ArmError> {
        Self::from_json(&json::read(text, "the template")?)
    }

    /// Parses a template of the schema `deploymentTemplate` (2019-04-01 or 2015-01-01).
    ///
    /// # Errors
    /// The path of an unknown or missing property, a wrong type, an invalid expression, or an
    /// unknown function, parameter, or variable.
    pub fn from_json(value: &Value) -> Result<Self, ArmError> {
        let template = object(value, "the template")?;
        known(
            template,
            "",
            &[
                "$schema",
                "contentVersion",
                "functions",
                "metadata",
                "outputs",
                "parameters",
                "resources",
                "variables",
            ],
        )?;
        let schema = text(required(template, "", "$schema")?, "$schema")?;
        if !schema
            .trim_end_matches('#')
            .ends_with("/deploymentTemplate.json")
        {
            return Err(ArmError::structure(
                "$schema",
                "expected the schema of a resource group deployment, …/deploymentTemplate.json#",
            ));
        }
        text(required(template, "", "contentVersion")?, "contentVersion")?;
        if let Some(functions) = template.get("functions")
            && functions
                .as_array()
                .is_none_or(|functions| !functions.is_empty())
        {
            return Err(ArmError::structure(
                "functions",
                "user-defined functions are not supported",
            ));
        }
        let read = Self {
            parameters: entries(template, "parameters", MAX_PARAMETERS)?
                .map(|(name, value)| Parameter::read(name, value))
                .collect::<Result<_, _>>()?,
            variables: entries(template, "variables", MAX_VARIABLES)?
                .map(|(name, value)| variable(name, value))
                .collect::<Result<_, _>>()?,
            resources: resources(required(template, "", "resources")?)?,
            outputs: entries(template, "outputs", MAX_OUTPUTS)?
                .map(|(name, value)| output(name, value))
                .collect::<Result<_, _>>()?,
        };
        read.check()?;
        Ok(read)
    }

    /// Checks that all functions exist, and that all parameters and variables named by a literal are
    /// declared.
    fn check(&self) -> Result<(), ArmError> {
        for parameter in &self.parameters {
            if let Some(default) = &parameter.default {
                self.check_part(
                    default,
                    &format!("parameters.{}.defaultValue", parameter.name),
                )?;
            }
        }
        for (name, variable) in &self.variables {
            self.check_part(variable, &format!("variables.{name}"))?;
        }
        for (index, resource) in self.resources.iter().enumerate() {
            for part in resource.parts() {
                self.check_part(part, &format!("resources[{index}]"))?;
            }
        }
        for output in &self.outputs {
            self.check_part(&output.value, &format!("outputs.{}", output.name))?;
        }
        Ok(())
    }

    fn check_part(&self, part: &Templated, path: &str) -> Result<(), ArmError> {
        part.check(FUNCTIONS)?;
        let parameters = self
            .parameters
            .iter()
            .map(|parameter| parameter.name.as_str());
        let variables = self.variables.iter().map(|(name, _)| name.as_str());
        let parameters: Vec<&str> = parameters.collect();
        let variables: Vec<&str> = variables.collect();
        for call in part.calls() {
            let (what, names) = match call.name {
                "parameters" => ("parameter", &parameters),
                "variables" => ("variable", &variables),
                _ => continue,
            };
            if let Some(name) = call.literal
                && !names.iter().any(|known| known.eq_ignore_ascii_case(name))
            {
                let near = did_you_mean(name, names);
                let message = format!("unknown {what} '{name}'{near}");
                return Err(ArmError::structure(path, message));
            }
        }
        Ok(())
    }
}

impl ResourceTemplate {
    fn parts(&self) -> impl Iterator<Item = &Templated> {
        [&self.condition, &self.depends_on, &self.location]
            .into_iter()
            .flatten()
            .chain([&self.name])
            .chain(self.rest.iter().map(|(_, part)| part))
    }
}

pub(super) fn object<'v>(value: &'v Value, path: &str) -> Result<&'v Map<String, Value>, ArmError> {
    value
        .as_object()
        .ok_or_else(|| ArmError::structure(path, "expected an object"))
}

fn text<'v>(value: &'v Value, path: &str) -> Result<&'v str, ArmError> {
    value
        .as_str()
        .ok_or_else(|| ArmError::structure(path, "expected a string"))
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Checks that `object` contains no properties other than `names`.
pub(super) fn known(
    object: &Map<String, Value>,
    path: &str,
    names: &[&str],
) -> Result<(), ArmError> {
    match object.keys().find(|key| !names.contains(&key.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(ArmError::structure(
            joined(path, unknown),
            format!(
                "unknown or unsupported property{}",
                did_you_mean(unknown, names)
            ),
        )),
    }
}

pub(super) fn required<'v>(
    object: &'v Map<String, Value>,
    path: &str,
    name: &str,
) -> Result<&'v Value, ArmError> {
    object
        .get(name)
        .ok_or_else(|| ArmError::structure(joined(path, name), "missing property"))
}

pub(super) fn templated(value: &Value, path: &str) -> Result<Templated, ArmError> {
    Ok(Templated::parse_at(value, Dialect::Template, path)?)
}

/// Returns the named entries of an optional section. At most `max` entries are allowed.
fn entries<'v>(
    template: &'v Map<String, Value>,
    section: &str,
    max: usize,
) -> Result<impl Iterator<Item = (&'v String, &'v Value)>, ArmError> {
    let entries = match template.get(section) {
        None => None,
        Some(value) => Some(object(value, section)?),
    };
    let count = entries.map_or(0, Map::len);
    if count > max {
        let message = format!("too many entries: {count} (at most {max} are allowed)");
        return Err(ArmError::structure(section, message));
    }
    let mut names: Vec<String> = entries
        .into_iter()
        .flat_map(Map::keys)
        .map(|name| name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    if let Some([twice, _]) = names.array_windows().find(|[one, other]| one == other) {
        let message = "duplicate name; names are case-insensitive";
        return Err(ArmError::structure(format!("{section}.{twice}"), message));
    }
    Ok(entries.into_iter().flatten())
}

fn variable(name: &str, value: &Value) -> Result<(String, Templated), ArmError> {
    let path = format!("variables.{name}");
    if name.eq_ignore_ascii_case("copy") {
        return Err(ArmError::structure(path, "loops (copy) are not supported"));
    }
    Ok((name.to_owned(), templated(value, &path)?))
}

fn output(name: &str, value: &Value) -> Result<Output, ArmError> {
    let path = format!("outputs.{name}");
    let output = object(value, &path)?;
    known(output, &path, &["metadata", "type", "value"])?;
    Ok(Output {
        name: name.to_owned(),
        kind: Type::read(required(output, &path, "type")?, &path)?,
        value: templated(required(output, &path, "value")?, &format!("{path}.value"))?,
    })
}

fn resources(value: &Value) -> Result<Vec<ResourceTemplate>, ArmError> {
    let resources = value
        .as_array()
        .ok_or_else(|| ArmError::structure("resources", "expected an array"))?;
    if resources.len() > MAX_RESOURCES {
        let message = format!(
            "too many resources: {} (at most {MAX_RESOURCES} are allowed)",
            resources.len()
        );
        return Err(ArmError::structure("resources", message));
    }
    resources
        .iter()
        .enumerate()
        .map(|(index, value)| resource(value, &format!("resources[{index}]")))
        .collect()
}

fn resource(value: &Value, path: &str) -> Result<ResourceTemplate, ArmError> {
    const READ: [&str; 6] = [
        "apiVersion",
        "condition",
        "dependsOn",
        "location",
        "name",
        "type",
    ];
    let resource = object(value, path)?;
    let names: Vec<&str> = READ.into_iter().chain(UNINTERPRETED).collect();
    known(resource, path, &names)?;
    let fixed = |name: &str| -> Result<String, ArmError> {
        let field_path = joined(path, name);
        let text = text(required(resource, path, name)?, &field_path)?;
        if text.starts_with('[') {
            return Err(ArmError::structure(
                field_path,
                "expressions are not supported here",
            ));
        }
        Ok(text.to_owned())
    };
    let part = |name: &str| -> Result<Option<Templated>, ArmError> {
        let value = resource.get(name);
        value
            .map(|value| templated(value, &joined(path, name)))
            .transpose()
    };
    let kind = fixed("type")?;
    if kind.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        let message = "nested deployments are not supported";
        return Err(ArmError::structure(format!("{path}.type"), message));
    }
    let rest = resource
        .iter()
        .filter(|(name, _)| UNINTERPRETED.contains(&name.as_str()) && *name != "comments");
    Ok(ResourceTemplate {
        kind,
        api_version: fixed("apiVersion")?,
        name: templated(required(resource, path, "name")?, &joined(path, "name"))?,
        condition: part("condition")?,
        depends_on: part("dependsOn")?,
        location: part("location")?,
        rest: rest
            .map(|(name, value)| Ok((name.clone(), templated(value, &joined(path, name))?)))
            .collect::<Result<_, ArmError>>()?,
    })
}
