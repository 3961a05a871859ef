//! Checks, when a workflow is loaded, that every reference will be valid when its expression is evaluated.

use std::collections::HashMap;

use serde_json::Value;

use super::action::{Action, ActionId, Data, Kind, SecuredValues};
use super::error::LoadError;
use super::loader::{CallSite, Loader, Site};
use crate::suggest::did_you_mean;

/// Functions whose first argument is the name of an action that must have ended.
const ACTION_FUNCTIONS: [&str; 6] = [
    "actions",
    "actionbody",
    "actionoutputs",
    "body",
    "outputs",
    "result",
];

impl Loader {
    /// Checks every recorded function call.
    pub(super) fn check_references(
        &mut self,
        parameters: &HashMap<String, Value>,
    ) -> Result<(), LoadError> {
        for call in &self.calls {
            self.check_call(call, parameters)
                .map_err(|message| LoadError {
                    path: call.path.clone(),
                    message,
                    is_structural: false,
                })?;
        }
        for (id, action) in self.actions.iter().enumerate() {
            if let Kind::Data(Data::ChangeVariable { variable, .. }) = action.kind {
                let declared_by = self.variables[variable].declared_by;
                self.check_ended_before(declared_by, id, false)
                    .map_err(|message| LoadError {
                        path: format!("{}.inputs.name", action.name),
                        message,
                        is_structural: false,
                    })?;
            }
        }
        for call in &self.calls {
            if let (true, Some(target)) = (call.name == "result", self.target(call)) {
                self.actions[target].needs_results = true;
            }
        }
        Ok(())
    }

    fn target(&self, call: &CallSite) -> Option<ActionId> {
        let name = call.literal.as_ref()?.to_lowercase();
        self.names.get(&name).copied()
    }

    fn check_call(
        &self,
        call: &CallSite,
        parameters: &HashMap<String, Value>,
    ) -> Result<(), String> {
        let function = call.name.as_str();
        let literal = || require_literal(function, call.literal.as_deref());
        match function {
            "parameters" => check_parameter(call.literal.as_deref(), parameters),
            "variables" => {
                let name = literal()?;
                let Some(variable) = self.variable(name) else {
                    return Err(self.unknown_variable(name));
                };
                if let Kind::Data(Data::ChangeVariable {
                    variable: changed, ..
                }) = self.actions[call.action].kind
                {
                    // The service's message.
                    if changed == variable {
                        return Err(format!(
                            "Self reference is not supported when updating the value of variable '{name}'"
                        ));
                    }
                }
                self.runs_before(self.variables[variable].declared_by, call)
            }
            "items" => self.within(literal()?, call, |kind| {
                matches!(kind, Kind::Foreach { .. })
            }),
            "iterationindexes" => {
                self.within(literal()?, call, |kind| matches!(kind, Kind::Until { .. }))
            }
            "item" => {
                let inside = self.enclosing(call.action).any(|id| self.is_foreach(id));
                if inside || call.site == Site::Item {
                    Ok(())
                } else {
                    Err("item() is only available in a Foreach, a Query, or a Select".to_owned())
                }
            }
            "listcallbackurl" if call.site != Site::Webhook => Err(
                "listCallbackUrl() is only available in the requests of an HttpWebhook".to_owned(),
            ),
            _ if ACTION_FUNCTIONS.contains(&function) => {
                let name = literal()?;
                let Some(target) = self.target(call) else {
                    return Err(self.unknown_action(name));
                };
                self.runs_before(target, call)
            }
            _ => Ok(()),
        }
    }

    fn unknown_action(&self, name: &str) -> String {
        let names: Vec<_> = self.actions.iter().map(|action| &*action.name).collect();
        let near = did_you_mean(name, &names);
        format!("unknown action {name:?}{near}")
    }

