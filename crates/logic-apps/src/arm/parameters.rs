//! Parameters of a template: declarations and parameter files.

use std::fmt;

use serde_json::{Map, Value};

use super::parser::{known, object, required, templated};
use super::{ArmError, json};
use crate::expression::Templated;
use crate::suggest::did_you_mean;

/// A parameter as declared in the template.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) default: Option<Templated>,
    allowed: Option<Vec<Value>>,
    min_value: Option<i64>,
    max_value: Option<i64>,
    min_length: Option<i64>,
    max_length: Option<i64>,
}

/// Type of a parameter or output ("Data types in ARM templates").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    String,
    SecureString,
    Int,
    Bool,
    Object,
    SecureObject,
    Array,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::SecureString => "a securestring",
            Self::Int => "an int",
            Self::Bool => "a bool",
            Self::Object => "an object",
            Self::SecureObject => "a secureObject",
            Self::Array => "an array",
        })
    }
}

impl Type {
    pub(super) fn read(value: &Value, path: &str) -> Result<Self, ArmError> {
        let name = value.as_str().unwrap_or_default().to_ascii_lowercase();
        Ok(match name.as_str() {
            "string" => Self::String,
            "securestring" => Self::SecureString,
            "int" => Self::Int,
            "bool" => Self::Bool,
            "object" => Self::Object,
            "secureobject" => Self::SecureObject,
            "array" => Self::Array,
            _ => {
                return Err(ArmError::structure(
                    format!("{path}.type"),
                    "expected string, securestring, int, bool, object, secureObject, or array",
                ));
            }
        })
    }

    pub(super) fn is_secure(self) -> bool {
        matches!(self, Self::SecureString | Self::SecureObject)
    }

    pub(super) fn holds(self, value: &Value) -> bool {
        match self {
            Self::String | Self::SecureString => value.is_string(),
            Self::Int => value.is_i64(),
            Self::Bool => value.is_boolean(),
            Self::Object | Self::SecureObject => value.is_object(),
            Self::Array => value.is_array(),
        }
    }
}

impl Parameter {
    pub(super) fn read(name: &str, value: &Value) -> Result<Self, ArmError> {
        let path = format!("parameters.{name}");
        let declared = object(value, &path)?;
        known(
            declared,
            &path,
            &[
                "allowedValues",
                "defaultValue",
                "maxLength",
                "maxValue",
                "metadata",
                "minLength",
                "minValue",
                "type",
            ],
        )?;
        let limit = |name: &str| match declared.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| {
                ArmError::structure(format!("{path}.{name}"), "expected an integer")
            }),
        };
        let kind = Type::read(required(declared, &path, "type")?, &path)?;
        let allowed = match declared.get("allowedValues") {
            None => None,
            Some(Value::Array(values)) => Some(values.clone()),
            Some(_) => {
                let path = format!("{path}.allowedValues");
                return Err(ArmError::structure(path, "expected an array"));
            }
        };
        let parameter = Self {
            name: name.to_owned(),
            kind,
            default: declared
                .get("defaultValue")
                .map(|value| templated(value, &format!("{path}.defaultValue")))
                .transpose()?,
            allowed,
            min_value: limit("minValue")?,
            max_value: limit("maxValue")?,
            min_length: limit("minLength")?,
            max_length: limit("maxLength")?,
        };
        parameter.check_limits(&path)?;
        Ok(parameter)
    }

    /// Checks that the limits apply to the type.
    fn check_limits(&self, path: &str) -> Result<(), ArmError> {
        let values = self.min_value.or(self.max_value).is_some();
        let lengths = self.min_length.or(self.max_length).is_some();
        if values && self.kind != Type::Int {
            let message = format!(
                "minValue and maxValue require the type int; this parameter is {}",
                self.kind
            );
            return Err(ArmError::structure(path, message));
        }
        if lengths && !matches!(self.kind, Type::String | Type::SecureString | Type::Array) {
            let message = format!(
                "minLength and maxLength require a string or an array; this parameter is {}",
                self.kind
            );
            return Err(ArmError::structure(path, message));
        }
        Ok(())
    }

    /// Checks that `value` satisfies the declaration. Errors contain no part of the value.
    pub(super) fn check(&self, value: &Value) -> Result<(), ArmError> {
        let invalid = |message: String| Err(ArmError::parameter(&self.name, message));
        if !self.kind.holds(value) {
            let given = crate::expression::functions::type_name(value);
            return invalid(format!("expected {}, not {given}", self.kind));
        }
        if let Some(allowed) = &self.allowed
            && !allowed.contains(value)
        {
            let listed: Vec<String> = allowed.iter().map(Value::to_string).collect();
            return invalid(if self.kind.is_secure() {
                "the value is not one of the allowed values".to_owned()
            } else {
                format!("expected one of {}", listed.join(", "))
            });
        }
        let length = match value {
            Value::String(text) => i64::try_from(text.encode_utf16().count()).ok(),
            Value::Array(items) => i64::try_from(items.len()).ok(),
            _ => None,
        };
        let bounds = [
            (value.as_i64(), self.min_value, self.max_value, "the value"),
            (length, self.min_length, self.max_length, "the length"),
        ];
        for (number, min, max, what) in bounds {
            let Some(number) = number else { continue };
            if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
                let range = match (min, max) {
                    (Some(min), Some(max)) => format!("between {min} and {max}"),
                    (Some(min), None) => format!("at least {min}"),
                    (None, Some(max)) => format!("at most {max}"),
                    (None, None) => continue,
                };
                return invalid(format!("{what} must be {range}"));
            }
        }
        Ok(())
    }
}

/// Parses a parameter file (`deploymentParameters.json`) and returns the values by name.
///
/// # Errors
/// The text is not JSON, is not a parameter file, or references a key vault, which is not
/// supported.
pub fn parse_parameters(text: &str) -> Result<Map<String, Value>, ArmError> {
    let value = json::read(text, "the parameter file")?;
    let file = object(&value, "the parameter file")?;
    known(file, "", &["$schema", "contentVersion", "parameters"])?;
    required(file, "", "contentVersion")?;
    let mut values = Map::new();
    for (name, given) in object(required(file, "", "parameters")?, "parameters")? {
        let path = format!("parameters.{name}");
        let given = object(given, &path)?;
        known(given, &path, &["value"])?;
        let value = required(given, &path, "value")?;
        values.insert(name.clone(), value.clone());
    }
    Ok(values)
}

/// Returns the index of the parameter of that name, ignoring case.
pub(super) fn find(parameters: &[Parameter], name: &str) -> Result<usize, ArmError> {
    let found = parameters
        .iter()
        .position(|parameter| parameter.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let names: Vec<&str> = parameters
            .iter()
            .map(|parameter| parameter.name.as_str())
            .collect();
        let near = did_you_mean(name, &names);
        ArmError::parameter(name, format!("the template has no such parameter{near}"))
    })
}
