//! Functions of the expression language, one module per group of Microsoft's reference.

#![expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "all functions share one signature: some move their arguments, some fail"
)]

mod arguments;
mod collection;
mod conversion;
mod format;
mod lambda;
mod lazy;
mod logical;
mod math;
mod object;
mod shared_table;
mod table;
mod template;
mod template_table;
mod text;
mod time;
mod time_format;
mod time_parse;
mod uri;
mod utf16;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

pub(crate) use arguments::Arguments;
pub(crate) use object::property_index;

use crate::expression::{Dialect, Environment, EvalContext, EvalError, Node, Signature};
use crate::suggest::did_you_mean;

/// A function of the language.
#[derive(Debug)]
pub(crate) struct Function {
    /// The name in the reference's spelling.
    pub(crate) name: &'static str,
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) body: Body,
}

/// The implementation of a function.
pub(crate) enum Body {
    /// Called with evaluated arguments.
    Eager(for<'e> fn(Arguments<'e>) -> Outcome<'e>),
    /// Called with unevaluated arguments.
    Lazy(for<'e> fn(&'e [Node], EvalContext<'e>) -> Outcome<'e>),
    /// Part of the service's language, but not supported.
    Unsupported,
}

/// The result of a call.
pub(crate) type Outcome<'e> = Result<Cow<'e, Value>, EvalError>;

/// No upper limit on the number of arguments.
const ANY: usize = usize::MAX;

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Eager(_) => "Eager",
            Self::Lazy(_) => "Lazy",
            Self::Unsupported => "Unsupported",
        })
    }
}

impl Function {
    const fn eager(
        name: &'static str,
        min: usize,
        max: usize,
        body: for<'e> fn(Arguments<'e>) -> Outcome<'e>,
    ) -> Self {
        Self {
            name,
            min,
            max,
            body: Body::Eager(body),
        }
    }

    const fn lazy(
        name: &'static str,
        min: usize,
        max: usize,
        body: for<'e> fn(&'e [Node], EvalContext<'e>) -> Outcome<'e>,
    ) -> Self {
        Self {
            name,
            min,
            max,
            body: Body::Lazy(body),
        }
    }

    const fn unsupported(name: &'static str) -> Self {
        Self {
            name,
            min: 0,
            max: ANY,
            body: Body::Unsupported,
        }
    }
}

fn functions_for(dialect: Dialect) -> impl Iterator<Item = &'static Function> {
    let own = match dialect {
        Dialect::Workflow => table::WORKFLOW,
        Dialect::Template => template_table::TEMPLATE,
    };
    shared_table::SHARED.iter().chain(own)
}

/// Finds a function of the language and checks the number of arguments. `None` if the language has
/// no such function.
pub(crate) fn resolve(
    name: &str,
    count: usize,
    dialect: Dialect,
) -> Result<Option<&'static Function>, String> {
    let mut functions = functions_for(dialect);
    let Some(function) = functions.find(|one| one.name.eq_ignore_ascii_case(name)) else {
        return Ok(None);
    };
    if matches!(function.body, Body::Unsupported) {
        return Err(format!("function '{}' is not supported", function.name));
    }
    check_count(function.name, count, function.min, function.max)?;
    Ok(Some(function))
}

/// `utcNow` of ARM templates.
pub(crate) fn template_utc_now<'e>(
    values: &[Cow<'_, Value>],
    environment: &'e dyn Environment,
) -> Outcome<'e> {
    let values = values.iter().map(|value| Cow::Owned((**value).clone()));
    time::template_utc_now(Arguments {
        function: "utcNow",
        values: values.collect(),
        environment,
    })
}

/// `newGuid` of ARM templates.
pub(crate) fn new_guid(environment: &dyn Environment) -> Outcome<'_> {
    text::guid(Arguments {
        function: "newGuid",
        values: Vec::new(),
        environment,
    })
}

/// Checks a call to a function that is not built into the language: an error if `environment` does
/// not provide it either, or if the number of arguments is wrong.
pub(crate) fn check_call(
    name: &str,
    count: usize,
    dialect: Dialect,
    environment: &[Signature],
) -> Option<String> {
    let known = environment
        .iter()
        .find(|signature| signature.name.eq_ignore_ascii_case(name));
    if let Some(signature) = known {
        return check_count(signature.name, count, signature.min, signature.max).err();
    }
    let names: Vec<&str> = functions_for(dialect)
        .map(|function| function.name)
        .chain(environment.iter().map(|signature| signature.name))
        .collect();
    let near = did_you_mean(name, &names);
    Some(format!("unknown function '{name}'{near}"))
}

fn check_count(name: &str, count: usize, min: usize, max: usize) -> Result<(), String> {
    if (min..=max).contains(&count) {
        return Ok(());
    }
    let plural = |number: usize| if number == 1 { "" } else { "s" };
    let takes = if min == max {
        format!("{min} argument{}", plural(min))
    } else if max == ANY {
        format!("at least {min} argument{}", plural(min))
    } else {
        format!("{min} to {max} arguments")
    };
    Err(format!("function '{name}' expects {takes}, not {count}"))
}

/// The service's name of the value's type, with an article.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "a Boolean",
        Value::Number(number) if number.is_i64() => "an Integer",
        Value::Number(_) => "a Float",
        Value::String(_) => "a String",
        Value::Array(_) => "an Array",
        Value::Object(_) => "an Object",
    }
}

/// Appends a value as text: nothing for null, .NET's `True` and `False`, and compact JSON for
/// arrays and objects.
pub(crate) fn write_text(to: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(true) => to.push_str("True"),
        Value::Bool(false) => to.push_str("False"),
        Value::String(text) => to.push_str(text),
        Value::Number(number) => {
            let whole = number.as_i64();
            // Writing to a `String` cannot fail.
            let _ = match (whole, number.as_f64()) {
                (None, Some(float)) => write!(to, "{float}"),
                _ => write!(to, "{number}"),
            };
        }
        Value::Array(_) | Value::Object(_) => {
            let _ = write!(to, "{value}");
        }
    }
}

fn owned<'e>(value: impl Into<Value>) -> Outcome<'e> {
    Ok(Cow::Owned(value.into()))
}
