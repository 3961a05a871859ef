//! Actions of a loaded workflow.

use std::sync::Arc;

use serde_json::Value;

use super::duration::Span;
use super::schema::Schema;
use crate::expression::{Expression, Templated};
use crate::status::Status;

/// Index of an action in [`super::Definition::actions`]. The descendants of an action follow it
/// without a gap.
pub(crate) type ActionId = usize;

/// One action.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    /// The last descendant, or the action itself.
    pub(crate) last_descendant: ActionId,
    /// The enclosing action.
    pub(crate) parent: Option<ActionId>,
    pub(crate) run_after: Vec<(ActionId, Statuses)>,
    pub(crate) limit: Option<Templated>,
    /// The values that the action's own `secureData` selects.
    pub(crate) secured: SecuredValues,
    /// The values that the run history redacts: those in `secured`, and those that contain secured
    /// values of other actions.
    pub(crate) redacted: SecuredValues,
    pub(crate) asynchronous: bool,
    pub(crate) workflow_headers: bool,
    /// Whether an expression calls `result()` with this action.
    pub(crate) needs_results: bool,
}

/// A selection of an action's inputs and outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SecuredValues {
    pub(crate) inputs: bool,
    pub(crate) outputs: bool,
}

/// A set of statuses after which an action runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Statuses(u8);

impl Statuses {
    /// The statuses that `runAfter` accepts.
    pub(crate) const NAMES: [(&'static str, Status); 5] = [
        ("Succeeded", Status::Succeeded),
        ("Failed", Status::Failed),
        ("Skipped", Status::Skipped),
        ("TimedOut", Status::TimedOut),
        ("Cancelled", Status::Cancelled),
    ];

    pub(crate) fn with(self, status: Status) -> Self {
        Self(self.0 | 1 << status as u8)
    }

    pub(crate) fn contains(self, status: Status) -> bool {
        self.0 & 1 << status as u8 != 0
    }

    /// The names of the statuses, in the service's format.
    pub(crate) fn names(self) -> String {
        let names: Vec<_> = Self::NAMES
            .iter()
            .filter(|(_, status)| self.contains(*status))
            .map(|(name, _)| *name)
            .collect();
        names.join(", ")
    }
}

/// Sibling actions with their `runAfter` dependencies.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// In topological order: each action comes after those that it depends on.
    pub(crate) actions: Vec<ActionId>,
    /// Actions that no other action depends on. Their statuses determine the status of the block.
    pub(crate) last: Vec<ActionId>,
}

/// The type of an action, with its inputs.
#[derive(Debug)]
pub(crate) enum Kind {
    Http(Box<Http>),
    HttpWebhook {
        subscribe: Box<Http>,
        unsubscribe: Option<Box<Http>>,
    },
    Data(Data),
    If {
        condition: Condition,
        then: Block,
        otherwise: Block,
    },
    Switch {
        on: Templated,
        cases: Vec<(Value, Block)>,
        default: Block,
    },
    Foreach {
        over: Templated,
        concurrency: usize,
        body: Block,
    },
    Until(Until),
    Scope(Block),
    Wait(Wait),
    Terminate {
        status: Templated,
        code: Option<Templated>,
        message: Option<Templated>,
    },
}

/// An action that computes its outputs immediately.
#[derive(Debug)]
pub(crate) enum Data {
    Compose(Templated),
    ParseJson {
        content: Templated,
        schema: Schema,
    },
    Query {
        from: Templated,
        keep: Templated,
    },
    Select {
        from: Templated,
        select: Templated,
    },
    Join {
        from: Templated,
        join_with: Templated,
    },
    InitializeVariable {
        variable: usize,
        value: Option<Templated>,
    },
    ChangeVariable {
        variable: usize,
        change: Change,
        value: Templated,
    },
}

/// The parameters of an `Until` loop.
#[derive(Debug)]
pub(crate) struct Until {
    pub(crate) condition: Condition,
    pub(crate) max_iterations: u32,
    pub(crate) timeout: Span,
    pub(crate) fail_at_limit: bool,
    pub(crate) body: Block,
}

impl Kind {
    /// The name of the type in a definition.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "Http",
            Self::HttpWebhook { .. } => "HttpWebhook",
            Self::Data(data) => data.name(),
            Self::If { .. } => "If",
            Self::Switch { .. } => "Switch",
            Self::Foreach { .. } => "Foreach",
            Self::Until(_) => "Until",
            Self::Scope(_) => "Scope",
            Self::Wait(_) => "Wait",
            Self::Terminate { .. } => "Terminate",
        }
    }
}

impl Data {
    /// The name of the type in a definition.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Compose(_) => "Compose",
            Self::ParseJson { .. } => "ParseJson",
            Self::Query { .. } => "Query",
            Self::Select { .. } => "Select",
            Self::Join { .. } => "Join",
            Self::InitializeVariable { .. } => "InitializeVariable",
            Self::ChangeVariable { change, .. } => change.name(),
        }
    }
}

/// The operation of an action that changes a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Set,
    Increment,
    Decrement,
    AppendToArray,
    AppendToString,
}

impl Change {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Set => "SetVariable",
            Self::Increment => "IncrementVariable",
            Self::Decrement => "DecrementVariable",
            Self::AppendToArray => "AppendToArrayVariable",
            Self::AppendToString => "AppendToStringVariable",
        }
    }
}

/// The type of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VariableType {
    Boolean,
    Integer,
    Float,
    String,
    Object,
    Array,
}

impl VariableType {
    pub(crate) const NAMES: [(&'static str, Self); 6] = [
        ("Boolean", Self::Boolean),
        ("Integer", Self::Integer),
        ("Float", Self::Float),
        ("String", Self::String),
        ("Object", Self::Object),
        ("Array", Self::Array),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }

    /// Whether `value` has this type.
    pub(crate) fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64(),
            Self::Float => value.is_number(),
            Self::String => value.is_string(),
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
        }
    }
}

/// A variable, as declared by an `InitializeVariable` action.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) kind: VariableType,
    pub(crate) declared_by: ActionId,
}

/// The end of a `Wait` action.
#[derive(Debug)]
pub(crate) enum Wait {
    Interval { count: Templated, unit: Templated },
    Until(Templated),
}

/// A condition: an expression or an object of operators.
#[derive(Debug)]
pub(crate) enum Condition {
    Expression(Templated),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Comparison(Box<Comparison>),
}

/// A comparison in a condition. `function` calls the operator's function with the placeholder
/// `left()`, and also `right()` if it is binary; the placeholders stand for the fields `left` and
/// `right`.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) function: Expression,
    pub(crate) left: Templated,
    pub(crate) right: Option<Templated>,
}

/// An HTTP request.
#[derive(Debug)]
pub(crate) struct Http {
    /// The whole request as one object, as recorded in the run history.
    pub(crate) inputs: Templated,
    pub(crate) retry: Retry,
}

/// Retry policy of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    None,
    Fixed {
        count: u32,
        interval: Span,
    },
    Exponential {
        count: u32,
        interval: Span,
        min: Span,
        max: Span,
    },
}
