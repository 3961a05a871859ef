//! Which of a run's actions a person hears of: what the workflow does, and not how it decides to.

use std::collections::HashMap;

use serde_json::Value;

use crate::deploy::azure::Action;
use crate::template;

/// The template's actions, each with its type.
pub(super) struct Actions(HashMap<String, String>);

impl Actions {
    pub(super) fn new() -> Self {
        let mut types = HashMap::new();
        collect(&template::json(), &mut types);
        Self(types)
    }

    /// The line on an action that has ended; none on one that is of no interest. An action that the
    /// template does not have is, since the workflow may be of another version.
    pub(super) fn line(&self, action: &Action) -> Option<String> {
        let is_told = match self.0.get(&action.name).map(String::as_str) {
            // Whatever fails within them is told by itself.
            Some("If" | "Switch" | "Until" | "Foreach" | "Scope" | "Terminate") => false,
            Some("Compose" | "Query" | "Select") => action.status == "Failed",
            // A dyno that has ended by itself is not found, which is as it should be.
            Some(_) if action.name == "Stop_dyno" => action.code.as_deref() != Some("NotFound"),
            _ => true,
        };
        is_told.then(|| said(action))
    }
}

/// All that there is to say of an action.
pub(super) fn said(action: &Action) -> String {
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
    use crate::deploy::azure::ActionContent;

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
        })
    }

    #[test]
    fn what_is_done_and_what_fails_is_told() {
        let told = |name: &str, status: &str| Some(format!("{name} {status}"));
        assert_eq!(line("Run", "Succeeded", "OK"), told("Run", "Succeeded"));
        assert_eq!(
            line("Words", "Failed", "InvalidTemplate"),
            told("Words", "Failed")
        );
        assert_eq!(line("Words", "Succeeded", "OK"), None);
        assert_eq!(line("Alert", "Failed", "ActionFailed"), None);
        assert_eq!(
            line("Not_ours", "Succeeded", "OK"),
            told("Not_ours", "Succeeded")
        );
    }

    #[test]
    fn a_dyno_that_has_ended_already_is_no_failure() {
        assert_eq!(line("Stop_dyno", "Failed", "NotFound"), None);
        assert!(line("Stop_dyno", "Failed", "Unauthorized").is_some());
        assert!(line("Stop_dyno", "Succeeded", "Accepted").is_some());
    }
}
