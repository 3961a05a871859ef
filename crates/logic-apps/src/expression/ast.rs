//! The syntax tree of an expression.

use std::fmt;

use serde_json::Value;

use super::Call;
use crate::expression::functions::Function;

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Literal(Value),
    Call(CallNode),
    /// A value, followed by the properties or items that are read from it in turn.
    Path {
        base: Box<Node>,
        steps: Vec<Step>,
    },
}

/// A function call.
#[derive(Debug, Clone)]
pub(crate) struct CallNode {
    /// The name as written.
    pub(crate) source: Box<str>,
    /// The name in lower case.
    pub(crate) name: Box<str>,
    /// The function, if it is part of the language. `None` if the environment provides it.
    pub(crate) function: Option<&'static Function>,
    pub(crate) arguments: Vec<Node>,
    /// Byte offset of the call in the text.
    pub(crate) at: usize,
}

/// One access: `.x`, `['x']`, or `[0]`, with or without a leading `?`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) selector: Selector,
    /// Whether a missing property or item yields null instead of an error.
    pub(crate) optional: bool,
}

/// The property or item that a [`Step`] reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selector {
    Name(Box<str>),
    Index(i64),
    /// An expression whose value is the name or the index.
    Computed(Node),
}

/// Ignores the offset and the case of the name.
impl PartialEq for CallNode {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.arguments == other.arguments
    }
}

impl CallNode {
    pub(super) fn to_call(&self) -> Call<'_> {
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
    /// Calls `visitor` for every function call, outer before inner.
    pub(super) fn visit_calls<'a>(&'a self, visitor: &mut dyn FnMut(&'a CallNode)) {
        match self {
            Self::Literal(_) => {}
            Self::Call(call) => {
                visitor(call);
                for argument in &call.arguments {
                    argument.visit_calls(visitor);
                }
            }
            Self::Path { base, steps } => {
                base.visit_calls(visitor);
                for step in steps {
                    if let Selector::Computed(node) = &step.selector {
                        node.visit_calls(visitor);
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
                write!(f, "{}(", call.source)?;
                for (index, argument) in call.arguments.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    argument.fmt(f)?;
                }
                f.write_str(")")
            }
            Self::Path { base, steps } => {
                base.fmt(f)?;
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
