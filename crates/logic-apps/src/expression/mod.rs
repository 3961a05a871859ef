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
pub(crate) use evaluator::{EvalContext, Scope, evaluate};
pub use templated::Templated;

/// A parsed expression, such as `concat('a', parameters('b'))`. `Display` formats it as source
/// text.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
    text: Box<str>,
    dialect: Dialect,
    /// Nesting depth.
    depth: usize,
}

/// The language of an expression: its functions and its delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The Workflow Definition Language: `@…`, `@{…}` within text, and `@@` for a literal `@`.
    Workflow,
    /// An ARM template: `[…]`, and `[[` for a literal `[`.
    Template,
}

/// Host functions and time for the evaluation of an expression.
pub trait Environment {
    /// Calls a function that is not part of the language, such as `parameters` or `body`. `name` is
    /// in lower case. `None` if there is no such function.
    fn call(
        &self,
        name: &str,
        arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>>;

    /// The result of `utcNow()`.
    fn now(&self) -> Timestamp;

    /// Whether `and`, `or`, `if`, and `coalesce` evaluate all their arguments. The function
    /// reference does not specify it; the real service stops at the deciding argument.
    fn is_eager(&self) -> bool {
        false
    }
}

/// Name and arity of a function that an [`Environment`] provides, for checks before evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// The name in its usual case.
    pub name: &'static str,
    /// Minimum number of arguments.
    pub min: usize,
    /// Maximum number of arguments.
    pub max: usize,
}

/// A call in the source text, for checks before evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The function's name, in lower case.
    pub name: &'a str,
    /// The first argument, if it is a string literal.
    pub literal: Option<&'a str>,
}

/// A syntax error in an expression.
#[derive(Debug, Clone, thiserror::Error)]
pub struct ParseError {
    /// The expression, or an excerpt of a long one around the error.
    pub text: String,
    /// Position of the error in characters, from 1.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// Path of the text within the JSON, such as `inputs.body.env.X`; empty for a standalone
    /// expression.
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
    /// Creates an error at byte `offset` of `text`.
    fn new(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text).chars().count();
        Self {
            text: excerpt(text, before),
            at: before + 1,
            message: message.into(),
            path: String::new(),
        }
    }
}

/// An expression that cannot be evaluated. Contains no values, which may be secret.
#[derive(Debug, Clone, thiserror::Error)]
pub struct EvalError {
    message: String,
    /// The innermost expression that failed, shortened. `None` if the error was not raised within
    /// an expression.
    expression: Option<String>,
    /// Path of the text within the JSON, such as `inputs.body.env.X`; empty if unknown.
    path: String,
}

impl EvalError {
    /// Creates an error without a location.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            expression: None,
            path: String::new(),
        }
    }

    /// Adds the source text of the expression, unless a nested expression has added its own.
    fn in_expression(mut self, text: &str) -> Self {
        self.expression.get_or_insert_with(|| excerpt(text, 0));
        self
    }

    /// Prepends the path of the text that contains the expression.
    fn at_path(mut self, path: &str) -> Self {
        match (path.is_empty(), self.path.is_empty()) {
            (true, _) => {}
            (false, true) => path.clone_into(&mut self.path),
            (false, false) => self.path = format!("{path}: {}", self.path),
        }
        self
    }
}

impl std::fmt::Display for EvalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.expression {
            Some(expression) => write!(f, " (in `{expression}`)"),
            None => Ok(()),
        }
    }
}

/// Maximum length of an excerpt in an error, in characters.
const EXCERPT_LENGTH: usize = 120;

/// Returns the excerpt of `text` around the character at index `position`.
fn excerpt(text: &str, position: usize) -> String {
    let length = text.chars().count();
    if length <= EXCERPT_LENGTH {
        return text.to_owned();
    }
    let start = position
        .saturating_sub(EXCERPT_LENGTH / 2)
        .min(length - EXCERPT_LENGTH);
    let part: String = text.chars().skip(start).take(EXCERPT_LENGTH).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + EXCERPT_LENGTH < length {
        "…"
    } else {
        ""
    };
    format!("{before}{part}{after}")
}

impl Expression {
    /// Maximum length of an expression, in characters ("Limits and configuration reference for
    /// Azure Logic Apps").
    pub const MAX_LENGTH: usize = 8_192;
    /// Maximum nesting depth of calls and brackets. The service publishes no limit; this one
    /// prevents a stack overflow on hostile input.
    pub const MAX_DEPTH: usize = 64;

    /// Parses an expression of the Workflow Definition Language, without its leading `@`.
    ///
    /// # Errors
    /// The first syntax error, or a wrong number of arguments for a function of the language.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_as(text, Dialect::Workflow)
    }

    /// Parses an expression of either dialect, without its `@` or brackets.
    ///
    /// # Errors
    /// See [`Expression::parse`].
    pub fn parse_as(text: &str, dialect: Dialect) -> Result<Self, ParseError> {
        parser::parse_whole(text, 0, text.len(), dialect)
    }

    /// Evaluates the expression.
    ///
    /// Arguments are evaluated from left to right. [`Environment::is_eager`] determines whether a
    /// workflow's `if`, `and`, `or`, and `coalesce` evaluate all arguments: the reference only
    /// documents that "parameters are evaluated from left to right". In an ARM template, `if`
    /// evaluates only the chosen branch, as documented.
    ///
    /// # Errors
    /// The function with the type that it expected and the type that it received, or the missing
    /// property with the available ones. Errors contain no values, which may be secret.
    pub fn evaluate<'e>(
        &'e self,
        environment: &'e dyn Environment,
    ) -> Result<Cow<'e, Value>, EvalError> {
        let context = EvalContext {
            environment,
            variables: None,
        };
        evaluator::evaluate(&self.root, context).map_err(|error| error.in_expression(&self.text))
    }

    /// Every call in the expression, outer before inner.
    pub fn calls(&self) -> Vec<Call<'_>> {
        let mut found = Vec::new();
        self.root
            .visit_calls(&mut |call| found.push(call.to_call()));
        found
    }

    /// Checks that every function is part of the language or of `environment`, with a valid number
    /// of arguments.
    ///
    /// # Errors
    /// The first invalid call. An unknown function comes with a suggestion.
    pub fn check(&self, environment: &[Signature]) -> Result<(), ParseError> {
        let mut first = None;
        self.root.visit_calls(&mut |call| {
            if first.is_none() && call.function.is_none() {
                let count = call.arguments.len();
                first = functions::check_call(&call.source, count, self.dialect, environment)
                    .map(|message| (call.at, message));
            }
        });
        match first {
            None => Ok(()),
            Some((at, message)) => Err(ParseError::new(&self.text, at, message)),
        }
    }
}

/// Compares the syntax trees; whitespace and the case of function names do not matter.
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
