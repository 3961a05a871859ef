//! Selects the actions of a run to print: those with an effect, not control actions.

use std::collections::HashMap;

use serde_json::Value;

use picletter_core::deploy::azure::Action;
use picletter_core::template;

/// The template's actions, each with its type.
pub struct Actions(HashMap<String, String>);

impl Actions {
    /// Those of this version's template.
    pub fn from_template() -> Self {
        let mut types = HashMap::new();
        collect(&template::json(), &mut types);
        Self(types)
    }

    /// The line for an action that has ended, if it is printed. Actions that the template does not have
    /// are printed: the workflow may be from another version.
    pub fn line(&self, action: &Action) -> Option<String> {
        let should_print = match self.0.get(&action.name).map(String::as_str) {
            // Failures within them are printed on their own.
            Some("If" | "Switch" | "Until" | "Foreach" | "Scope" | "Terminate") => false,
            Some("Compose" | "Query" | "Select") => action.status == "Failed",
            // A dyno that has already ended is not found, which is expected.
            Some(_) if action.name == "Stop_dyno" => action.code.as_deref() != Some("NotFound"),
            _ => true,
        };
        should_print.then(|| summary(action))
    }
}

/// An action with its status and error.
pub(super) fn summary(action: &Action) -> String {
    let error = action.error.as_ref();
    let error = error.map(|error| format!(": {error}")).unwrap_or_default();
    format!("{} {}{error}", action.name, action.status)
}

fn collect(holder: &Value, types: &mut HashMap<String, String>) {
    match holder {
        Value::Object(members) => {
            let actions = members.get("actions").and_then(Value::as_object);
            for (name, action) in actions.into_iter().flatten() {
                if let Some(r#type) = action["type"].as_str() {
                    types.insert(name.clone(), r#type.to_owned());
                }
            }
            members.values().for_each(|member| collect(member, types));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, types)),
        _ => {}
    }
}
