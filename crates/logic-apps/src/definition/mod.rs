//! Loader of workflow definitions.
//!
//! Loading is strict: an unknown or unsupported part is an error with its path. The reference is
//! Microsoft's *Schema reference guide for trigger and action types*
//! (`logic-apps-workflow-actions-triggers.md` in MicrosoftDocs/azure-docs).

pub(crate) mod action;
mod actions;
mod checker;
mod control;
pub(crate) mod duration;
mod error;
mod functions;
mod loader;
mod parameters;
mod references;
pub(crate) mod requests;
mod schema;
pub(crate) mod trigger;
mod variables;
pub(crate) mod wait_unit;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use self::action::{Action, ActionId, Block, Variable};
pub use self::checker::{Checker, DeployError};
pub use self::error::LoadError;
pub(crate) use self::error::json_type;
use self::error::{At, Fields, keyword, object};
use self::loader::Loader;
use self::trigger::Trigger;
use crate::expression::Templated;
use crate::recurrence::Recurrence;

/// A validated workflow: the `properties` of a resource of type `Microsoft.Logic/workflows`.
#[derive(Debug)]
pub struct Definition {
    pub(crate) actions: Vec<Action>,
    /// By name in lower case.
    pub(crate) names: HashMap<String, ActionId>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) root: Block,
    pub(crate) triggers: Vec<Trigger>,
    /// By name in lower case.
    pub(crate) parameters: HashMap<String, Value>,
    pub(crate) enabled: bool,
}

impl Definition {
    /// The names and recurrences of the triggers, in the order of the definition.
    pub fn recurrences(&self) -> impl Iterator<Item = (&Arc<str>, &Recurrence)> {
        let triggers = self.triggers.iter();
        triggers.map(|trigger| (&trigger.name, &trigger.recurrence))
    }

    /// Loads `properties`, whose ARM expressions must be evaluated already, for a deployment at
    /// `now`.
    ///
    /// # Errors
    /// The first part that is invalid, unknown, or not supported.
    pub fn load(properties: &Value, now: Timestamp) -> Result<Self, LoadError> {
        let header = Header::read(properties, now)?;
        let (loader, root) = load_actions(header.actions, &header.parameters)?;
        Ok(Self {
            actions: loader.actions,
            names: loader.names,
            variables: loader.variables,
            root,
            triggers: header.triggers,
            parameters: header.parameters,
            enabled: header.enabled,
        })
    }

    /// The names of the triggers.
    pub fn trigger_names(&self) -> impl Iterator<Item = &str> {
        self.triggers.iter().map(|trigger| &*trigger.name)
    }
}

/// A workflow without its actions.
struct Header<'v> {
    triggers: Vec<Trigger>,
    /// By name in lower case.
    parameters: HashMap<String, Value>,
    enabled: bool,
    /// The actions, not read yet.
    actions: Option<&'v Value>,
}

impl<'v> Header<'v> {
    fn read(properties: &'v Value, now: Timestamp) -> Result<Self, LoadError> {
        let actions = properties["definition"].get("actions");
        let at = At::root("properties");
        // `accessControl` does not affect the execution.
        let known = ["definition", "parameters", "state", "accessControl"];
        let properties = Fields::read(properties, &at, &known)?;
        let enabled = properties.get("state").map_or(Ok(true), |state| {
            let states = [("Enabled", true), ("Disabled", false)];
            keyword(state, &at.to("state"), "state", &states)
        })?;
        let at = At::root("definition");
        let known = [
            "$schema",
            "contentVersion",
            "description",
            "metadata",
            "parameters",
            "triggers",
            "actions",
            "outputs",
            "staticResults",
        ];
        let definition = Fields::read(properties.require("definition")?, &at, &known)?;
        for key in ["outputs", "staticResults"] {
            let at = at.to(key);
            let value = definition.get(key).map(|value| object(value, &at));
            if !value.transpose()?.is_none_or(serde_json::Map::is_empty) {
                return Err(at.error("not supported"));
            }
        }
        let parameters =
            parameters::load(definition.get("parameters"), properties.get("parameters"))?;
        let triggers = trigger::load(definition.require("triggers")?, &parameters, now)?;
        Ok(Self {
            triggers,
            parameters,
            enabled,
            actions,
        })
    }
}

/// Reads a workflow's actions. Uses only the names of `parameters`, to check references.
fn load_actions(
    actions: Option<&Value>,
    parameters: &HashMap<String, Value>,
) -> Result<(Loader, Block), LoadError> {
    let at = At::root("definition");
    let mut loader = Loader::default();
    let root = loader.block(actions, &at.to("actions"), None, 0)?;
    loader.resolve_variables()?;
    loader.check_references(parameters)?;
    loader.redact();
    Ok((loader, root))
}
