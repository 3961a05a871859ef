//! State of loading a workflow's actions.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::action::{Action, ActionId, Block, SecuredValues, Statuses, Variable};
use super::error::{At, Fields, LoadError, array, object, text};
use super::functions::WORKFLOW_FUNCTIONS;
use crate::expression::{ParseError, Templated};
use crate::suggest::did_you_mean;

/// Limits of a definition (`logic-apps-limits-and-config.md` in MicrosoftDocs/azure-docs).
const MAX_ACTIONS: usize = 250;
const MAX_DEPTH: usize = 8;
const MAX_NAME_LENGTH: usize = 80;

/// The position of an expression, which determines the available functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    /// Inputs of an action.
    Inputs,
    /// Evaluated for each item of an array, which `item()` returns.
    Item,
    /// Condition of an `Until` loop, evaluated after the actions in the loop.
    Until,
    /// Subscribe or unsubscribe request of a webhook.
    Webhook,
}

/// A function call in the expressions of an action.
#[derive(Debug)]
pub(super) struct CallSite {
    pub(super) action: ActionId,
    pub(super) site: Site,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) literal: Option<String>,
}

/// An entry of `runAfter`: `action` runs after the action called `name`.
#[derive(Debug)]
struct Dependency {
    /// The action that contains the entry.
    action: ActionId,
    /// The entry's path in the definition, for errors.
    path: String,
    /// The name of the action to wait for, as written in the entry.
    name: String,
    /// The statuses of the action `name` that allow `action` to run.
    statuses: Statuses,
}

/// The actions loaded so far, and the references to check once all are loaded.
#[derive(Default)]
pub(super) struct Loader {
    pub(super) actions: Vec<Action>,
    /// By name in lower case.
    pub(super) names: HashMap<String, ActionId>,
    pub(super) variables: Vec<Variable>,
    pub(super) calls: Vec<CallSite>,
    /// The loops that enclose the current action, outermost first.
    pub(super) open_loops: Vec<ActionId>,
    /// Uses of variables to check against the declarations: action, path, and name.
    pub(super) variable_uses: Vec<(ActionId, String, String)>,
}

impl Loader {
    /// Loads the actions of a block. `depth` is the number of enclosing actions.
    pub(super) fn block(
        &mut self,
        value: Option<&Value>,
        at: &At<'_>,
        within: Option<ActionId>,
        depth: usize,
    ) -> Result<Block, LoadError> {
        let none = Map::new();
        let map = value.map_or(Ok(&none), |value| object(value, at))?;
        if depth > MAX_DEPTH && !map.is_empty() {
            return Err(at.error(format!(
                "actions are nested deeper than the service's limit of {MAX_DEPTH} levels"
            )));
        }
        let mut ids = Vec::with_capacity(map.len());
        let mut dependencies = Vec::new();
        for (name, action) in map {
            // The path of an outermost action is only its name, which is unique in the workflow.
            let outermost = At::root(name);
            let inner = at.to(name);
            let at = if within.is_none() && !name.is_empty() {
                &outermost
            } else {
                &inner
            };
            let id = self.declare(name, at, within)?;
            ids.push(id);
            self.action(id, action, at, depth)?;
            for (name, statuses, path) in run_after(action, at)? {
                dependencies.push(Dependency {
                    action: id,
                    path,
                    name,
                    statuses,
                });
            }
            self.actions[id].last_descendant = self.actions.len() - 1;
        }
        self.order(ids, dependencies)
    }

    fn declare(
        &mut self,
        name: &str,
        at: &At<'_>,
        within: Option<ActionId>,
    ) -> Result<ActionId, LoadError> {
        let id = self.actions.len();
        if id == MAX_ACTIONS {
            return Err(at.error(format!(
                "exceeds the limit of {MAX_ACTIONS} actions per workflow"
            )));
        }
        if name.is_empty() || name.chars().count() > MAX_NAME_LENGTH {
            return Err(at.error(format!(
                "the name of an action must have 1 to {MAX_NAME_LENGTH} characters"
            )));
        }
        if let Some(other) = self.names.insert(name.to_lowercase(), id) {
            let other = &self.actions[other].name;
            return Err(at.error(format!(
                "duplicate action name {other}; names must be unique in the workflow, ignoring case"
            )));
        }
        self.actions.push(Action {
            name: name.into(),
            kind: super::action::Kind::Scope(Block::default()),
            last_descendant: id,
            parent: within,
            run_after: Vec::new(),
            limit: None,
            redacted: SecuredValues::default(),
            secured: SecuredValues::default(),
            asynchronous: true,
            workflow_headers: true,
            needs_results: false,
        });
        Ok(id)
    }

