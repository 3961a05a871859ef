//! Evaluation environment of a template: parameters, variables, and deployment functions.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::parameters::find;
use super::{ArmError, ResourceGroup, Template};
use crate::expression::functions;
use crate::expression::{Environment, EvalError, Signature, Templated};

/// Maximum total nesting depth of parameters and variables that refer to each other. The service
/// publishes no limit; this one prevents a stack overflow on hostile templates.
const MAX_DEPTH: usize = 320;
/// Depth that each reference to a parameter or variable adds.
const REFERENCE_DEPTH: usize = 6;

/// The functions that depend on the deployment.
pub(super) static FUNCTIONS: &[Signature] = &[
    Signature {
        name: "newGuid",
        min: 0,
        max: 0,
    },
    Signature {
        name: "parameters",
        min: 1,
        max: 1,
    },
    Signature {
        name: "resourceGroup",
        min: 0,
        max: 0,
    },
    Signature {
        name: "resourceId",
        min: 2,
        max: usize::MAX,
    },
    Signature {
        name: "subscription",
        min: 0,
        max: 0,
    },
    Signature {
        name: "subscriptionResourceId",
        min: 2,
        max: usize::MAX,
    },
    Signature {
        name: "utcNow",
        min: 0,
        max: 1,
    },
    Signature {
        name: "variables",
        min: 1,
        max: 1,
    },
];

/// The state of an evaluation of a template.
pub(super) struct Scope<'t> {
    pub(super) template: &'t Template,
    pub(super) group: &'t ResourceGroup,
    now: Timestamp,
    given: Vec<Option<&'t Value>>,
    parameters: Vec<OnceCell<Cow<'t, Value>>>,
    variables: Vec<OnceCell<Cow<'t, Value>>>,
    /// Stack of the parameters and variables under evaluation, with the depth of each.
    chain: RefCell<Vec<(String, usize)>>,
    in_default: Cell<bool>,
}

impl<'t> Scope<'t> {
    pub(super) fn new(
        template: &'t Template,
        given: Vec<Option<&'t Value>>,
        group: &'t ResourceGroup,
        now: Timestamp,
    ) -> Self {
        Self {
            template,
            group,
            now,
            given,
            parameters: template
                .parameters
                .iter()
                .map(|_| OnceCell::new())
                .collect(),
            variables: template.variables.iter().map(|_| OnceCell::new()).collect(),
            chain: RefCell::default(),
            in_default: Cell::new(false),
        }
    }

    /// Returns the validated value of the parameter at `index`: the given one or the default.
    pub(super) fn parameter(&self, index: usize) -> Result<&Value, ArmError> {
        let parameter = &self.template.parameters[index];
        if let Some(value) = self.parameters[index].get() {
            return Ok(value);
        }
        let value = match (self.given[index], &parameter.default) {
            (Some(given), _) => Cow::Borrowed(given),
            (None, Some(default)) => {
                self.enter(format!("parameters('{}')", parameter.name), default)
                    .map_err(ArmError::Evaluation)?;
                let outer = self.in_default.replace(true);
                let value = self.evaluate(default);
                self.in_default.set(outer);
                self.leave();
                value.map_err(ArmError::Evaluation)?
            }
            (None, None) => {
                let message = format!("missing value; expected {}", parameter.kind);
                return Err(ArmError::parameter(&parameter.name, message));
            }
        };
        parameter.check(&value)?;
        Ok(self.parameters[index].get_or_init(|| value))
    }

