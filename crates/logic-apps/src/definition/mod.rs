//! Workflow definitions, typed and validated.
//!
//! Strict: unknown parts are errors that name the place; nothing is ignored. The reference is Microsoft's *Schema reference guide for trigger and action types*
//! (`logic-apps-workflow-actions-triggers.md` in MicrosoftDocs/azure-docs).

pub(crate) mod action;
mod actions;
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
pub use self::error::LoadError;
pub(crate) use self::error::kind_of;
use self::error::{At, Fields, object, word};
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
    /// The triggers' names and recurrences, in the order of the definition.
    pub fn recurrences(&self) -> impl Iterator<Item = (&Arc<str>, &Recurrence)> {
        let triggers = self.triggers.iter();
        triggers.map(|trigger| (&trigger.name, &trigger.recurrence))
    }

    /// Loads `properties`, whose ARM expressions have been evaluated, for a deployment at `now`.
    ///
    /// # Errors
    /// The first part that is invalid, unknown, or not supported here.
    pub fn load(properties: &Value, now: Timestamp) -> Result<Self, LoadError> {
        let at = At::root("properties");
        // Who may call the workflow does not bear on how it runs.
        let known = ["definition", "parameters", "state", "accessControl"];
        let properties = Fields::read(properties, &at, &known)?;
        let enabled = properties.get("state").map_or(Ok(true), |state| {
            let states = [("Enabled", true), ("Disabled", false)];
            word(state, &at.to("state"), "state", &states)
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
                return Err(at.error("are not supported here"));
            }
        }
        let parameters =
            parameters::load(definition.get("parameters"), properties.get("parameters"))?;
        let triggers = trigger::load(definition.require("triggers")?, &parameters, now)?;
        let mut loader = Loader::default();
        let root = loader.block(definition.get("actions"), &at.to("actions"), None, 0)?;
        loader.resolve_variables()?;
        loader.check_references(&parameters)?;
        loader.hide();
        Ok(Self {
            actions: loader.actions,
            names: loader.names,
            variables: loader.variables,
            root,
            triggers,
            parameters,
            enabled,
        })
    }

    /// The names of its triggers.
    pub fn trigger_names(&self) -> impl Iterator<Item = &str> {
        self.triggers.iter().map(|trigger| &*trigger.name)
    }
}
