//! Recursive-descent parser for expressions.

use serde_json::{Number, Value};

use super::ast::{CallNode, Node, Selector, Step};
use super::{Dialect, Expression, ParseError};
use crate::expression::functions;

/// Parses all of `text[start..end]` as one expression.
pub(super) fn parse_whole(
    text: &str,
    start: usize,
    end: usize,
    dialect: Dialect,
) -> Result<Expression, ParseError> {
    let mut parser = Parser::new(text, start, end, dialect);
    let root = parser.expression()?;
    parser.skip_space();
    if parser.at < end {
        return Err(parser.expected("the end of the expression"));
    }
    parser.finish(root, start)
}

/// Parses an expression at `start` that ends at a `}`. Returns it with the offset after the `}`.
pub(super) fn parse_interpolated(
    text: &str,
    start: usize,
    dialect: Dialect,
) -> Result<(Expression, usize), ParseError> {
    let mut parser = Parser::new(text, start, text.len(), dialect);
    let root = parser.expression()?;
    parser.skip_space();
    if parser.peek() != Some('}') {
        return Err(parser.expected("`}`"));
    }
    let end = parser.at;
    Ok((parser.finish(root, start)?, end + 1))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    depth: usize,
    deepest: usize,
    dialect: Dialect,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, start: usize, end: usize, dialect: Dialect) -> Self {
        Self {
            text,
            at: start,
            end,
            depth: 0,
            deepest: 0,
            dialect,
        }
    }

    fn finish(&self, root: Node, start: usize) -> Result<Expression, ParseError> {
        let length = self.text[start..self.at].chars().count();
        if length > Expression::MAX_LENGTH {
            return Err(self.error(
                start,
                format!(
                    "expression is too long: {length} characters (at most {} are allowed)",
                    Expression::MAX_LENGTH
                ),
            ));
        }
        Ok(Expression {
            root,
            text: self.text.into(),
            dialect: self.dialect,
            depth: self.deepest,
        })
    }

    fn error(&self, at: usize, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, at, message)
    }

    fn expected(&self, what: &str) -> ParseError {
        let found = match self.peek() {
            None => "the text ends".to_owned(),
            Some(character) => format!("found `{character}`"),
        };
        self.error(self.at, format!("expected {what}, but {found}"))
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..self.end]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Skips whitespace and consumes `character` if it is next.
    fn consume(&mut self, character: char) -> bool {
        self.skip_space();
        let found = self.peek() == Some(character);
        if found {
            self.at += character.len_utf8();
        }
        found
    }

    fn expression(&mut self) -> Result<Node, ParseError> {
        self.skip_space();
        if self.depth == Expression::MAX_DEPTH {
            return Err(self.error(
                self.at,
                format!("nested more than {} levels deep", Expression::MAX_DEPTH),
            ));
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let node = match self.peek() {
            Some('\'') => Node::Literal(Value::String(self.string()?)),
            Some('0'..='9' | '-' | '+' | '.') => Node::Literal(self.number()?),
            Some(character) if starts_name(character) => self.keyword_or_call()?,
            _ => return Err(self.expected("a function, a number, or a string in single quotes")),
        };
        self.depth -= 1;
        Ok(node)
    }

    /// Parses a string in single quotes. Two single quotes stand for one.
    fn string(&mut self) -> Result<String, ParseError> {
        let opened = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let Some(length) = self.rest().find('\'') else {
                return Err(self.error(opened, "unterminated string: expected a closing `'`"));
            };
            value.push_str(&self.rest()[..length]);
            self.at += length + 1;
            if self.peek() != Some('\'') {
                return Ok(value);
            }
            value.push('\'');
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Value, ParseError> {
        let rest = self.rest();
        let mut before = ' ';
        let length = rest
            .find(|character: char| {
                let belongs = character.is_ascii_digit()
                    || matches!(character, '.' | 'e' | 'E')
                    || (matches!(character, '-' | '+') && matches!(before, ' ' | 'e' | 'E'));
                before = character;
                !belongs
            })
            .unwrap_or(rest.len());
        let source = &rest[..length];
        let value = if source.contains(['.', 'e', 'E']) {
            if self.dialect == Dialect::Template {
                return Err(self.error(self.at, "ARM templates support whole numbers only"));
            }
            source.parse().ok().and_then(Number::from_f64)
        } else {
            source.parse::<i64>().ok().map(Number::from)
        };
        let Some(value) = value else {
            return Err(self.error(self.at, format!("invalid number `{source}`")));
        };
        self.at += length;
        Ok(Value::Number(value))
    }

    fn name(&mut self) -> &'t str {
        let rest = self.rest();
        let length = rest
            .find(|character: char| !continues_name(character))
            .unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Parses `true`, `false`, `null`, or a call with the steps after it.
    fn keyword_or_call(&mut self) -> Result<Node, ParseError> {
        let at = self.at;
        let source = self.name();
        if !self.consume('(') {
            return match source.to_ascii_lowercase().as_str() {
                "true" => Ok(Node::Literal(Value::Bool(true))),
                "false" => Ok(Node::Literal(Value::Bool(false))),
                "null" => Ok(Node::Literal(Value::Null)),
                _ => Err(self.expected(&format!("`(` after `{source}`"))),
            };
        }
        let mut call = CallNode {
            source: source.into(),
            name: source.to_ascii_lowercase().into(),
            function: None,
            arguments: self.arguments()?,
            at,
        };
        call.function = functions::resolve(source, call.arguments.len(), self.dialect)
            .map_err(|message| self.error(at, message))?;
        let steps = self.steps()?;
        let call = Node::Call(call);
        Ok(if steps.is_empty() {
            call
        } else {
            Node::Path {
                base: Box::new(call),
                steps,
            }
        })
    }

    /// Parses the arguments of a call, including the closing `)`.
    fn arguments(&mut self) -> Result<Vec<Node>, ParseError> {
        let mut arguments = Vec::new();
        if self.consume(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.consume(')') {
                return Ok(arguments);
            }
            if !self.consume(',') {
                return Err(self.expected("`,` or `)`"));
            }
        }
    }

    fn steps(&mut self) -> Result<Vec<Step>, ParseError> {
        let mut steps = Vec::new();
        loop {
            let optional = self.consume('?');
            let selector = if self.consume('.') {
                self.skip_space();
                if !self.peek().is_some_and(starts_name) {
                    return Err(self.expected("a property name"));
                }
                Selector::Name(self.name().into())
            } else if self.consume('[') {
                let selector = match self.expression()? {
                    Node::Literal(Value::String(name)) => Selector::Name(name.into()),
                    Node::Literal(Value::Number(number)) if number.is_i64() => {
                        Selector::Index(number.as_i64().unwrap_or_default())
                    }
                    node => Selector::Computed(node),
                };
                if !self.consume(']') {
                    return Err(self.expected("`]`"));
                }
                selector
            } else if optional {
                return Err(self.expected("`.` or `[` after `?`"));
            } else {
                return Ok(steps);
            };
            steps.push(Step { selector, optional });
        }
    }
}

fn starts_name(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

fn continues_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
