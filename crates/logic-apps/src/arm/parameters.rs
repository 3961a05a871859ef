//! A template's parameters: what they may be, and the files that give them.

use std::fmt;

use serde_json::{Map, Value};

use super::reading::{known, object, required, templated};
use super::{ArmError, json};
use crate::expression::Templated;
use crate::suggest::did_you_mean;

/// A parameter as the template declares it.
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

/// "Data types in ARM templates".
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
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, ArmError> {
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
                    format!("{place}.type"),
                    "expected string, securestring, int, bool, object, secureObject or array",
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
        let place = format!("parameters.{name}");
        let declared = object(value, &place)?;
        known(
            declared,
            &place,
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
                ArmError::structure(format!("{place}.{name}"), "expected an integer")
            }),
        };
        let kind = Type::read(required(declared, &place, "type")?, &place)?;
        let allowed = match declared.get("allowedValues") {
            None => None,
            Some(Value::Array(values)) => Some(values.clone()),
            Some(_) => {
                let place = format!("{place}.allowedValues");
                return Err(ArmError::structure(place, "expected an array"));
            }
        };
        let parameter = Self {
            name: name.to_owned(),
            kind,
            default: declared
                .get("defaultValue")
                .map(|value| templated(value, &format!("{place}.defaultValue")))
                .transpose()?,
            allowed,
            min_value: limit("minValue")?,
            max_value: limit("maxValue")?,
            min_length: limit("minLength")?,
            max_length: limit("maxLength")?,
        };
        parameter.check_limits(&place)?;
        Ok(parameter)
    }

    /// Limits fit the type.
    fn check_limits(&self, place: &str) -> Result<(), ArmError> {
        let values = self.min_value.or(self.max_value).is_some();
        let lengths = self.min_length.or(self.max_length).is_some();
        if values && self.kind != Type::Int {
            let message = format!("minValue and maxValue are for an int; it is {}", self.kind);
            return Err(ArmError::structure(place, message));
        }
        if lengths && !matches!(self.kind, Type::String | Type::SecureString | Type::Array) {
            let message = format!(
                "minLength and maxLength are for texts and arrays; it is {}",
                self.kind
            );
            return Err(ArmError::structure(place, message));
        }
        Ok(())
    }

    /// Whether `value` is one that the template takes. An error shows no part of it.
    pub(super) fn check(&self, value: &Value) -> Result<(), ArmError> {
        let refuse = |message: String| Err(ArmError::parameter(&self.name, message));
        if !self.kind.holds(value) {
            let given = crate::expression::functions::type_of(value);
            return refuse(format!("it must be {}, not {given}", self.kind));
        }
        if let Some(allowed) = &self.allowed
            && !allowed.contains(value)
        {
            let shown: Vec<String> = allowed.iter().map(Value::to_string).collect();
            return refuse(if self.kind.is_secure() {
                "it is none of the allowed values".to_owned()
            } else {
                format!("it must be one of {}", shown.join(", "))
            });
        }
        let length = match value {
            Value::String(text) => i64::try_from(text.encode_utf16().count()).ok(),
            Value::Array(items) => i64::try_from(items.len()).ok(),
            _ => None,
        };
        let bounds = [
            (value.as_i64(), self.min_value, self.max_value, "it"),
            (length, self.min_length, self.max_length, "its length"),
        ];
        for (number, min, max, what) in bounds {
            let Some(number) = number else { continue };
            if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
                let range = match (min, max) {
                    (Some(min), Some(max)) => format!("from {min} to {max}"),
                    (Some(min), None) => format!("at least {min}"),
                    (None, Some(max)) => format!("at most {max}"),
                    (None, None) => continue,
                };
                return refuse(format!("{what} must be {range}"));
            }
        }
        Ok(())
    }
}

/// The values in a file of parameters (`deploymentParameters.json`), by name.
///
/// # Errors
/// Where the text is no JSON or not such a file, or takes a value from a key vault, which is not
/// supported.
pub fn parameters_of(text: &str) -> Result<Map<String, Value>, ArmError> {
    let value = json::read(text, "the file of parameters")?;
    let file = object(&value, "the file of parameters")?;
    known(file, "", &["$schema", "contentVersion", "parameters"])?;
    required(file, "", "contentVersion")?;
    let mut values = Map::new();
    for (name, given) in object(required(file, "", "parameters")?, "parameters")? {
        let place = format!("parameters.{name}");
        let given = object(given, &place)?;
        known(given, &place, &["value"])?;
        let value = required(given, &place, "value")?;
        values.insert(name.clone(), value.clone());
    }
    Ok(values)
}

/// The parameter of that name, whatever its case.
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
