//! Unintended changes by the Azure portal to a workflow that is opened and saved there
//! (Azure/LogicAppsUX#3732 and #9400).

use std::fmt;

use serde_json::{Map, Value};

/// A change that breaks runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortalEdit {
    /// `listCallbackUrl()` became a reference to the trigger's outputs.
    CallbackUrl,
    /// The `startTime` of a trigger with a time zone got a `Z`.
    StartTime,
}

impl fmt::Display for PortalEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CallbackUrl => {
                "`Run` lacks the callback URL, so no run can report its outcome, and every run fails"
            }
            Self::StartTime => {
                "a trigger's `startTime` ends with `Z`, so it is in UTC, not in the time zone of \
                 the schedule"
            }
        })
    }
}

/// The changes of this kind in a live workflow's definition. Picletter's template has none.
pub fn portal_edits(definition: &Value) -> Vec<PortalEdit> {
    let triggers = definition["triggers"].as_object();
    let has_start_in_utc = triggers.into_iter().flat_map(Map::values).any(|trigger| {
        let recurrence = &trigger["recurrence"];
        let start = recurrence["startTime"].as_str();
        recurrence["timeZone"].is_string() && start.is_some_and(|start| start.ends_with('Z'))
    });
    let mut edits = Vec::new();
    if lacks_callback_url(&definition["actions"]) {
        edits.push(PortalEdit::CallbackUrl);
    }
    if has_start_in_utc {
        edits.push(PortalEdit::StartTime);
    }
    edits
}

/// Whether an action at any depth waits for a callback, but passes no callback URL.
fn lacks_callback_url(actions: &Value) -> bool {
    match actions {
        Value::Object(members) => {
            let url = &actions["inputs"]["subscribe"]["body"]["env"]["RUN_CALLBACK_URL"];
            let waits = actions["type"] == "HttpWebhook";
            let passes = url
                .as_str()
                .is_some_and(|url| url.contains("listCallbackUrl()"));
            waits && !passes || members.values().any(lacks_callback_url)
        }
        Value::Array(items) => items.iter().any(lacks_callback_url),
        _ => false,
    }
}
