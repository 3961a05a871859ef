//! JSON whose strings may contain expressions.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::parser;
use super::{Call, Dialect, Environment, EvalError, Expression, ParseError, Signature};
use crate::expression::functions::{type_name, write_text};

/// A JSON value whose strings may contain expressions. In a workflow: `@…`, `@{…}` within text, and
/// `@@` for a literal `@`. In an ARM template: `[…]`, and `[[` for a literal `[`.
///
/// In a workflow, property names follow the same rules as values: `@@odata.id` stands for
/// `@odata.id` (microsoft-graph-docs#12809, Azure/logicapps#1301). In an ARM template, a property
/// name that looks like an expression is an error.
#[derive(Debug, Clone)]
pub struct Templated(Part);

#[derive(Debug, Clone)]
enum Part {
    /// A value without expressions.
    Fixed(Value),
    Expression(Expression, Box<str>),
    Text(Vec<Piece>, Box<str>),
    Array(Vec<Part>),
    /// Names and values.
    Object(Vec<(Part, Part)>),
}

#[derive(Debug, Clone)]
enum Piece {
    Fixed(String),
    Expression(Expression),
}

impl Templated {
    /// Maximum nesting depth of arrays and objects.
    pub const MAX_DEPTH: usize = 128;

    /// Parses every string in `value` by the rules of the Workflow Definition Language.
    ///
    /// # Errors
    /// The first syntax error, with its path in the JSON and its position.
    pub fn parse(value: &Value) -> Result<Self, ParseError> {
        Self::parse_as(value, Dialect::Workflow)
    }

    /// Parses every string in `value` by the rules of `dialect`.
    ///
    /// # Errors
    /// See [`Templated::parse`].
    pub fn parse_as(value: &Value, dialect: Dialect) -> Result<Self, ParseError> {
        Self::parse_at(value, dialect, "")
    }

    /// Like [`Templated::parse_as`], for a `value` at `path` in a larger JSON document.
    ///
    /// # Errors
    /// See [`Templated::parse`].
    pub(crate) fn parse_at(
        value: &Value,
        dialect: Dialect,
        path: &str,
    ) -> Result<Self, ParseError> {
        part(value, dialect, &mut path.to_owned(), 0).map(Self)
    }

    /// Returns the value with every expression replaced by its result; borrowed if there are no
    /// expressions.
    ///
    /// # Errors
    /// See [`Expression::evaluate`]. The message starts with the path in the JSON.
    pub fn evaluate<'e>(
        &'e self,
        environment: &'e dyn Environment,
    ) -> Result<Cow<'e, Value>, EvalError> {
        evaluate(&self.0, environment)
    }

    /// The value, if it contains no expression.
    pub(crate) fn fixed(&self) -> Option<&Value> {
        match &self.0 {
            Part::Fixed(value) => Some(value),
            _ => None,
        }
    }

    /// Like [`Templated::evaluate`], but omits the property at `path`: the names of nested objects.
    /// Adds the results of the expressions in that property to `results`, in their order. The same
    /// results give the same property. If an expression returns an object around the property, nothing
    /// is omitted.
    pub(crate) fn evaluate_without<'e>(
        &'e self,
        path: &[&str],
        environment: &'e dyn Environment,
        results: &mut Vec<Cow<'e, Value>>,
    ) -> Result<Cow<'e, Value>, EvalError> {
        evaluate_without(&self.0, path, environment, results)
    }

    /// Nesting depth, including that of the expressions.
    pub(crate) fn depth(&self) -> usize {
        self.0.depth()
    }

    /// Every call in the value.
    pub fn calls(&self) -> Vec<Call<'_>> {
        let mut calls = Vec::new();
        self.0
            .visit(&mut |_, expression| calls.extend(expression.calls()));
        calls
    }

    /// Checks that every function is part of the language or of `environment`.
    ///
    /// # Errors
    /// See [`Expression::check`]. The error contains the path in the JSON.
    pub fn check(&self, environment: &[Signature]) -> Result<(), ParseError> {
        let mut result = Ok(());
        self.0.visit(&mut |path, expression| {
            if result.is_ok() {
                result = expression.check(environment).map_err(|error| ParseError {
                    path: path.to_owned(),
                    ..error
                });
            }
        });
        result
    }
}

