//! A workflow's actions as they are after loading.

use std::sync::Arc;

use serde_json::Value;

use super::duration::Span;
use super::schema::Schema;
use crate::expression::{Expression, Templated};
use crate::status::Status;

/// An action's place in [`super::Definition::actions`]. An action comes before those within it, and
/// those follow it without a gap.
pub(crate) type ActionId = usize;

/// One action.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    /// The last of the actions within it, or itself.
    pub(crate) last_within: ActionId,
    /// The action that contains it.
    pub(crate) parent: Option<ActionId>,
    pub(crate) run_after: Vec<(ActionId, Statuses)>,
    pub(crate) limit: Option<Templated>,
    /// Which of its values the history hides.
    pub(crate) hidden: Hidden,
    /// What it asks to hide by `secureData`.
    pub(crate) secured: Hidden,
    pub(crate) asynchronous: bool,
    pub(crate) workflow_headers: bool,
    /// Whether an expression asks for `result()` of it.
    pub(crate) result_wanted: bool,
}

/// Which values are hidden.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub(crate) inputs: bool,
    pub(crate) outputs: bool,
}

/// A set of statuses that an action runs after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Statuses(u8);

impl Statuses {
    /// Those that `runAfter` can name.
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

    /// Their names, as the service lists them.
    pub(crate) fn names(self) -> String {
        let names: Vec<_> = Self::NAMES
            .iter()
            .filter(|(_, status)| self.contains(*status))
            .map(|(name, _)| *name)
            .collect();
        names.join(", ")
    }
}

/// Actions that start together, each after those that it waits for.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Each after all those that it waits for.
    pub(crate) actions: Vec<ActionId>,
    /// Those that none waits for: their statuses make that of the whole.
    pub(crate) last: Vec<ActionId>,
}

/// What an action does.
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
        at_once: usize,
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

/// An action that computes and needs no time.
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

/// A loop that repeats its actions until a condition holds.
#[derive(Debug)]
pub(crate) struct Until {
    pub(crate) condition: Condition,
    pub(crate) most_passes: u32,
    pub(crate) timeout: Span,
    pub(crate) fail_at_limit: bool,
    pub(crate) body: Block,
}

impl Kind {
    /// Its name in a definition.
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
    /// Its name in a definition.
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

/// How a variable is changed.
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

/// A variable's type.
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

    /// Whether a value is of this type.
    pub(crate) fn admits(self, value: &Value) -> bool {
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

/// A variable, as its `InitializeVariable` declares it.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) kind: VariableType,
    pub(crate) declared_by: ActionId,
}

/// How long a `Wait` waits.
#[derive(Debug)]
pub(crate) enum Wait {
    Interval { count: Templated, unit: Templated },
    Until(Templated),
}

/// A condition, written as an expression or as an object of operators.
#[derive(Debug)]
pub(crate) enum Condition {
    Expression(Templated),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test(Box<Test>),
}

/// A function of the language, called with `left()` and, where it takes two, `right()`.
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) function: Expression,
    pub(crate) left: Templated,
    pub(crate) right: Option<Templated>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Http {
    /// All of it as one object, as the history shows it.
    pub(crate) inputs: Templated,
    pub(crate) retry: Retry,
}

/// When a request is sent again.
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
        least: Span,
        most: Span,
    },
}