    fn variable(&self, name: &str) -> Result<&Value, EvalError> {
        let variables = &self.template.variables;
        let found = variables
            .iter()
            .position(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some(index) = found else {
            return Err(EvalError::new(
                "function 'variables' expects the name of a variable in the template".to_owned(),
            ));
        };
        if let Some(value) = self.variables[index].get() {
            return Ok(value);
        }
        if self.in_default.get() {
            return Err(EvalError::new(
                "function 'variables' cannot be used in a parameter's default value".to_owned(),
            ));
        }
        let (name, part) = &variables[index];
        self.enter(format!("variables('{name}')"), part)?;
        let value = self.evaluate(part);
        self.leave();
        let value = value?;
        Ok(self.variables[index].get_or_init(|| value))
    }

    /// The value of a part of the template; borrowed if it contains no expression.
    fn evaluate(&self, part: &'t Templated) -> Result<Cow<'t, Value>, EvalError> {
        match part.fixed() {
            Some(value) => Ok(Cow::Borrowed(value)),
            None => Ok(Cow::Owned(part.evaluate(self)?.into_owned())),
        }
    }

    fn enter(&self, what: String, part: &Templated) -> Result<(), EvalError> {
        let mut chain = self.chain.borrow_mut();
        if let Some(start) = chain.iter().position(|(one, _)| *one == what) {
            let cycle: String = chain[start..]
                .iter()
                .flat_map(|(one, _)| [one.as_str(), " → "])
                .collect();
            return Err(EvalError::new(format!("circular reference: {cycle}{what}")));
        }
        let depth = REFERENCE_DEPTH + part.depth();
        if chain.iter().map(|(_, depth)| depth).sum::<usize>() + depth > MAX_DEPTH {
            return Err(EvalError::new(format!(
                "references between parameters and variables are nested too deep at {what}"
            )));
        }
        chain.push((what, depth));
        Ok(())
    }

    fn leave(&self) {
        self.chain.borrow_mut().pop();
    }

    fn only_in_defaults(&self, name: &str) -> Result<(), EvalError> {
        if self.in_default.get() {
            return Ok(());
        }
        Err(EvalError::new(format!(
            "function '{name}' can only be used in a parameter's default value"
        )))
    }

    fn group_id(&self) -> String {
        let ResourceGroup {
            subscription_id,
            name,
            ..
        } = self.group;
        format!("/subscriptions/{subscription_id}/resourceGroups/{name}")
    }

    fn evaluate_call(
        &self,
        name: &str,
        arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>> {
        let first = || {
            arguments
                .first()
                .and_then(|name| name.as_str())
                .ok_or_else(|| {
                    EvalError::new(format!(
                        "function '{name}' expects a string as its first argument"
                    ))
                })
        };
        Some(match name {
            "parameters" => first().and_then(|name| {
                let index = find(&self.template.parameters, name).map_err(|_| {
                    EvalError::new(
                        "function 'parameters' expects the name of a parameter in the template"
                            .to_owned(),
                    )
                })?;
                let value = self.parameter(index);
                value.map(Cow::Borrowed).map_err(ArmError::into_eval_error)
            }),
            "variables" => first().and_then(|name| self.variable(name).map(Cow::Borrowed)),
            "resourcegroup" => Ok(Cow::Owned(json!({
                "id": self.group_id(),
                "name": self.group.name,
                "type": "Microsoft.Resources/resourceGroups",
                "location": self.group.location,
            }))),
            "subscription" => Ok(Cow::Owned(json!({
                "id": format!("/subscriptions/{}", self.group.subscription_id),
                "subscriptionId": self.group.subscription_id,
            }))),
            "resourceid" => self.resource_id(arguments),
            "subscriptionresourceid" => self.subscription_resource_id(arguments),
            "utcnow" => self
                .only_in_defaults("utcNow")
                .and_then(|()| functions::template_utc_now(arguments, self)),
            "newguid" => self
                .only_in_defaults("newGuid")
                .and_then(|()| functions::new_guid(self)),
            _ => return None,
        })
    }

    /// Evaluates `resourceId([subscription], [group], type, name…)`.
    fn resource_id(&self, arguments: &[Cow<'_, Value>]) -> Result<Cow<'_, Value>, EvalError> {
        let (before, path) = typed_path("resourceId", arguments)?;
        let (subscription, group) = match before.as_slice() {
            [] => (
                self.group.subscription_id.as_str(),
                self.group.name.as_str(),
            ),
            [group] => (self.group.subscription_id.as_str(), *group),
            [subscription, group] => (*subscription, *group),
            _ => {
                return Err(EvalError::new(
                    "function 'resourceId' accepts at most a subscription and a resource group before the type"
                        .to_owned(),
                ));
            }
        };
        Ok(Cow::Owned(Value::String(format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/{path}"
        ))))
    }

    fn subscription_resource_id(
        &self,
        arguments: &[Cow<'_, Value>],
    ) -> Result<Cow<'_, Value>, EvalError> {
        let (before, path) = typed_path("subscriptionResourceId", arguments)?;
        let subscription = match before.as_slice() {
            [] => self.group.subscription_id.as_str(),
            [subscription] => *subscription,
            _ => {
                return Err(EvalError::new(
                    "function 'subscriptionResourceId' accepts at most a subscription before the type"
                        .to_owned(),
                ));
            }
        };
        Ok(Cow::Owned(Value::String(format!(
            "/subscriptions/{subscription}/providers/{path}"
        ))))
    }
}

/// Splits the arguments at the type, the first argument with a `/`. Returns the arguments before
/// it, and the type and names as one path.
fn typed_path<'a>(
    function: &str,
    arguments: &'a [Cow<'_, Value>],
) -> Result<(Vec<&'a str>, String), EvalError> {
    let mut texts = Vec::with_capacity(arguments.len());
    for argument in arguments {
        texts.push(argument.as_str().ok_or_else(|| {
            EvalError::new(format!(
                "function '{function}' expects strings, not {}",
                functions::type_name(argument)
            ))
        })?);
    }
    let position = texts.iter().position(|text| text.contains('/'));
    let Some(position) = position else {
        return Err(EvalError::new(format!(
            "function '{function}' expects a type such as 'Microsoft.Logic/workflows'"
        )));
    };
    let names = texts.split_off(position + 1);
    let kind = texts.pop().unwrap_or_default();
    let mut segments = kind.split('/');
    let mut path = segments.next().unwrap_or_default().to_owned();
    let segments: Vec<&str> = segments.collect();
    if segments.len() != names.len() {
        return Err(EvalError::new(format!(
            "function '{function}' expects {} name{} after the type, not {}",
            segments.len(),
            if segments.len() == 1 { "" } else { "s" },
            names.len()
        )));
    }
    for (segment, name) in segments.iter().zip(&names) {
        path.extend(["/", segment, "/", name]);
    }
    Ok((texts, path))
}

impl Environment for Scope<'_> {
    fn call(
        &self,
        name: &str,
        arguments: &[Cow<'_, Value>],
    ) -> Option<Result<Cow<'_, Value>, EvalError>> {
        self.evaluate_call(name, arguments)
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}
