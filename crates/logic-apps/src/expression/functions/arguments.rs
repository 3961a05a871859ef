//! Arguments of a function call, with typed access and errors.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{type_name, write_text};
use crate::expression::{Environment, EvalError};

/// The evaluated arguments of a function call. The parser has checked their number.
pub(crate) struct Arguments<'e> {
    pub(crate) function: &'static str,
    pub(crate) values: Vec<Cow<'e, Value>>,
    pub(crate) environment: &'e dyn Environment,
}

/// A number in an expression.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let number = value.as_number()?;
        number
            .as_i64()
            .map(Self::Integer)
            .or_else(|| number.as_f64().map(Self::Float))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the service converts integers to doubles too"
    )]
    pub(crate) fn as_float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }
}

/// The ordinal number of the argument at `index`, such as `first`.
fn ordinal(index: usize) -> String {
    const ORDINALS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];
    ORDINALS.get(index).map_or_else(
        || format!("{}th", index + 1),
        |ordinal| (*ordinal).to_owned(),
    )
}

impl<'e> Arguments<'e> {
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn get(&self, index: usize) -> &Value {
        self.values
            .get(index)
            .map_or(&Value::Null, |value| &**value)
    }

    pub(crate) fn take(&mut self, index: usize) -> Cow<'e, Value> {
        let empty = Cow::Owned(Value::Null);
        self.values
            .get_mut(index)
            .map_or(Cow::Owned(Value::Null), |value| {
                std::mem::replace(value, empty)
            })
    }

    /// Creates an error that does not refer to an argument.
    pub(crate) fn fail(&self, message: impl std::fmt::Display) -> EvalError {
        EvalError::new(format!("function '{}': {message}", self.function))
    }

    /// Creates an error for an argument of the wrong type.
    pub(crate) fn wrong_type(&self, index: usize, expected: &str) -> EvalError {
        EvalError::new(format!(
            "function '{}' expects its {} argument to be {expected}, not {}",
            self.function,
            ordinal(index),
            type_name(self.get(index)),
        ))
    }

    /// Creates an error for an argument of the right type with an invalid value. Neither `expected`
    /// nor `reason` may contain the value.
    pub(crate) fn invalid(&self, index: usize, expected: &str, reason: &str) -> EvalError {
        EvalError::new(format!(
            "function '{}' expects its {} argument to be {expected}; {reason}",
            self.function,
            ordinal(index),
        ))
    }

    pub(crate) fn text(&self, index: usize) -> Result<&str, EvalError> {
        self.get(index)
            .as_str()
            .ok_or_else(|| self.wrong_type(index, "a string"))
    }

    /// Returns the text at `index`. `None` if the argument is missing or null.
    pub(crate) fn optional_text(&self, index: usize) -> Result<Option<&str>, EvalError> {
        match self.get(index) {
            Value::Null => Ok(None),
            _ => self.text(index).map(Some),
        }
    }

    pub(crate) fn as_text(&self, index: usize) -> Cow<'_, str> {
        match self.get(index) {
            Value::String(text) => Cow::Borrowed(text),
            other => {
                let mut text = String::new();
                write_text(&mut text, other);
                Cow::Owned(text)
            }
        }
    }

    pub(crate) fn number(&self, index: usize) -> Result<Number, EvalError> {
        Number::from_value(self.get(index)).ok_or_else(|| self.wrong_type(index, "a number"))
    }

    pub(crate) fn integer(&self, index: usize) -> Result<i64, EvalError> {
        self.get(index)
            .as_i64()
            .ok_or_else(|| self.wrong_type(index, "an integer"))
    }

    /// Returns an integer that is not negative.
    pub(crate) fn count(&self, index: usize) -> Result<usize, EvalError> {
        let integer = self.integer(index)?;
        usize::try_from(integer).map_err(|_| self.invalid(index, "0 or more", "it is negative"))
    }

    pub(crate) fn boolean(&self, index: usize) -> Result<bool, EvalError> {
        self.get(index)
            .as_bool()
            .ok_or_else(|| self.wrong_type(index, "true or false"))
    }

    pub(crate) fn array(&self, index: usize) -> Result<&Vec<Value>, EvalError> {
        self.get(index)
            .as_array()
            .ok_or_else(|| self.wrong_type(index, "an array"))
    }

    pub(crate) fn object(&self, index: usize) -> Result<&Map<String, Value>, EvalError> {
        self.get(index)
            .as_object()
            .ok_or_else(|| self.wrong_type(index, "an object"))
    }
}
