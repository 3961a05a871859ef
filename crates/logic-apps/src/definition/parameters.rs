//! Parameters of a workflow and their values.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::error::{At, Fields, LoadError, json_type, keyword, object};
use crate::suggest::did_you_mean;

/// "Maximum parameters" (`logic-apps-limits-and-config.md`).
const MAX_PARAMETERS: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Integer,
    Float,
    Boolean,
    Array,
    Object,
}

const TYPES: [(&str, Type); 8] = [
    ("string", Type::Text),
    ("securestring", Type::Text),
    ("int", Type::Integer),
    ("float", Type::Float),
    ("bool", Type::Boolean),
    ("array", Type::Array),
    ("object", Type::Object),
    ("secureobject", Type::Object),
];

impl Type {
    fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Integer => value.is_i64(),
            Self::Float => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

/// Returns the values of the declared parameters, by name in lower case.
pub(super) fn load(
    declared: Option<&Value>,
    given: Option<&Value>,
) -> Result<HashMap<String, Value>, LoadError> {
    let none = Map::new();
    let definition = At::root("definition");
    let at = definition.to("parameters");
    let declared = declared.map_or(Ok(&none), |value| object(value, &at))?;
    if declared.len() > MAX_PARAMETERS {
        return Err(at.error(format!(
            "{} parameters exceed the limit of {MAX_PARAMETERS} per workflow",
            declared.len()
        )));
    }
    let given_at = At::root("parameters");
    let given = given.map_or(Ok(&none), |value| object(value, &given_at))?;
    for name in given.keys() {
        if !declared
            .keys()
            .any(|other| other.eq_ignore_ascii_case(name))
        {
            let names: Vec<_> = declared.keys().map(String::as_str).collect();
            return Err(given_at.to(name).error(format!(
                "the definition does not declare this parameter{}",
                did_you_mean(name, &names)
            )));
        }
    }
    let mut values = HashMap::with_capacity(declared.len());
    for (name, declaration) in declared {
        let at = at.to(name);
        let known = [
            "type",
            "defaultValue",
            "allowedValues",
            "metadata",
            "description",
        ];
        let fields = Fields::read(declaration, &at, &known)?;
        let kind = keyword(fields.require("type")?, &at.to("type"), "type", &TYPES)?;
        let given_at = given_at.to(name);
        let given = given
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, given)| {
                Fields::read(given, &given_at, &["value", "type", "metadata"])?.require("value")
            })
            .transpose()?;
        let Some(value) = given.or_else(|| fields.get("defaultValue")) else {
            return Err(given_at.error("missing value; the declaration has no defaultValue"));
        };
        if !kind.accepts(value) {
            let expected = declaration.get("type").and_then(Value::as_str);
            return Err(given_at.error(format!(
                "expected a value of type {}, not {}",
                expected.unwrap_or_default(),
                json_type(value)
            )));
        }
        if let Some(Value::Array(allowed)) = fields.get("allowedValues")
            && !allowed.contains(value)
        {
            return Err(given_at.error("the value is not one of allowedValues"));
        }
        if values.insert(name.to_lowercase(), value.clone()).is_some() {
            return Err(at.error("duplicate parameter; names are case-insensitive"));
        }
    }
    Ok(values)
}