impl Part {
    fn visit<'a>(&'a self, visitor: &mut dyn FnMut(&'a str, &'a Expression)) {
        match self {
            Self::Fixed(_) => {}
            Self::Expression(expression, path) => visitor(path, expression),
            Self::Text(pieces, path) => {
                for piece in pieces {
                    if let Piece::Expression(expression) = piece {
                        visitor(path, expression);
                    }
                }
            }
            Self::Array(parts) => parts.iter().for_each(|part| part.visit(visitor)),
            Self::Object(parts) => parts.iter().for_each(|(name, part)| {
                name.visit(visitor);
                part.visit(visitor);
            }),
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::Fixed(_) => 0,
            Self::Expression(expression, _) => expression.depth,
            Self::Text(pieces, _) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Fixed(_) => 0,
                    Piece::Expression(expression) => expression.depth,
                })
                .max()
                .unwrap_or(0),
            Self::Array(parts) => 1 + parts.iter().map(Self::depth).max().unwrap_or(0),
            Self::Object(parts) => {
                1 + parts
                    .iter()
                    .map(|(name, part)| name.depth().max(part.depth()))
                    .max()
                    .unwrap_or(0)
            }
        }
    }

    fn into_fixed(self) -> Option<Value> {
        match self {
            Self::Fixed(value) => Some(value),
            _ => None,
        }
    }
}

fn part(
    value: &Value,
    dialect: Dialect,
    path: &mut String,
    depth: usize,
) -> Result<Part, ParseError> {
    let located = |error: ParseError, path: &str| ParseError {
        path: path.to_owned(),
        ..error
    };
    if depth > Templated::MAX_DEPTH {
        let message = format!("nested more than {} levels deep", Templated::MAX_DEPTH);
        return Err(located(ParseError::new("", 0, message), path));
    }
    let before = path.len();
    match value {
        Value::String(text) => {
            let part = match dialect {
                Dialect::Workflow => workflow_text(text, path),
                Dialect::Template => template_text(text, path),
            };
            part.map_err(|error| located(error, path))
        }
        Value::Array(items) => {
            let mut parts = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                // Writing to a `String` cannot fail.
                let _ = write!(path, "[{index}]");
                parts.push(part(item, dialect, path, depth + 1)?);
                path.truncate(before);
            }
            Ok(fixed_array(parts))
        }
        Value::Object(object) => {
            let mut parts = Vec::with_capacity(object.len());
            for (name, item) in object {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                let name = match dialect {
                    Dialect::Workflow => workflow_text(name, path),
                    Dialect::Template => template_name(name),
                };
                let name = name.map_err(|error| located(error, path))?;
                parts.push((name, part(item, dialect, path, depth + 1)?));
                path.truncate(before);
            }
            Ok(fixed_object(parts))
        }
        other => Ok(Part::Fixed(other.clone())),
    }
}

fn template_name(name: &str) -> Result<Part, ParseError> {
    if name.starts_with('[') && name.ends_with(']') {
        let message = "expressions in property names are not supported";
        return Err(ParseError::new(name, 0, message));
    }
    Ok(Part::Fixed(name.into()))
}

fn fixed_array(parts: Vec<Part>) -> Part {
    if parts.iter().all(|part| matches!(part, Part::Fixed(_))) {
        let items = parts.into_iter().filter_map(Part::into_fixed);
        Part::Fixed(Value::Array(items.collect()))
    } else {
        Part::Array(parts)
    }
}

fn fixed_object(parts: Vec<(Part, Part)>) -> Part {
    let fixed = |(name, part): &(Part, Part)| {
        matches!(
            (name, part),
            (Part::Fixed(Value::String(_)), Part::Fixed(_))
        )
    };
    if parts.iter().all(fixed) {
        let items = parts.into_iter().filter_map(|parts| match parts {
            (Part::Fixed(Value::String(name)), Part::Fixed(value)) => Some((name, value)),
            _ => None,
        });
        Part::Fixed(Value::Object(items.collect()))
    } else {
        Part::Object(parts)
    }
}

/// Parses a string of a template: `[…]` is an expression, `[[…]` is the text `[…]`, and everything
/// else is text.
fn template_text(text: &str, path: &str) -> Result<Part, ParseError> {
    if !(text.starts_with('[') && text.ends_with(']')) {
        return Ok(Part::Fixed(Value::String(text.to_owned())));
    }
    if text.starts_with("[[") {
        return Ok(Part::Fixed(Value::String(text[1..].to_owned())));
    }
    let expression = parser::parse_whole(text, 1, text.len() - 1, Dialect::Template)?;
    Ok(Part::Expression(expression, path.into()))
}