    /// Resolves dependencies and sorts the actions of a block topologically.
    fn order(
        &mut self,
        ids: Vec<ActionId>,
        dependencies: Vec<Dependency>,
    ) -> Result<Block, LoadError> {
        let mut has_dependents = vec![false; ids.len()];
        for dependency in dependencies {
            let found = ids.iter().position(|id| {
                self.actions[*id]
                    .name
                    .eq_ignore_ascii_case(&dependency.name)
            });
            let Some(position) = found else {
                return Err(self.unknown_sibling(&ids, &dependency));
            };
            has_dependents[position] = true;
            self.actions[dependency.action]
                .run_after
                .push((ids[position], dependency.statuses));
        }
        let last = ids
            .iter()
            .zip(&has_dependents)
            .filter(|(_, has_dependents)| !**has_dependents)
            .map(|(id, _)| *id)
            .collect();
        let mut actions = Vec::with_capacity(ids.len());
        let mut rest = ids;
        while !rest.is_empty() {
            let (ready, waiting): (Vec<_>, Vec<_>) = rest.iter().partition(|id| {
                let run_after = &self.actions[**id].run_after;
                run_after.iter().all(|(other, _)| actions.contains(other))
            });
            if ready.is_empty() {
                return Err(self.cycle(&waiting));
            }
            actions.extend(ready);
            rest = waiting;
        }
        Ok(Block { actions, last })
    }

    fn unknown_sibling(&self, ids: &[ActionId], dependency: &Dependency) -> LoadError {
        let names: Vec<_> = ids
            .iter()
            .filter(|id| **id != dependency.action)
            .map(|id| &*self.actions[*id].name)
            .collect();
        let message = if self.names.contains_key(&dependency.name.to_lowercase()) {
            "the action is in another scope; runAfter only accepts actions of the same scope"
                .to_owned()
        } else {
            format!("unknown action{}", did_you_mean(&dependency.name, &names))
        };
        LoadError {
            path: dependency.path.clone(),
            message,
            is_structural: false,
        }
    }

    fn cycle(&self, waiting: &[ActionId]) -> LoadError {
        // Every remaining action depends on another remaining one, so following dependencies ends
        // in the cycle.
        let predecessor = |id: ActionId| {
            let run_after = &self.actions[id].run_after;
            let other = run_after.iter().find(|(other, _)| waiting.contains(other));
            other.map_or(id, |(other, _)| *other)
        };
        let first = waiting.iter().fold(waiting[0], |id, _| predecessor(id));
        let mut members = vec![first];
        let mut id = predecessor(first);
        while id != first {
            members.push(id);
            id = predecessor(id);
        }
        members.push(first);
        let names: Vec<_> = members.iter().map(|id| &*self.actions[*id].name).collect();
        LoadError {
            path: format!("{}.runAfter", names[0]),
            message: format!("circular dependency: {}", names.join(" after ")),
            is_structural: false,
        }
    }

    /// Parses a value that may contain expressions, and records its function calls.
    pub(super) fn templated(
        &mut self,
        value: &Value,
        at: &At<'_>,
        action: ActionId,
        site: Site,
    ) -> Result<Templated, LoadError> {
        let error_at = |mut error: ParseError| {
            let path = std::mem::take(&mut error.path);
            if path.is_empty() {
                at.error(error.to_string())
            } else {
                at.to(&path).error(error.to_string())
            }
        };
        let templated = Templated::parse(value).map_err(error_at)?;
        templated.check(&WORKFLOW_FUNCTIONS).map_err(error_at)?;
        self.record_calls(value, at, action, site)?;
        Ok(templated)
    }

