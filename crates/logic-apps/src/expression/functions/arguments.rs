//! The values that a function is called with, and what it says when they are wrong.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{type_of, write_text};
use crate::expression::{Environment, EvalError};

/// The values that a function is called with. Their number has been checked by the parser.
pub(crate) struct Arguments<'e> {
    pub(crate) function: &'static str,
    pub(crate) values: Vec<Cow<'e, Value>>,
    pub(crate) environment: &'e dyn Environment,
}

/// A number of the language.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    pub(crate) fn of(value: &Value) -> Option<Self> {
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

const ORDINALS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];

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
        let gone = Cow::Owned(Value::Null);
        self.values
            .get_mut(index)
            .map_or(Cow::Owned(Value::Null), |value| {
                std::mem::replace(value, gone)
            })
    }

    /// Something is wrong that has no argument to name.
    pub(crate) fn fail(&self, message: impl std::fmt::Display) -> EvalError {
        EvalError(format!("function '{}': {message}", self.function))
    }

    /// The argument at `index` is not `expected`.
    pub(crate) fn wrong(&self, index: usize, expected: &str) -> EvalError {
        self.unfit(
            index,
            expected,
            &format!("it was {}", type_of(self.get(index))),
        )
    }

    /// The argument at `index` has the right type, but not `expected`.
    pub(crate) fn unfit(&self, index: usize, expected: &str, because: &str) -> EvalError {
        let which = ORDINALS.get(index).map_or_else(
            || format!("{}th", index + 1),
            |ordinal| (*ordinal).to_owned(),
        );
        EvalError(format!(
            "function '{}' expects its {which} argument to be {expected}; {because}",
            self.function
        ))
    }

    pub(crate) fn text(&self, index: usize) -> Result<&str, EvalError> {
        self.get(index)
            .as_str()
            .ok_or_else(|| self.wrong(index, "a text"))
    }

    /// Absent and null are the same.
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
        Number::of(self.get(index)).ok_or_else(|| self.wrong(index, "a number"))
    }

    pub(crate) fn integer(&self, index: usize) -> Result<i64, EvalError> {
        self.get(index)
            .as_i64()
            .ok_or_else(|| self.wrong(index, "an integer"))
    }

    /// An integer that is not negative.
    pub(crate) fn count(&self, index: usize) -> Result<usize, EvalError> {
        let integer = self.integer(index)?;
        usize::try_from(integer)
            .map_err(|_| self.unfit(index, "0 or more", &format!("it was {integer}")))
    }

    pub(crate) fn boolean(&self, index: usize) -> Result<bool, EvalError> {
        self.get(index)
            .as_bool()
            .ok_or_else(|| self.wrong(index, "true or false"))
    }

    pub(crate) fn array(&self, index: usize) -> Result<&Vec<Value>, EvalError> {
        self.get(index)
            .as_array()
            .ok_or_else(|| self.wrong(index, "an array"))
    }

    pub(crate) fn object(&self, index: usize) -> Result<&Map<String, Value>, EvalError> {
        self.get(index)
            .as_object()
            .ok_or_else(|| self.wrong(index, "an object"))
    }
}
