//! From JSON to [`Template`]: its structure and all its expressions are checked here.

use serde_json::{Map, Value};

use super::parameters::{Parameter, Type};
use super::scope::FUNCTIONS;
use super::{ArmError, Output, ResourceTemplate, Template, json};
use crate::expression::{Dialect, Templated};
use crate::suggest::did_you_mean;

// "Template limits" in "Best practices for ARM templates".
const PARAMETERS: usize = 256;
const VARIABLES: usize = 256;
const RESOURCES: usize = 800;
const OUTPUTS: usize = 64;

/// What a resource may have beside the properties that are read one by one.
const OTHER: [&str; 11] = [
    "comments",
    "extendedLocation",
    "identity",
    "kind",
    "managedBy",
    "plan",
    "properties",
    // Templates exported from the portal before 2018 have it, as null.
    "scale",
    "sku",
    "tags",
    "zones",
];

impl Template {
    /// Reads a template's text.
    ///
    /// # Errors
    /// As [`Template::from_json`]; also where the text is no JSON.
    pub fn parse(text: &str) -> Result<Self, ArmError> {
        Self::from_json(&json::read(text, "the template")?)
    }

    /// Reads a template of the schema `deploymentTemplate` (2019-04-01 or 2015-01-01).
    ///
    /// # Errors
    /// Names the place: an unknown or missing property, a wrong type, a text that is no expression,
    /// an unknown function, parameter or variable.
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
                "expected that of a deployment to a resource group, …/deploymentTemplate.json#",
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
                "functions of one's own are not supported",
            ));
        }
        let read = Self {
            parameters: entries(template, "parameters", PARAMETERS)?
                .map(|(name, value)| Parameter::read(name, value))
                .collect::<Result<_, _>>()?,
            variables: entries(template, "variables", VARIABLES)?
                .map(|(name, value)| variable(name, value))
                .collect::<Result<_, _>>()?,
            resources: resources(required(template, "", "resources")?)?,
            outputs: entries(template, "outputs", OUTPUTS)?
                .map(|(name, value)| output(name, value))
                .collect::<Result<_, _>>()?,
        };
        read.check()?;
        Ok(read)
    }

    /// Every function is known, and so is every parameter and variable that is named by a text.
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

    fn check_part(&self, part: &Templated, place: &str) -> Result<(), ArmError> {
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
                let message = format!("there is no {what} '{name}'{near}");
                return Err(ArmError::structure(place, message));
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

pub(super) fn object<'v>(
    value: &'v Value,
    place: &str,
) -> Result<&'v Map<String, Value>, ArmError> {
    value
        .as_object()
        .ok_or_else(|| ArmError::structure(place, "expected an object"))
}

fn text<'v>(value: &'v Value, place: &str) -> Result<&'v str, ArmError> {
    value
        .as_str()
        .ok_or_else(|| ArmError::structure(place, "expected a text"))
}

fn joined(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}

/// No property but these.
pub(super) fn known(
    object: &Map<String, Value>,
    place: &str,
    names: &[&str],
) -> Result<(), ArmError> {
    match object.keys().find(|key| !names.contains(&key.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(ArmError::structure(
            joined(place, unknown),
            format!(
                "this property is unknown or not supported{}",
                did_you_mean(unknown, names)
            ),
        )),
    }
}

pub(super) fn required<'v>(
    object: &'v Map<String, Value>,
    place: &str,
    name: &str,
) -> Result<&'v Value, ArmError> {
    object
        .get(name)
        .ok_or_else(|| ArmError::structure(joined(place, name), "this property is missing"))
}

pub(super) fn templated(value: &Value, place: &str) -> Result<Templated, ArmError> {
    Ok(Templated::parse_at(value, Dialect::Template, place)?)
}

/// The named entries of a section that may be missing.
fn entries<'v>(
    template: &'v Map<String, Value>,
    section: &str,
    most: usize,
) -> Result<impl Iterator<Item = (&'v String, &'v Value)>, ArmError> {
    let entries = match template.get(section) {
        None => None,
        Some(value) => Some(object(value, section)?),
    };
    let count = entries.map_or(0, Map::len);
    if count > most {
        let message = format!("a template may have {most}; this one has {count}");
        return Err(ArmError::structure(section, message));
    }
    let mut names: Vec<String> = entries
        .into_iter()
        .flat_map(Map::keys)
        .map(|name| name.to_ascii_lowercase())
        .collect();
    names.sort_unstable();
    if let Some([twice, _]) = names.array_windows().find(|[one, other]| one == other) {
        let message = "this name is there twice; case does not count";
        return Err(ArmError::structure(format!("{section}.{twice}"), message));
    }
    Ok(entries.into_iter().flatten())
}

fn variable(name: &str, value: &Value) -> Result<(String, Templated), ArmError> {
    let place = format!("variables.{name}");
    if name.eq_ignore_ascii_case("copy") {
        return Err(ArmError::structure(place, "loops (copy) are not supported"));
    }
    Ok((name.to_owned(), templated(value, &place)?))
}

fn output(name: &str, value: &Value) -> Result<Output, ArmError> {
    let place = format!("outputs.{name}");
    let output = object(value, &place)?;
    known(output, &place, &["metadata", "type", "value"])?;
    Ok(Output {
        name: name.to_owned(),
        kind: Type::read(required(output, &place, "type")?, &place)?,
        value: templated(
            required(output, &place, "value")?,
            &format!("{place}.value"),
        )?,
    })
}

fn resources(value: &Value) -> Result<Vec<ResourceTemplate>, ArmError> {
    let resources = value
        .as_array()
        .ok_or_else(|| ArmError::structure("resources", "expected an array"))?;
    if resources.len() > RESOURCES {
        let message = format!(
            "a template may have {RESOURCES}; this one has {}",
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

fn resource(value: &Value, place: &str) -> Result<ResourceTemplate, ArmError> {
    const READ: [&str; 6] = [
        "apiVersion",
        "condition",
        "dependsOn",
        "location",
        "name",
        "type",
    ];
    let resource = object(value, place)?;
    let names: Vec<&str> = READ.into_iter().chain(OTHER).collect();
    known(resource, place, &names)?;
    let fixed = |name: &str| -> Result<String, ArmError> {
        let here = joined(place, name);
        let text = text(required(resource, place, name)?, &here)?;
        if text.starts_with('[') {
            return Err(ArmError::structure(
                here,
                "an expression is not supported here",
            ));
        }
        Ok(text.to_owned())
    };
    let part = |name: &str| -> Result<Option<Templated>, ArmError> {
        let value = resource.get(name);
        value
            .map(|value| templated(value, &joined(place, name)))
            .transpose()
    };
    let kind = fixed("type")?;
    if kind.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        let message = "nested deployments are not supported";
        return Err(ArmError::structure(format!("{place}.type"), message));
    }
    let rest = resource
        .iter()
        .filter(|(name, _)| OTHER.contains(&name.as_str()) && *name != "comments");
    Ok(ResourceTemplate {
        kind,
        api_version: fixed("apiVersion")?,
        name: templated(required(resource, place, "name")?, &joined(place, "name"))?,
        condition: part("condition")?,
        depends_on: part("dependsOn")?,
        location: part("location")?,
        rest: rest
            .map(|(name, value)| Ok((name.clone(), templated(value, &joined(place, name))?)))
            .collect::<Result<_, ArmError>>()?,
    })
}
