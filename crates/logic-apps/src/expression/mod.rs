//! The expression language of ARM templates and of the Workflow Definition Language.
//!
//! Source: Microsoft's "Schema reference guide for the Workflow Definition Language" (the language)
//! and "Reference guide to workflow expression functions" (its functions).

mod ast;
mod evaluator;
pub(crate) mod functions;
mod parser;
mod templated;

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

pub(crate) use ast::Node;
pub(crate) use evaluator::{Place, Scope, value_of};
pub use templated::Templated;

/// A parsed expression, such as `concat('a', parameters('b'))`. Shown as it would be written.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
    text: Box<str>,
    dialect: Dialect,
    /// How deep it is nested.
    depth: usize,
}

/// Whose functions and whose marks an expression uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The Workflow Definition Language: `@…`, `@{…}` within text, `@@` for an `@`.
    Workflow,
    /// An ARM template: `[…]`, `[[` for a `[`.
    Template,
}

/// What an expression can ask of where it stands.
pub trait Environment {
    /// Calls a function that the language itself does not have, such as `parameters` or `body`;
    /// `None` where there is none of that name. `name` is in lower case.
    fn call(
        &self,
        name: &str,
        arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>>;

    /// What `utcNow()` yields.
    fn now(&self) -> Timestamp;

    /// Whether `and`, `or`, `if` and `coalesce` evaluate all their arguments. The host evaluates
    /// only those that decide; the function reference does not say so.
    fn is_eager(&self) -> bool {
        false
    }
}

/// A function that an [`Environment`] has, for checks before anything runs.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// Its name as it is usually written.
    pub name: &'static str,
    /// How many arguments it takes at least.
    pub min: usize,
    /// How many arguments it takes at most.
    pub max: usize,
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
pub struct ParseError {
    /// The expression, or the part of a long one around the character.
    pub text: String,
    /// The character that is wrong, counted from 1.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// Where in the JSON the text stands, such as `inputs.body.env.X`; empty where it stands alone.
    pub path: String,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(
            f,
            "{} (character {} of `{}`)",
            self.message, self.at, self.text
        )
    }
}

impl ParseError {
    /// An error at byte `offset` of `text`.
    fn new(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text).chars().count();
        Self {
            text: around(text, before),
            at: before + 1,
            message: message.into(),
            path: String::new(),
        }
    }
}

/// The expression has no value.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct EvalError(pub String);

/// How many characters of an expression an error shows, so that it stays a line.
const SHOWN: usize = 120;

/// The part of `text` that has character `place` in it.
fn around(text: &str, place: usize) -> String {
    let length = text.chars().count();
    if length <= SHOWN {
        return text.to_owned();
    }
    let start = place.saturating_sub(SHOWN / 2).min(length - SHOWN);
    let part: String = text.chars().skip(start).take(SHOWN).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + SHOWN < length { "…" } else { "" };
    format!("{before}{part}{after}")
}

impl Expression {
    /// The longest expression that the service takes, in characters ("Limits and configuration
    /// reference for Azure Logic Apps").
    pub const MAX_LENGTH: usize = 8_192;
    /// How deep calls and brackets may be nested. The service publishes no number; this one keeps
    /// hostile text from exhausting the stack.
    pub const MAX_DEPTH: usize = 64;

    /// Reads an expression of the Workflow Definition Language without its leading `@`.
    ///
    /// # Errors
    /// Names the first character that is wrong and what was expected; also a wrong number of
    /// arguments for a function of the language.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_as(text, Dialect::Workflow)
    }

    /// Reads an expression of either language without its `@` or brackets.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn parse_as(text: &str, dialect: Dialect) -> Result<Self, ParseError> {
        parser::whole(text, 0, text.len(), dialect)
    }

    /// Its value.
    ///
    /// Arguments are evaluated from left to right and all of them, also those of `if`, `and`, `or`
    /// and `coalesce` in a workflow (the reference says no more than "parameters are evaluated from
    /// left to right", so an expression that only works when a branch is left out is refused here);
    /// in an ARM template, `if` evaluates the chosen branch alone, as documented there.
    ///
    /// # Errors
    /// Names the function, what it expected and the type that it was given; or the property that is
    /// missing and those that are there. Values are never shown: they may be secret.
    pub fn evaluate<'e>(
        &'e self,
        environment: &'e dyn Environment,
    ) -> Result<Cow<'e, Value>, EvalError> {
        let place = Place {
            environment,
            variables: None,
        };
        evaluator::value_of(&self.root, place).map_err(|EvalError(message)| {
            // One that the environment evaluated on the way has said where.
            if message.ends_with("`)") {
                return EvalError(message);
            }
            EvalError(format!("{message} (in `{}`)", around(&self.text, 0)))
        })
    }

    /// Every call in it, outer before inner.
    pub fn calls(&self) -> Vec<Call<'_>> {
        let mut found = Vec::new();
        self.root
            .visit_calls(&mut |call| found.push(call.as_seen()));
        found
    }

    /// Whether every function is one of the language or of `environment`, with as many arguments as
    /// it takes.
    ///
    /// # Errors
    /// Names the function; an unknown one with the nearest name that there is.
    pub fn check(&self, environment: &[Signature]) -> Result<(), ParseError> {
        let mut first = None;
        self.root.visit_calls(&mut |call| {
            if first.is_none() && call.function.is_none() {
                let count = call.arguments.len();
                first = functions::fault(&call.written, count, self.dialect, environment)
                    .map(|message| (call.at, message));
            }
        });
        match first {
            None => Ok(()),
            Some((at, message)) => Err(ParseError::new(&self.text, at, message)),
        }
    }
}

/// Equal in what they say, however it is spaced and cased.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.dialect == other.dialect && self.root == other.root
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.root.fmt(f)
    }
}
