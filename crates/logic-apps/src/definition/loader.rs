//! What is gathered while a workflow's actions are read.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::action::{Action, ActionId, Block, Hidden, Statuses, Variable};
use super::error::{At, Fields, LoadError, array, object, text};
use super::functions::OF_WORKFLOWS;
use crate::expression::{ParseError, Templated};
use crate::suggest::did_you_mean;

/// Limits of one definition: `logic-apps-limits-and-config.md` in MicrosoftDocs/azure-docs.
const MOST_ACTIONS: usize = 250;
const DEEPEST: usize = 8;
const LONGEST_NAME: usize = 80;

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    /// In the inputs of an action.
    Inputs,
    /// In what is done for each item of an array: `item()` is the item.
    Item,
    /// In an Until's condition, which is asked after the actions within it.
    Until,
    /// In the subscribe or unsubscribe request of a webhook.
    Webhook,
}

/// A call of a function in an action's expressions.
#[derive(Debug)]
pub(super) struct CallSite {
    pub(super) action: ActionId,
    pub(super) site: Site,
    pub(super) place: String,
    pub(super) name: String,
    pub(super) literal: Option<String>,
}

/// A name, and the action that has it or is asked for it.
#[derive(Debug)]
struct Pending {
    action: ActionId,
    place: String,
    name: String,
    statuses: Statuses,
}

/// The actions read so far, and what is to be checked when all are known.
#[derive(Default)]
pub(super) struct Loader {
    pub(super) actions: Vec<Action>,
    /// By name in lower case.
    pub(super) names: HashMap<String, ActionId>,
    pub(super) variables: Vec<Variable>,
    pub(super) calls: Vec<CallSite>,
    /// The loops whose actions are being read, outermost first.
    pub(super) open_loops: Vec<ActionId>,
    /// Uses of variables, to be checked against their declarations.
    pub(super) variable_uses: Vec<(ActionId, String, String)>,
}

impl Loader {
    /// Reads the actions of one block; `depth` is how many actions contain it.
    pub(super) fn block(
        &mut self,
        value: Option<&Value>,
        at: &At<'_>,
        within: Option<ActionId>,
        depth: usize,
    ) -> Result<Block, LoadError> {
        let none = Map::new();
        let map = value.map_or(Ok(&none), |value| object(value, at))?;
        if depth > DEEPEST && !map.is_empty() {
            return Err(at.error(format!(
                "actions are nested more than {DEEPEST} levels deep, which the service does not take"
            )));
        }
        let mut ids = Vec::with_capacity(map.len());
        let mut pending = Vec::new();
        for (name, action) in map {
            // The outermost are named without more ado: their names are unique in the workflow.
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
            for (name, statuses, place) in run_after(action, at)? {
                pending.push(Pending {
                    action: id,
                    place,
                    name,
                    statuses,
                });
            }
            self.actions[id].last_within = self.actions.len() - 1;
        }
        self.order(ids, pending)
    }