    /// Records the function calls in a value, each with the path of its string.
    fn record_calls(
        &mut self,
        value: &Value,
        at: &At<'_>,
        action: ActionId,
        site: Site,
    ) -> Result<(), LoadError> {
        match value {
            Value::String(text) if text.contains('@') => {
                let parsed = Templated::parse(value).map_err(|e| at.error(e.to_string()))?;
                self.calls
                    .extend(parsed.calls().into_iter().map(|call| CallSite {
                        action,
                        site,
                        path: at.to_string(),
                        name: call.name.to_owned(),
                        literal: call.literal.map(str::to_owned),
                    }));
                Ok(())
            }
            Value::Array(values) => values.iter().enumerate().try_for_each(|(n, value)| {
                let n = n.to_string();
                self.record_calls(value, &at.to(&n), action, site)
            }),
            Value::Object(map) => map.iter().try_for_each(|(key, value)| {
                let at = at.to(key);
                self.record_calls(&Value::from(key.as_str()), &at, action, site)?;
                self.record_calls(value, &at, action, site)
            }),
            _ => Ok(()),
        }
    }

    /// Returns a value that must not be an expression.
    pub(super) fn constant<'v>(value: &'v Value, at: &At<'_>) -> Result<&'v Value, LoadError> {
        match value {
            Value::String(text) if text.starts_with('@') && !text.starts_with("@@") => {
                Err(at.error("expressions are not supported here"))
            }
            value => Ok(value),
        }
    }
}

fn run_after(action: &Value, at: &At<'_>) -> Result<Vec<(String, Statuses, String)>, LoadError> {
    let Some(value) = action.get("runAfter") else {
        return Ok(Vec::new());
    };
    let at = at.to("runAfter");
    let mut dependencies = Vec::new();
    for (name, statuses) in object(value, &at)? {
        let at = at.to(name);
        let mut set = Statuses::default();
        for status in array(statuses, &at)? {
            set = set.with(super::error::keyword(
                status,
                &at,
                "status",
                &Statuses::NAMES,
            )?);
        }
        if set == Statuses::default() {
            return Err(at.error("expected at least one status; otherwise the action never runs"));
        }
        dependencies.push((name.clone(), set, at.to_string()));
    }
    Ok(dependencies)
}

/// Returns `runtimeConfiguration`, which must not contain settings other than `known`.
pub(super) fn runtime_configuration<'v>(
    fields: &Fields<'v>,
    known: &[&str],
) -> Result<Option<&'v Map<String, Value>>, LoadError> {
    let Some(value) = fields.get("runtimeConfiguration") else {
        return Ok(None);
    };
    let at = fields.at.to("runtimeConfiguration");
    Fields::read(value, &at, known)?;
    object(value, &at).map(Some)
}

/// Parses `operationOptions`: a comma-separated list of options, each one of `known`.
pub(super) fn operation_options(
    fields: &Fields<'_>,
    known: &[&'static str],
) -> Result<Vec<&'static str>, LoadError> {
    let Some(value) = fields.get("operationOptions") else {
        return Ok(Vec::new());
    };
    let at = fields.at.to("operationOptions");
    text(value, &at)?
        .split(',')
        .map(str::trim)
        .map(|option| {
            known
                .iter()
                .find(|known| known.eq_ignore_ascii_case(option))
                .copied()
                .ok_or_else(|| {
                    at.error(format!(
                        "unknown option {option:?}{}",
                        did_you_mean(option, known)
                    ))
                })
        })
        .collect()
}

/// Loads `runtimeConfiguration.secureData`.
pub(super) fn secure_data(
    configuration: Option<&Map<String, Value>>,
    at: &At<'_>,
    available: SecuredValues,
) -> Result<SecuredValues, LoadError> {
    let mut secured = SecuredValues::default();
    let Some(value) = configuration.and_then(|map| map.get("secureData")) else {
        return Ok(secured);
    };
    let at = at.to("runtimeConfiguration");
    let at = at.to("secureData");
    let fields = Fields::read(value, &at, &["properties"])?;
    let at = at.to("properties");
    for property in array(fields.require("properties")?, &at)? {
        let (available, flag) = match text(property, &at)? {
            "inputs" => (available.inputs, &mut secured.inputs),
            "outputs" => (available.outputs, &mut secured.outputs),
            other => {
                return Err(at.error(format!(
                    "unknown property {other:?} (expected inputs or outputs)"
                )));
            }
        };
        if !available {
            return Err(at.error(format!(
                "the service cannot secure the {} of an action of this type",
                property.as_str().unwrap_or_default()
            )));
        }
        *flag = true;
    }
    Ok(secured)
}
