//! The part of JSON Schema that `ParseJson` is given here: types, properties and items.

use serde_json::{Map, Value};

use super::error::{At, LoadError, array, kind_of, object, text};
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

/// What a value must look like.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// Any of these; any at all where there is none.
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
                "this schema keyword is not supported here{}",
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
                    .error("only true or false is supported here")
            })?;
        }
        Ok(schema)
    }

    /// What is wrong with `value` and where; nothing where it fits.
    pub(crate) fn refuses(&self, value: &Value) -> Option<String> {
        if !self.types.is_empty() && !self.types.iter().any(|name| is(value, name)) {
            return Some(format!(
                "Invalid type. Expected {} but got {}.",
                self.types.join(", "),
                kind_of(value)
            ));
        }
        match value {
            Value::Object(map) => self.refuses_object(map),
            Value::Array(values) => self
                .items
                .as_ref()
                .and_then(|items| values.iter().find_map(|value| items.refuses(value))),
            _ => None,
        }
    }

    fn refuses_object(&self, map: &Map<String, Value>) -> Option<String> {
        if let Some(missing) = self.required.iter().find(|name| !map.contains_key(*name)) {
            return Some(format!(
                "Required properties are missing from object: {missing}."
            ));
        }
        for (name, schema) in &self.properties {
            if let Some(wrong) = map.get(name).and_then(|value| schema.refuses(value)) {
                return Some(format!("{name}: {wrong}"));
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
