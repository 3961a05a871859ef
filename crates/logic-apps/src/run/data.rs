//! Execution of data actions, variable actions, and `Wait`.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

use super::environment::{Execution, to_bool};
use super::execute::Outcome;
use crate::definition::action::{ActionId, Change, Data, Wait};
use crate::definition::json_type;
use crate::definition::wait_unit::WaitUnit;
use crate::expression::{EvalError, Templated};

impl Execution<'_> {
    /// Executes a data action.
    pub(super) fn data(&self, id: ActionId, data: &Data) -> Result<Outcome, EvalError> {
        match data {
            Data::Compose(value) => {
                let value = Arc::new(self.evaluate(id, value)?);
                self.record_inputs(id, Arc::clone(&value));
                Ok(Outcome {
                    outputs: Some(value),
                    ..Outcome::succeeded(None)
                })
            }
            Data::ParseJson { content, schema } => {
                let content = self.evaluate(id, content)?;
                let parsed = match &content {
                    // A string is parsed as JSON.
                    Value::String(text) => serde_json::from_str(text).map_err(|error| {
                        EvalError::new(format!("the content is not valid JSON: {error}"))
                    })?,
                    content => content.clone(),
                };
                self.record_inputs(id, object("content", content));
                Ok(match schema.violation(&parsed) {
                    Some(violation) => Outcome::failed(
                        "ValidationFailed",
                        format!("The schema validation failed: {violation}"),
                    ),
                    None => Outcome::succeeded(Some(object("body", parsed))),
                })
            }
            Data::Query { from, keep } => {
                let mut items = self.items(id, from)?;
                let mut kept = Vec::with_capacity(items.len());
                for item in &items {
                    kept.push(to_bool(&self.evaluate_for_item(id, keep, item)?)?);
                }
                let mut kept = kept.into_iter();
                items.retain(|_| kept.next().unwrap_or_default());
                Ok(Outcome::succeeded(Some(object("body", items.into()))))
            }
            Data::Select { from, select } => {
                let selected = self
                    .items(id, from)?
                    .iter()
                    .map(|item| self.evaluate_for_item(id, select, item))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(Outcome::succeeded(Some(object("body", selected.into()))))
            }
            Data::Join { from, join_with } => {
                let items = self.items(id, from)?;
                let with = self.evaluate(id, join_with)?;
                let texts: Vec<_> = items.iter().map(to_text).collect();
                Ok(Outcome::succeeded(Some(json!({
                    "body": texts.join(&to_text(&with)),
                }))))
            }
            Data::InitializeVariable { variable, value } => {
                let value = value.as_ref().map(|value| self.evaluate(id, value));
                self.initialize(id, *variable, value.transpose()?)
            }
            Data::ChangeVariable {
                variable,
                change,
                value,
            } => {
                let value = self.evaluate(id, value)?;
                self.change(id, *variable, *change, value)
            }
        }
    }

    fn items(&self, id: ActionId, from: &Templated) -> Result<Vec<Value>, EvalError> {
        match self.evaluate(id, from)? {
            Value::Array(items) => {
                self.record_inputs(id, object("from", items.clone().into()));
                Ok(items)
            }
            other => Err(EvalError::new(format!(
                "the 'from' property must be an array, not {}",
                json_type(&other)
            ))),
        }
    }

    fn evaluate_for_item(
        &self,
        id: ActionId,
        value: &Templated,
        item: &Value,
    ) -> Result<Value, EvalError> {
        let state = self.run.state();
        let mut context = self.context(&state, id);
        context.item = Some(item);
        Ok(value.evaluate(&context)?.into_owned())
    }

    fn initialize(
        &self,
        id: ActionId,
        variable: usize,
        value: Option<Value>,
    ) -> Result<Outcome, EvalError> {
        let declared = &self.run.app.definition.variables[variable];
        let mut inputs = json!({ "name": declared.name, "type": declared.kind.name() });
        if let Some(value) = value {
            check_type(declared, &value)?;
            inputs["value"] = value.clone();
            self.set(variable, value);
        } else {
            self.set(variable, Value::Null);
        }
        self.record_inputs(id, json!({ "variables": [inputs] }));
        Ok(Outcome::succeeded(None))
    }

    fn change(
        &self,
        id: ActionId,
        variable: usize,
        change: Change,
        value: Value,
    ) -> Result<Outcome, EvalError> {
        let declared = &self.run.app.definition.variables[variable];
        self.record_inputs(id, json!({ "name": declared.name, "value": value }));
        let current = self
            .run
            .state()
            .variables
            .get_mut(variable)
            .map(Option::take);
        let Some(Some(current)) = current else {
            return Err(EvalError::new(format!(
                "the variable '{}' has not been initialized",
                declared.name
            )));
        };
        let changed = apply_change(change, &current, value)
            .and_then(|value| check_type(declared, &value).map(|()| value));
        match changed {
            Ok(value) => {
                let body = json!({
                    "name": declared.name,
                    "type": declared.kind.name(),
                    "value": value,
                });
                self.set(variable, value);
                Ok(Outcome::succeeded(Some(json!({ "body": body }))))
            }
            Err(error) => {
                self.set(variable, current);
                Err(error)
            }
        }
    }

    fn set(&self, variable: usize, value: Value) {
        if let Some(slot) = self.run.state().variables.get_mut(variable) {
            *slot = Some(value);
        }
    }

    pub(super) async fn wait(&self, id: ActionId, wait: &Wait) -> Outcome {
        match self.wait_end(id, wait) {
            Ok(end) => {
                self.run.app.clock.sleep_until(end).await;
                Outcome::succeeded(None)
            }
            Err(error) => self.invalid_inputs(id, &error),
        }
    }

    fn wait_end(&self, id: ActionId, wait: &Wait) -> Result<Timestamp, EvalError> {
        match wait {
            Wait::Interval { count, unit } => {
                let (count, unit_name) = (self.evaluate(id, count)?, self.evaluate(id, unit)?);
                // The unit is a value: the error of `from_name` contains it.
                let unit = WaitUnit::from_name(&to_text(&unit_name)).map_err(|_| {
                    EvalError::new("the unit must be Second, Minute, Hour, Day, Week, or Month")
                })?;
                let number = to_integer(&count)
                    .filter(|count| *count >= 0)
                    .ok_or_else(|| {
                        EvalError::new("the count must be a non-negative integer".to_owned())
                    })?;
                self.record_inputs(
                    id,
                    json!({ "interval": { "count": count, "unit": unit_name } }),
                );
                unit.after(self.run.app.clock.now(), number)
                    .ok_or_else(|| EvalError::new("the interval is too long".to_owned()))
            }
            Wait::Until(timestamp) => {
                let timestamp = self.evaluate(id, timestamp)?;
                let end = to_text(&timestamp)
                    .parse()
                    .map_err(|_| EvalError::new("the timestamp is invalid".to_owned()))?;
                self.record_inputs(id, json!({ "until": { "timestamp": timestamp } }));
                Ok(end)
            }
        }
    }
}

