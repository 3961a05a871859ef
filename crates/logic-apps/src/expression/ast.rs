//! What an expression is made of.

use std::fmt;

use serde_json::Value;

use super::Call;
use crate::expression::functions::Function;

/// A part of an expression that has a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Literal(Value),
    Call(CallNode),
    /// A value and the properties or items taken from it, one after the other.
    Path {
        of: Box<Node>,
        steps: Vec<Step>,
    },
}

/// A function and what it is called with.
#[derive(Debug, Clone)]
pub(crate) struct CallNode {
    /// As it was written.
    pub(crate) written: Box<str>,
    /// In lower case.
    pub(crate) name: Box<str>,
    /// Where the language itself has it.
    pub(crate) function: Option<&'static Function>,
    pub(crate) arguments: Vec<Node>,
    /// The byte of the text at which it begins.
    pub(crate) at: usize,
}

/// `.x`, `['x']` or `[0]`, or the same with a `?` before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) selector: Selector,
    /// Nothing there is null instead of an error.
    pub(crate) optional: bool,
}

/// Which property or item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selector {
    Name(Box<str>),
    Index(i64),
    Computed(Node),
}

/// Wherever it is written, and in whatever case.
impl PartialEq for CallNode {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.arguments == other.arguments
    }
}

impl CallNode {
    pub(super) fn as_seen(&self) -> Call<'_> {
        Call {
            name: &self.name,
            literal: match self.arguments.first() {
                Some(Node::Literal(Value::String(text))) => Some(text),
                _ => None,
            },
        }
    }
}

impl Node {
    /// Shows every call to `seen`, outer before inner.
    pub(super) fn visit_calls<'a>(&'a self, seen: &mut dyn FnMut(&'a CallNode)) {
        match self {
            Self::Literal(_) => {}
            Self::Call(call) => {
                seen(call);
                for argument in &call.arguments {
                    argument.visit_calls(seen);
                }
            }
            Self::Path { of, steps } => {
                of.visit_calls(seen);
                for step in steps {
                    if let Selector::Computed(node) = &step.selector {
                        node.visit_calls(seen);
                    }
                }
            }
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(Value::String(text)) => quoted(f, text),
            Self::Literal(value) => write!(f, "{value}"),
            Self::Call(call) => {
                write!(f, "{}(", call.written)?;
                for (index, argument) in call.arguments.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    argument.fmt(f)?;
                }
                f.write_str(")")
            }
            Self::Path { of, steps } => {
                of.fmt(f)?;
                steps.iter().try_for_each(|step| step.fmt(f))
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.optional {
            f.write_str("?")?;
        }
        f.write_str("[")?;
        match &self.selector {
            Selector::Name(name) => quoted(f, name)?,
            Selector::Index(index) => write!(f, "{index}")?,
            Selector::Computed(node) => node.fmt(f)?,
        }
        f.write_str("]")
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}
