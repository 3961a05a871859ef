//! The expression language: syntax, functions, and errors.

mod errors;
mod language;
mod properties;
mod reference;
mod templated;

use std::borrow::Cow;

use jiff::Timestamp;
use picletter_logic_apps::expression::{Environment, EvalError, Expression, Signature};
use serde_json::{Value, json};

/// An environment with a few parameters, at the time of the reference's examples.
struct Workflow {
    parameters: Value,
    now: Timestamp,
    eager: bool,
}

impl Default for Workflow {
    fn default() -> Self {
        Self {
            parameters: json!({
                "name": "Ada",
                "nothing": null,
                "list": [10, 20, 30],
                "person": { "firstName": "Sophia", "address": { "city": "Seattle" } },
                "secret": "hush-hush",
                "pin": 271_828,
            }),
            now: "2018-04-15T13:00:00Z".parse().unwrap(),
            eager: false,
        }
    }
}

impl Workflow {
    const FUNCTIONS: &'static [Signature] = &[Signature {
        name: "parameters",
        min: 1,
        max: 1,
    }];

    fn at(now: &str) -> Self {
        Self {
            now: now.parse().unwrap(),
            ..Self::default()
        }
    }

    fn value(&self, text: &str) -> Result<Value, String> {
        let expression = Expression::parse(text).map_err(|error| error.to_string())?;
        expression
            .check(Self::FUNCTIONS)
            .map_err(|error| error.to_string())?;
        let value = expression
            .evaluate(self)
            .map_err(|error| error.to_string())?;
        Ok(value.into_owned())
    }
}

impl Environment for Workflow {
    fn call(
        &self,
        name: &str,
        arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>> {
        (name == "parameters").then(|| {
            let name = arguments[0].as_str().unwrap_or_default();
            match self.parameters.get(name) {
                Some(value) => Ok(Cow::Borrowed(value)),
                None => Err(EvalError::new(format!("unknown parameter '{name}'"))),
            }
        })
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn is_eager(&self) -> bool {
        self.eager
    }
}

fn value(text: &str) -> Result<Value, String> {
    Workflow::default().value(text)
}