fn apply_change(change: Change, current: &Value, value: Value) -> Result<Value, EvalError> {
    let unsupported = || {
        EvalError::new(format!(
            "{} does not support {}",
            change.name(),
            json_type(&value)
        ))
    };
    Ok(match change {
        Change::Set => value,
        Change::Increment => add(current, &value, 1).ok_or_else(unsupported)?,
        Change::Decrement => add(current, &value, -1).ok_or_else(unsupported)?,
        Change::AppendToArray => match current {
            Value::Array(items) => {
                let mut items = items.clone();
                items.push(value);
                Value::Array(items)
            }
            _ => return Err(unsupported()),
        },
        Change::AppendToString => match current {
            Value::String(text) => format!("{text}{}", to_text(&value)).into(),
            Value::Null => to_text(&value).into(),
            _ => return Err(unsupported()),
        },
    })
}

/// Returns `current + sign * value`. `None` if they are not numbers or the sum is out of range.
fn add(current: &Value, value: &Value, sign: i64) -> Option<Value> {
    let zero = Value::from(0);
    let current = if current.is_null() { &zero } else { current };
    if let (Some(one), Some(other)) = (current.as_i64(), value.as_i64()) {
        return Some(one.checked_add(other.checked_mul(sign)?)?.into());
    }
    let (one, other) = (current.as_f64()?, value.as_f64()?);
    #[expect(clippy::cast_precision_loss, reason = "the sign is 1 or -1")]
    let sum = one + other * sign as f64;
    Number::from_f64(sum).map(Value::Number)
}

fn check_type(
    declared: &crate::definition::action::Variable,
    value: &Value,
) -> Result<(), EvalError> {
    if value.is_null() || declared.kind.accepts(value) {
        return Ok(());
    }
    Err(EvalError::new(format!(
        "the variable '{}' is of type {}, but the value is {}",
        declared.name,
        declared.kind.name(),
        json_type(value)
    )))
}

/// Returns an object with one property. Unlike the `json!` macro, it moves the value.
fn object(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}

/// Converts a value to text: a string as is, null as an empty string, and anything else as JSON.
pub(super) fn to_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn to_integer(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}
