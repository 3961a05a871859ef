//! The expression language of ARM templates and of the Workflow Definition Language.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

/// A parsed expression, such as `concat('a', parameters('b'))`.
#[derive(Debug, Clone)]
pub struct Expression {}

/// A JSON value whose strings may hold expressions: `@…`, `@{…}` within text, `@@` for an `@`.
#[derive(Debug, Clone)]
pub struct Templated {}

/// What an expression can ask of where it stands.
pub trait Environment {
    /// Calls a function that the language itself does not have, such as `parameters` or `body`;
    /// `None` where there is none of that name. `name` is in lower case.
    fn call(
        &self,
        name: &str,
        arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>>;

    /// What `utcNow()` says.
    fn now(&self) -> Timestamp;
}

/// A call as it is written, for checks before anything runs.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The function's name in lower case.
    pub name: &'a str,
    /// Its first argument, where that is a string literal.
    pub literal: Option<&'a str>,
}

/// The text is no expression.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message} at character {at} of `{text}`")]
pub struct ParseError {
    /// The expression, shortened.
    pub text: String,
    /// The character that is wrong, counted from 1.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

/// The expression has no value.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct EvalError(pub String);

impl Expression {
    /// Reads an expression without its leading `@` or its brackets.
    pub fn parse(_text: &str) -> Result<Self, ParseError> {
        todo!()
    }

    /// Its value.
    pub fn evaluate<'e>(
        &'e self,
        _environment: &'e dyn Environment,
    ) -> Result<Cow<'e, Value>, EvalError> {
        todo!()
    }

    /// Every call in it.
    pub fn calls(&self) -> Vec<Call<'_>> {
        todo!()
    }
}

impl Templated {
    /// Reads every string in `value`.
    pub fn parse(_value: &Value) -> Result<Self, ParseError> {
        todo!()
    }

    /// The value with every expression replaced by what it yields.
    pub fn evaluate<'e>(
        &'e self,
        _environment: &'e dyn Environment,
    ) -> Result<Cow<'e, Value>, EvalError> {
        todo!()
    }

    /// Every call in it.
    pub fn calls(&self) -> Vec<Call<'_>> {
        todo!()
    }
}