    fn declare(
        &mut self,
        name: &str,
        at: &At<'_>,
        within: Option<ActionId>,
    ) -> Result<ActionId, LoadError> {
        let id = self.actions.len();
        if id == MOST_ACTIONS {
            return Err(at.error(format!(
                "is one more than the {MOST_ACTIONS} actions that a workflow can have"
            )));
        }
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(at.error(format!(
                "an action's name has 1 to {LONGEST_NAME} characters"
            )));
        }
        if let Some(other) = self.names.insert(name.to_lowercase(), id) {
            let other = &self.actions[other].name;
            return Err(at.error(format!(
                "another action is named {other}; names are unique in the whole workflow, whatever their case"
            )));
        }
        self.actions.push(Action {
            name: name.into(),
            kind: super::action::Kind::Scope(Block::default()),
            last_within: id,
            parent: within,
            run_after: Vec::new(),
            limit: None,
            hidden: Hidden::default(),
            secured: Hidden::default(),
            asynchronous: true,
            workflow_headers: true,
            result_wanted: false,
        });
        Ok(id)
    }

    /// Puts the actions of a block in an order in which each comes after those that it waits for.
    fn order(&mut self, ids: Vec<ActionId>, pending: Vec<Pending>) -> Result<Block, LoadError> {
        let mut awaited = vec![false; ids.len()];
        for wait in pending {
            let found = ids
                .iter()
                .position(|id| self.actions[*id].name.eq_ignore_ascii_case(&wait.name));
            let Some(position) = found else {
                return Err(self.no_sibling(&ids, &wait));
            };
            awaited[position] = true;
            self.actions[wait.action]
                .run_after
                .push((ids[position], wait.statuses));
        }
        let last = ids
            .iter()
            .zip(&awaited)
            .filter(|(_, awaited)| !**awaited)
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

    fn no_sibling(&self, ids: &[ActionId], wait: &Pending) -> LoadError {
        let names: Vec<_> = ids
            .iter()
            .filter(|id| **id != wait.action)
            .map(|id| &*self.actions[*id].name)
            .collect();
        let message = if self.names.contains_key(&wait.name.to_lowercase()) {
            "runs in another scope; an action can only wait for one beside it".to_owned()
        } else {
            format!(
                "there is no such action{}",
                did_you_mean(&wait.name, &names)
            )
        };
        LoadError {
            place: wait.place.clone(),
            message,
            is_structural: false,
        }
    }

    fn cycle(&self, waiting: &[ActionId]) -> LoadError {
        // Every one that is left waits for another that is left: going back long enough ends in
        // the cycle.
        let back = |id: ActionId| {
            let run_after = &self.actions[id].run_after;
            let other = run_after.iter().find(|(other, _)| waiting.contains(other));
            other.map_or(id, |(other, _)| *other)
        };
        let first = waiting.iter().fold(waiting[0], |id, _| back(id));
        let mut members = vec![first];
        let mut id = back(first);
        while id != first {
            members.push(id);
            id = back(id);
        }
        members.push(first);
        let names: Vec<_> = members.iter().map(|id| &*self.actions[*id].name).collect();
        LoadError {
            place: format!("{}.runAfter", names[0]),
            message: format!(
                "a cycle, none of which can ever start: {}",
                names.join(" after ")
            ),
            is_structural: false,
        }
    }

    /// Reads a value in which there may be expressions.
    pub(super) fn templated(
        &mut self,
        value: &Value,
        at: &At<'_>,
        action: ActionId,
        site: Site,
    ) -> Result<Templated, LoadError> {
        let wrong = |mut error: ParseError| {
            let path = std::mem::take(&mut error.path);
            if path.is_empty() {
                at.error(error.to_string())
            } else {
                at.to(&path).error(error.to_string())
            }
        };
        let templated = Templated::parse(value).map_err(wrong)?;
        templated.check(&OF_WORKFLOWS).map_err(wrong)?;
        self.note(value, at, action, site)?;
        Ok(templated)
    }

    /// Notes the calls in a value, each at the place of its own text.
    fn note(
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
                        place: at.to_string(),
                        name: call.name.to_owned(),
                        literal: call.literal.map(str::to_owned),
                    }));
                Ok(())
            }
            Value::Array(values) => values.iter().enumerate().try_for_each(|(n, value)| {
                let n = n.to_string();
                self.note(value, &at.to(&n), action, site)
            }),
            Value::Object(map) => map.iter().try_for_each(|(key, value)| {
                let at = at.to(key);
                self.note(&Value::from(key.as_str()), &at, action, site)?;
                self.note(value, &at, action, site)
            }),
            _ => Ok(()),
        }
    }

    /// Reads a value that has no expressions.
    pub(super) fn constant<'v>(value: &'v Value, at: &At<'_>) -> Result<&'v Value, LoadError> {
        match value {
            Value::String(text) if text.starts_with('@') && !text.starts_with("@@") => {
                Err(at.error("an expression is not supported here"))
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
    let mut waits = Vec::new();
    for (name, statuses) in object(value, &at)? {
        let at = at.to(name);
        let mut set = Statuses::default();
        for status in array(statuses, &at)? {
            set = set.with(super::error::word(status, &at, "status", &Statuses::NAMES)?);
        }
        if set == Statuses::default() {
            return Err(at.error("names no status: the action could never run"));
        }
        waits.push((name.clone(), set, at.to_string()));
    }
    Ok(waits)
}

/// Reads `runtimeConfiguration` with only the settings that `known` names.
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

/// Reads `operationOptions`: words with commas between them, each one of `known`.
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
                        "{option:?} is no option of this type{}",
                        did_you_mean(option, known)
                    ))
                })
        })
        .collect()
}

/// Reads `runtimeConfiguration.secureData`.
pub(super) fn secure_data(
    configuration: Option<&Map<String, Value>>,
    at: &At<'_>,
    available: Hidden,
) -> Result<Hidden, LoadError> {
    let mut hidden = Hidden::default();
    let Some(value) = configuration.and_then(|map| map.get("secureData")) else {
        return Ok(hidden);
    };
    let at = at.to("runtimeConfiguration");
    let at = at.to("secureData");
    let fields = Fields::read(value, &at, &["properties"])?;
    let at = at.to("properties");
    for property in array(fields.require("properties")?, &at)? {
        let (available, wanted) = match text(property, &at)? {
            "inputs" => (available.inputs, &mut hidden.inputs),
            "outputs" => (available.outputs, &mut hidden.outputs),
            other => {
                return Err(at.error(format!("{other:?} is neither inputs nor outputs")));
            }
        };
        if !available {
            return Err(at.error(format!(
                "the service cannot secure the {} of an action of this type",
                property.as_str().unwrap_or_default()
            )));
        }
        *wanted = true;
    }
    Ok(hidden)
}
