//! From text to expression, by recursive descent.

use serde_json::{Number, Value};

use super::ast::{CallNode, Node, Selector, Step};
use super::{Dialect, Expression, ParseError};
use crate::expression::functions;

/// The expression that is all of `text[start..end]`.
pub(super) fn whole(
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

/// The expression at the beginning of `text[start..]`, up to a `}`; and what comes after that.
pub(super) fn interpolated(
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
                    "an expression may have {} characters; this one has {length}",
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
            None => "nothing is left".to_owned(),
            Some(character) => format!("there is `{character}`"),
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

    /// Takes `character` if it comes next, after any space.
    fn take(&mut self, character: char) -> bool {
        self.skip_space();
        let there = self.peek() == Some(character);
        if there {
            self.at += character.len_utf8();
        }
        there
    }

    fn expression(&mut self) -> Result<Node, ParseError> {
        self.skip_space();
        if self.depth == Expression::MAX_DEPTH {
            return Err(self.error(
                self.at,
                format!("nested more than {} deep", Expression::MAX_DEPTH),
            ));
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let node = match self.peek() {
            Some('\'') => Node::Literal(Value::String(self.string()?)),
            Some('0'..='9' | '-' | '+' | '.') => Node::Literal(self.number()?),
            Some(character) if starts_name(character) => self.named()?,
            _ => return Err(self.expected("a function, a number or a text in single quotes")),
        };
        self.depth -= 1;
        Ok(node)
    }

    /// A text in single quotes, in which two of them stand for one.
    fn string(&mut self) -> Result<String, ParseError> {
        let opened = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let Some(length) = self.rest().find('\'') else {
                return Err(self.error(opened, "expected a closing `'` for the text that begins"));
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
        let written = &rest[..length];
        let value = if written.contains(['.', 'e', 'E']) {
            if self.dialect == Dialect::Template {
                return Err(self.error(self.at, "an ARM template has whole numbers only"));
            }
            written.parse().ok().and_then(Number::from_f64)
        } else {
            written.parse::<i64>().ok().map(Number::from)
        };
        let Some(value) = value else {
            return Err(self.error(
                self.at,
                format!("expected a number, but `{written}` is none that can be held"),
            ));
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

    /// `true`, `false`, `null`, or a call and what is taken from its result.
    fn named(&mut self) -> Result<Node, ParseError> {
        let at = self.at;
        let written = self.name();
        if !self.take('(') {
            return match written.to_ascii_lowercase().as_str() {
                "true" => Ok(Node::Literal(Value::Bool(true))),
                "false" => Ok(Node::Literal(Value::Bool(false))),
                "null" => Ok(Node::Literal(Value::Null)),
                _ => Err(self.expected(&format!("`(` after `{written}`"))),
            };
        }
        let mut call = CallNode {
            written: written.into(),
            name: written.to_ascii_lowercase().into(),
            function: None,
            arguments: self.arguments()?,
            at,
        };
        call.function = functions::resolve(written, call.arguments.len(), self.dialect)
            .map_err(|message| self.error(at, message))?;
        let steps = self.steps()?;
        let call = Node::Call(call);
        Ok(if steps.is_empty() {
            call
        } else {
            Node::Path {
                of: Box::new(call),
                steps,
            }
        })
    }

    /// What stands between `(` and `)`.
    fn arguments(&mut self) -> Result<Vec<Node>, ParseError> {
        let mut arguments = Vec::new();
        if self.take(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.take(')') {
                return Ok(arguments);
            }
            if !self.take(',') {
                return Err(self.expected("`,` or `)`"));
            }
        }
    }

    fn steps(&mut self) -> Result<Vec<Step>, ParseError> {
        let mut steps = Vec::new();
        loop {
            let optional = self.take('?');
            let selector = if self.take('.') {
                self.skip_space();
                if !self.peek().is_some_and(starts_name) {
                    return Err(self.expected("the name of a property"));
                }
                Selector::Name(self.name().into())
            } else if self.take('[') {
                let selector = match self.expression()? {
                    Node::Literal(Value::String(name)) => Selector::Name(name.into()),
                    Node::Literal(Value::Number(number)) if number.is_i64() => {
                        Selector::Index(number.as_i64().unwrap_or_default())
                    }
                    node => Selector::Computed(node),
                };
                if !self.take(']') {
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
