//! Selects the actions of a run to print: those with an effect, not control actions.

use std::collections::HashMap;

use serde_json::Value;

use picletter_core::deploy::azure::Action;
use picletter_core::template;

/// The template's actions, each with its type.
pub(super) struct Actions(HashMap<String, String>);

impl Actions {
    pub(super) fn new() -> Self {
        let mut types = HashMap::new();
        collect(&template::json(), &mut types);
        Self(types)
    }

    /// The line for an action that has ended, if it is printed. Actions that the template does not have
    /// are printed: the workflow may be from another version.
    pub(super) fn line(&self, action: &Action) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use picletter_core::deploy::azure::ActionContent;

    fn line(name: &str, status: &str, code: &str) -> Option<String> {
        Actions::new().line(&Action {
            name: name.to_owned(),
            status: status.to_owned(),
            start: None,
            end: None,
            code: Some(code.to_owned()),
            error: None,
            inputs: ActionContent::None,
            outputs: ActionContent::None,
            repetitions: None,
            attempts: Vec::new(),
        })
    }

    #[test]
    fn prints_actions_that_do_something_or_fail() {
        let printed = |name: &str, status: &str| Some(format!("{name} {status}"));
        assert_eq!(line("Run", "Succeeded", "OK"), printed("Run", "Succeeded"));
        assert_eq!(
            line("Words", "Failed", "InvalidTemplate"),
            printed("Words", "Failed")
        );
        assert_eq!(line("Words", "Succeeded", "OK"), None);
        assert_eq!(line("Alert", "Failed", "ActionFailed"), None);
        assert_eq!(
            line("Not_ours", "Succeeded", "OK"),
            printed("Not_ours", "Succeeded")
        );
    }

    #[test]
    fn omits_the_stop_of_a_dyno_that_has_ended() {
        assert_eq!(line("Stop_dyno", "Failed", "NotFound"), None);
        assert!(line("Stop_dyno", "Failed", "Unauthorized").is_some());
        assert!(line("Stop_dyno", "Succeeded", "Accepted").is_some());
    }
}
