//! JSON Schema for `ParseJson`, limited to types, properties, and items.

use serde_json::{Map, Value};

use super::error::{At, LoadError, array, json_type, object, text};
use crate::suggest::did_you_mean;

const KEYWORDS: [&str; 8] = [
    "$schema",
    "title",
    "description",
    "type",
    "properties",
    "required",
    "items",
    "additionalProperties",
];
const TYPES: [&str; 7] = [
    "string", "number", "integer", "boolean", "object", "array", "null",
];

/// A JSON schema.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// Allowed types. If empty, any type is allowed.
    types: Vec<String>,
    properties: Vec<(String, Schema)>,
    required: Vec<String>,
    items: Option<Box<Schema>>,
    closed: bool,
}

impl Schema {
    pub(super) fn load(value: &Value, at: &At<'_>) -> Result<Self, LoadError> {
        let map = object(value, at)?;
        if let Some(unknown) = map.keys().find(|key| !KEYWORDS.contains(&key.as_str())) {
            return Err(at.to(unknown).error(format!(
                "unsupported schema keyword{}",
                did_you_mean(unknown, &KEYWORDS)
            )));
        }
        let mut schema = Self {
            types: types(map, at)?,
            ..Self::default()
        };
        if let Some(properties) = map.get("properties") {
            let at = at.to("properties");
            for (name, value) in object(properties, &at)? {
                let property = Self::load(value, &at.to(name))?;
                schema.properties.push((name.clone(), property));
            }
        }
        if let Some(required) = map.get("required") {
            let at = at.to("required");
            for name in array(required, &at)? {
                schema.required.push(text(name, &at)?.to_owned());
            }
        }
        if let Some(items) = map.get("items") {
            let items = Self::load(items, &at.to("items"))?;
            schema.items = Some(Box::new(items));
        }
        if let Some(additional) = map.get("additionalProperties") {
            schema.closed = !additional.as_bool().ok_or_else(|| {
                at.to("additionalProperties")
                    .error("expected true or false")
            })?;
        }
        Ok(schema)
    }

    /// Returns the first violation of the schema. `None` if `value` is valid.
    pub(crate) fn violation(&self, value: &Value) -> Option<String> {
        if !self.types.is_empty() && !self.types.iter().any(|name| is(value, name)) {
            return Some(format!(
                "Invalid type. Expected {} but got {}.",
                self.types.join(", "),
                json_type(value)
            ));
        }
        match value {
            Value::Object(map) => self.object_violation(map),
            Value::Array(values) => self
                .items
                .as_ref()
                .and_then(|items| values.iter().find_map(|value| items.violation(value))),
            _ => None,
        }
    }

    fn object_violation(&self, map: &Map<String, Value>) -> Option<String> {
        if let Some(missing) = self.required.iter().find(|name| !map.contains_key(*name)) {
            return Some(format!(
                "Required properties are missing from object: {missing}."
            ));
        }
        for (name, schema) in &self.properties {
            if let Some(violation) = map.get(name).and_then(|value| schema.violation(value)) {
                return Some(format!("{name}: {violation}"));
            }
        }
        let known = |name: &String| self.properties.iter().any(|(known, _)| known == name);
        map.keys()
            .find(|name| self.closed && !known(name))
            .map(|name| format!("Property '{name}' has not been defined."))
    }
}

fn types(map: &Map<String, Value>, at: &At<'_>) -> Result<Vec<String>, LoadError> {
    let at = at.to("type");
    let names = match map.get("type") {
        None => &[],
        Some(Value::Array(names)) => names.as_slice(),
        Some(name) => std::slice::from_ref(name),
    };
    names
        .iter()
        .map(|name| {
            let name = text(name, &at)?;
            if TYPES.contains(&name) {
                Ok(name.to_owned())
            } else {
                Err(at.error(format!(
                    "unknown type {name:?}{}",
                    did_you_mean(name, &TYPES)
                )))
            }
        })
        .collect()
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => value.is_null(),
    }
}