    /// The actions that contain `id`, innermost first.
    fn enclosing(&self, id: ActionId) -> impl Iterator<Item = ActionId> + '_ {
        std::iter::successors(self.actions[id].parent, |id| self.actions[*id].parent)
    }

    fn is_foreach(&self, id: ActionId) -> bool {
        matches!(self.actions[id].kind, Kind::Foreach { .. })
    }

    fn within(
        &self,
        name: &str,
        call: &CallSite,
        right: impl Fn(&Kind) -> bool,
    ) -> Result<(), String> {
        let Some(target) = self.target(call) else {
            return Err(self.unknown_action(name));
        };
        let itself = call.site == Site::Until && target == call.action;
        if !right(&self.actions[target].kind) {
            let kind = self.actions[target].kind.name();
            return Err(format!(
                "{}() does not support {name}, which is of type {kind}",
                call.name
            ));
        }
        if itself || self.enclosing(call.action).any(|id| id == target) {
            return Ok(());
        }
        Err(format!("used outside of the loop {name}"))
    }

    fn runs_before(&self, target: ActionId, call: &CallSite) -> Result<(), String> {
        self.check_ended_before(target, call.action, call.site == Site::Until)
    }

    /// Checks that `target` has always ended or been skipped when `user` starts, or, if `at_end`,
    /// when the condition of the loop `user` is evaluated.
    fn check_ended_before(
        &self,
        target: ActionId,
        user: ActionId,
        at_end: bool,
    ) -> Result<(), String> {
        let name = &self.actions[target].name;
        // Ascends from the target until an ancestor has a sibling that is or contains the user.
        let mut outer = target;
        loop {
            let parent = self.actions[outer].parent;
            if outer != target && self.is_foreach(outer) {
                return Err(format!(
                    "{name} runs once for each item of {}, so it has no single result outside of that loop",
                    self.actions[outer].name
                ));
            }
            let beside = std::iter::once(user)
                .chain(self.enclosing(user))
                .find(|id| self.actions[*id].parent == parent);
            if let Some(beside) = beside.filter(|beside| *beside != outer) {
                if self.waits_for(beside, outer) {
                    return Ok(());
                }
                return Err(format!(
                    "{} may start before {name} has ended; add a runAfter that depends on it",
                    self.actions[user].name
                ));
            }
            match parent {
                Some(until) if until == user && at_end => return Ok(()),
                Some(parent) => outer = parent,
                None => {
                    return Err(format!("{name} has not ended at this point"));
                }
            }
        }
    }

    fn waits_for(&self, id: ActionId, other: ActionId) -> bool {
        let mut seen = vec![false; self.actions.len()];
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            for (before, _) in &self.actions[id].run_after {
                if *before == other {
                    return true;
                }
                if !std::mem::replace(&mut seen[*before], true) {
                    open.push(*before);
                }
            }
        }
        false
    }

    /// Determines the values that the run history redacts ("Considerations for securing inputs and
    /// outputs", `logic-apps-securing-a-logic-app.md`):
    /// - values that `secureData` secures,
    /// - inputs of an action that uses an action with secured inputs or outputs,
    /// - outputs of a `Compose` or `ParseJson` action with such inputs; actions that use these are
    ///   not affected.
    ///
    /// The document does not cover items of loops and results of scopes; they are redacted, too.
    pub(super) fn redact(&mut self) {
        for action in &mut self.actions {
            action.redacted = action.secured;
        }
        let mut users: Vec<ActionId> = Vec::new();
        for call in &self.calls {
            let secret = match call.name.as_str() {
                name if ACTION_FUNCTIONS.contains(&name) => self
                    .target(call)
                    .is_some_and(|target| self.outputs_secrets(target)),
                _ => false,
            };
            if secret {
                users.push(call.action);
            }
        }
        for id in users {
            self.actions[id].redacted.inputs = true;
        }
        for n in 0..self.calls.len() {
            let call = &self.calls[n];
            let source_loop = match call.name.as_str() {
                "items" => self.target(call),
                "item" => self.enclosing(call.action).find(|id| self.is_foreach(*id)),
                _ => None,
            };
            if source_loop.is_some_and(|id| self.actions[id].redacted.inputs) {
                let user = call.action;
                self.actions[user].redacted.inputs = true;
            }
        }
        for action in &mut self.actions {
            if action.redacted.inputs && copies_inputs(action) {
                action.redacted.outputs = true;
            }
        }
    }

    fn outputs_secrets(&self, target: ActionId) -> bool {
        self.actions[target..=self.actions[target].last_descendant]
            .iter()
            .any(|action| action.secured != SecuredValues::default() && !copies_inputs(action))
    }
}

fn require_literal<'l>(function: &str, literal: Option<&'l str>) -> Result<&'l str, String> {
    literal.ok_or_else(|| {
        format!("{function}() expects a string literal as the name, not an expression")
    })
}

/// Checks a call of `parameters()`.
pub(super) fn check_parameter(
    literal: Option<&str>,
    parameters: &HashMap<String, Value>,
) -> Result<(), String> {
    let name = require_literal("parameters", literal)?;
    if parameters.contains_key(&name.to_lowercase()) {
        return Ok(());
    }
    let known: Vec<_> = parameters.keys().map(String::as_str).collect();
    let near = did_you_mean(name, &known);
    Err(format!("unknown parameter {name:?}{near}"))
}

fn copies_inputs(action: &Action) -> bool {
    matches!(
        action.kind,
        Kind::Data(Data::Compose(_) | Data::ParseJson { .. })
    )
}
