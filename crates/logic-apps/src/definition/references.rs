//! Checks that expressions name what there is when they are evaluated.

use std::collections::HashMap;

use serde_json::Value;

use super::action::{Action, ActionId, Data, Hidden, Kind};
use super::error::LoadError;
use super::loader::{CallSite, Loader, Site};
use crate::suggest::did_you_mean;

/// Functions whose first argument is the name of an action that has ended.
const OF_ACTIONS: [&str; 6] = [
    "actions",
    "actionbody",
    "actionoutputs",
    "body",
    "outputs",
    "result",
];

impl Loader {
    /// Checks every call that has been noted.
    pub(super) fn check_references(
        &mut self,
        parameters: &HashMap<String, Value>,
    ) -> Result<(), LoadError> {
        for call in &self.calls {
            self.check_call(call, parameters)
                .map_err(|message| LoadError {
                    place: call.place.clone(),
                    message,
                    is_structural: false,
                })?;
        }
        for (id, action) in self.actions.iter().enumerate() {
            if let Kind::Data(Data::ChangeVariable { variable, .. }) = action.kind {
                let declared_by = self.variables[variable].declared_by;
                self.certainly_before(declared_by, id, false)
                    .map_err(|message| LoadError {
                        place: format!("{}.inputs.name", action.name),
                        message,
                        is_structural: false,
                    })?;
            }
        }
        for call in &self.calls {
            if let (true, Some(target)) = (call.name == "result", self.target(call)) {
                self.actions[target].result_wanted = true;
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
        let name = call.name.as_str();
        let literal = || written_out(name, call.literal.as_deref());
        match name {
            "parameters" => check_parameter(call.literal.as_deref(), parameters),
            "variables" => {
                let wanted = literal()?;
                let Some(variable) = self.variable(wanted) else {
                    return Err(self.no_variable(wanted));
                };
                if let Kind::Data(Data::ChangeVariable {
                    variable: changed, ..
                }) = self.actions[call.action].kind
                {
                    // The service's own words.
                    if changed == variable {
                        return Err(format!(
                            "Self reference is not supported when updating the value of variable '{wanted}'"
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
                    Err("item() is only to be had in a Foreach, a Query or a Select".to_owned())
                }
            }
            "listcallbackurl" if call.site != Site::Webhook => Err(
                "listCallbackUrl() is only to be had in the requests of an HttpWebhook".to_owned(),
            ),
            _ if OF_ACTIONS.contains(&name) => {
                let wanted = literal()?;
                let Some(target) = self.target(call) else {
                    return Err(self.no_action(wanted));
                };
                self.runs_before(target, call)
            }
            _ => Ok(()),
        }
    }

    fn no_action(&self, wanted: &str) -> String {
        let names: Vec<_> = self.actions.iter().map(|action| &*action.name).collect();
        let near = did_you_mean(wanted, &names);
        format!("there is no action {wanted:?}{near}")
    }

    /// The actions that contain an action, innermost first.
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
            return Err(self.no_action(name));
        };
        let itself = call.site == Site::Until && target == call.action;
        if !right(&self.actions[target].kind) {
            let kind = self.actions[target].kind.name();
            return Err(format!(
                "{name} is of type {kind}, which {}() is not about",
                call.name
            ));
        }
        if itself || self.enclosing(call.action).any(|id| id == target) {
            return Ok(());
        }
        Err(format!("stands outside of the loop {name}"))
    }

    fn runs_before(&self, target: ActionId, call: &CallSite) -> Result<(), String> {
        self.certainly_before(target, call.action, call.site == Site::Until)
    }

    /// Whether `target` has certainly ended, or been skipped, when `user` starts, or, `at_end` of
    /// its pass, when it asks whether to go on.
    fn certainly_before(
        &self,
        target: ActionId,
        user: ActionId,
        at_end: bool,
    ) -> Result<(), String> {
        let name = &self.actions[target].name;
        // From the target outwards, until one that stands beside the user or what contains it.
        let mut outer = target;
        loop {
            let parent = self.actions[outer].parent;
            if outer != target && self.is_foreach(outer) {
                return Err(format!(
                    "{name} runs once for each item of {}, and from outside of that loop none of them is meant",
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
                    "{name} does not certainly run before {}: no runAfter leads back to it",
                    self.actions[user].name
                ));
            }
            match parent {
                Some(until) if until == user && at_end => return Ok(()),
                Some(parent) => outer = parent,
                None => {
                    return Err(format!("{name} has not ended then"));
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

    /// Settles which values the history hides: the secured ones, and the inputs of an action that
    /// uses what an action with secured inputs or outputs gave; of Compose and ParseJson the
    /// outputs too, and there it ends ("Considerations for securing inputs and outputs",
    /// `logic-apps-securing-a-logic-app.md`). Its documents do not speak of items and of results of
    /// scopes; they are hidden as well.
    pub(super) fn hide(&mut self) {
        for action in &mut self.actions {
            action.hidden = action.secured;
        }
        let mut users: Vec<ActionId> = Vec::new();
        for call in &self.calls {
            let secret = match call.name.as_str() {
                name if OF_ACTIONS.contains(&name) => self
                    .target(call)
                    .is_some_and(|target| self.gives_secrets(target)),
                _ => false,
            };
            if secret {
                users.push(call.action);
            }
        }
        for id in users {
            self.actions[id].hidden.inputs = true;
        }
        for n in 0..self.calls.len() {
            let call = &self.calls[n];
            let of_loop = match call.name.as_str() {
                "items" => self.target(call),
                "item" => self.enclosing(call.action).find(|id| self.is_foreach(*id)),
                _ => None,
            };
            if of_loop.is_some_and(|id| self.actions[id].hidden.inputs) {
                let user = call.action;
                self.actions[user].hidden.inputs = true;
            }
        }
        for action in &mut self.actions {
            if action.hidden.inputs && passes_inputs_on(action) {
                action.hidden.outputs = true;
            }
        }
    }

    fn gives_secrets(&self, target: ActionId) -> bool {
        self.actions[target..=self.actions[target].last_within]
            .iter()
            .any(|action| action.secured != Hidden::default() && !passes_inputs_on(action))
    }
}

fn written_out<'l>(function: &str, literal: Option<&'l str>) -> Result<&'l str, String> {
    literal.ok_or_else(|| {
        format!("{function}() must be given a name that is written out, not an expression")
    })
}

/// Checks a call of `parameters()`.
pub(super) fn check_parameter(
    literal: Option<&str>,
    parameters: &HashMap<String, Value>,
) -> Result<(), String> {
    let wanted = written_out("parameters", literal)?;
    if parameters.contains_key(&wanted.to_lowercase()) {
        return Ok(());
    }
    let known: Vec<_> = parameters.keys().map(String::as_str).collect();
    let near = did_you_mean(wanted, &known);
    Err(format!(
        "the definition declares no parameter {wanted:?}{near}"
    ))
}

fn passes_inputs_on(action: &Action) -> bool {
    matches!(
        action.kind,
        Kind::Data(Data::Compose(_) | Data::ParseJson { .. })
    )
}