/// Parses a string of a workflow. `@…` is an expression. Within text, `@{…}` is an expression, `@@`
/// at the start and `@@{` anywhere stand for one `@`, and a single `@` is text (IllogicApps,
/// compared with the real service).
fn workflow_text(text: &str, path: &str) -> Result<Part, ParseError> {
    let marked = text.len() > 1 && text.starts_with('@');
    if marked && !text.starts_with("@@") && !text.starts_with("@{") {
        let expression = parser::parse_whole(text, 1, text.len(), Dialect::Workflow)?;
        return Ok(Part::Expression(expression, path.into()));
    }
    let mut at = 0;
    let mut fixed = String::new();
    if text.starts_with("@@") {
        at = 2;
        fixed.push('@');
    }
    let mut pieces = Vec::new();
    while let Some(found) = text[at..].find("@{") {
        let mark = at + found;
        if mark > at && text[at..mark].ends_with('@') {
            fixed.push_str(&text[at..mark]);
            fixed.push('{');
            at = mark + 2;
            continue;
        }
        fixed.push_str(&text[at..mark]);
        if !fixed.is_empty() {
            pieces.push(Piece::Fixed(std::mem::take(&mut fixed)));
        }
        let (expression, end) = parser::parse_interpolated(text, mark + 2, Dialect::Workflow)?;
        pieces.push(Piece::Expression(expression));
        at = end;
    }
    fixed.push_str(&text[at..]);
    if pieces.is_empty() {
        return Ok(Part::Fixed(Value::String(fixed)));
    }
    if !fixed.is_empty() {
        pieces.push(Piece::Fixed(fixed));
    }
    Ok(Part::Text(pieces, path.into()))
}

fn evaluate<'e>(
    part: &'e Part,
    environment: &'e dyn Environment,
) -> Result<Cow<'e, Value>, EvalError> {
    match part {
        Part::Fixed(value) => Ok(Cow::Borrowed(value)),
        Part::Expression(expression, path) => expression
            .evaluate(environment)
            .map_err(|error| error.at_path(path)),
        Part::Text(pieces, path) => {
            let mut text = String::new();
            for piece in pieces {
                match piece {
                    Piece::Fixed(fixed) => text.push_str(fixed),
                    Piece::Expression(expression) => {
                        let value = expression
                            .evaluate(environment)
                            .map_err(|error| error.at_path(path))?;
                        write_text(&mut text, &value);
                    }
                }
            }
            Ok(Cow::Owned(Value::String(text)))
        }
        Part::Array(parts) => parts
            .iter()
            .map(|part| Ok(evaluate(part, environment)?.into_owned()))
            .collect::<Result<Vec<_>, _>>()
            .map(|items| Cow::Owned(Value::Array(items))),
        Part::Object(parts) => {
            let mut object = Map::with_capacity(parts.len());
            for (name, part) in parts {
                let name = evaluate_name(name, environment)?;
                object.insert(name, evaluate(part, environment)?.into_owned());
            }
            Ok(Cow::Owned(Value::Object(object)))
        }
    }
}

fn evaluate_name(name: &Part, environment: &dyn Environment) -> Result<String, EvalError> {
    match evaluate(name, environment)?.into_owned() {
        Value::String(name) => Ok(name),
        other => {
            let kind = type_name(&other);
            let message = format!("a property name must be a String, not {kind}");
            Err(EvalError::new(message))
        }
    }
}

fn evaluate_without<'e>(
    part: &'e Part,
    path: &[&str],
    environment: &'e dyn Environment,
    results: &mut Vec<Cow<'e, Value>>,
) -> Result<Cow<'e, Value>, EvalError> {
    let (Part::Object(parts), [omitted, inner @ ..]) = (part, path) else {
        // An expression returns the whole value, with the property in it.
        let value = evaluate(part, environment)?;
        if !matches!(part, Part::Fixed(_)) {
            results.push(value.clone());
        }
        return Ok(value);
    };
    let mut object = Map::with_capacity(parts.len());
    for (name, part) in parts {
        let name = evaluate_name(name, environment)?;
        if name != *omitted {
            object.insert(name, evaluate(part, environment)?.into_owned());
        } else if inner.is_empty() {
            collect_results(part, environment, results)?;
        } else {
            let value = evaluate_without(part, inner, environment, results)?;
            object.insert(name, value.into_owned());
        }
    }
    Ok(Cow::Owned(Value::Object(object)))
}

fn collect_results<'e>(
    part: &'e Part,
    environment: &'e dyn Environment,
    results: &mut Vec<Cow<'e, Value>>,
) -> Result<(), EvalError> {
    match part {
        Part::Fixed(_) => {}
        Part::Expression(..) | Part::Text(..) => results.push(evaluate(part, environment)?),
        Part::Array(parts) => {
            for part in parts {
                collect_results(part, environment, results)?;
            }
        }
        Part::Object(parts) => {
            for (name, part) in parts {
                collect_results(name, environment, results)?;
                collect_results(part, environment, results)?;
            }
        }
    }
    Ok(())
}
