//! Picletter's own rules for the workflow, in addition to those of the service.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The violations of the rules in the `properties` of an evaluated workflow, one line each.
pub(crate) fn violations(properties: &Value) -> Vec<String> {
    let definition = &properties["definition"];
    let mut actions = BTreeMap::new();
    collect("", &definition["actions"], &mut actions);
    let secure: Vec<&str> = definition["parameters"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, declared)| declared["type"].as_str().unwrap().starts_with("Secure"))
        .map(|(name, _)| name.as_str())
        .collect();
    let mut found = Vec::new();
    check_no_secret_in_definition(properties, &secure, &mut found);
    for action in actions.values() {
        action.check_secrets_are_secured(&secure, &actions, &mut found);
        action.check_calls_are_bounded(&mut found);
        action.check_run_after_exists(&actions, &mut found);
    }
    check_failures_send_alerts(&actions, &mut found);
    found
}

/// Unlike the rest of the log, the last lines of a failed dyno are shown in the run history.
const SHOWN: &str = "Last_lines";

struct Action<'a> {
    name: &'a str,
    /// Path of the enclosing scope.
    scope: String,
    json: &'a Map<String, Value>,
}

fn collect<'a>(scope: &str, actions: &'a Value, into: &mut BTreeMap<&'a str, Action<'a>>) {
    for (name, json) in actions.as_object().into_iter().flatten() {
        let json = json.as_object().unwrap();
        let previous = into.insert(
            name,
            Action {
                name,
                scope: scope.into(),
                json,
            },
        );
        assert!(previous.is_none(), "two actions are named {name}");
        let inner = format!("{scope}/{name}");
        collect(&inner, json.get("actions").or_null(), into);
        if let Some(other) = json.get("else") {
            collect(&format!("{inner}/else"), &other["actions"], into);
        }
        if let Some(other) = json.get("default") {
            collect(&format!("{inner}/default"), &other["actions"], into);
        }
        for (case, json) in json
            .get("cases")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            collect(&format!("{inner}/{case}"), &json["actions"], into);
        }
    }
}

trait OrNull<'a> {
    fn or_null(self) -> &'a Value;
}

impl<'a> OrNull<'a> for Option<&'a Value> {
    fn or_null(self) -> &'a Value {
        self.unwrap_or(&Value::Null)
    }
}

/// Secrets must occur only as values of secure parameters.
fn check_no_secret_in_definition(properties: &Value, secure: &[&str], found: &mut Vec<String>) {
    let definition = properties["definition"].to_string();
    for name in secure {
        let value = properties["parameters"][name]["value"].as_str().unwrap();
        if !value.is_empty() && definition.contains(value) {
            found.push(format!("the definition contains the value of {name}"));
        }
        for (other, given) in properties["parameters"].as_object().unwrap() {
            if !secure.contains(&other.as_str())
                && !value.is_empty()
                && given.to_string().contains(value)
            {
                found.push(format!(
                    "the plain parameter {other} contains the value of {name}"
                ));
            }
        }
    }
}

impl Action<'_> {
    fn kind(&self) -> &str {
        self.json["type"].as_str().unwrap()
    }

    fn secures(&self, part: &str) -> bool {
        self.json
            .get("runtimeConfiguration")
            .and_then(|folder_with| folder_with["secureData"]["properties"].as_array())
            .is_some_and(|properties| properties.iter().any(|property| property == part))
    }

    fn check_secrets_are_secured(
        &self,
        secure: &[&str],
        actions: &BTreeMap<&str, Action<'_>>,
        found: &mut Vec<String>,
    ) {
        let inputs = self.json.get("inputs").or_null().to_string();
        let used_secret = secure
            .iter()
            .map(|name| format!("parameters('{name}')"))
            .chain(["listCallbackUrl(".to_owned()])
            .find(|secret| inputs.contains(secret));
        if let Some(secret) = used_secret
            && !self.secures("inputs")
        {
            found.push(format!(
                "{}: its inputs contain {secret} and are not secured",
                self.name
            ));
        }
        for other in actions.values().filter(|other| other.secures("outputs")) {
            let uses = ["body", "outputs", "actions"]
                .iter()
                .any(|function| inputs.contains(&format!("{function}('{}')", other.name)));
            // The service hides inputs from secured outputs, but not outputs.
            let is_secured =
                self.secures("outputs") || (self.kind() == "Compose" && self.secures("inputs"));
            if uses && !is_secured && self.name != SHOWN {
                found.push(format!(
                    "{}: it uses the secured outputs of {}, but its own are not secured",
                    self.name, other.name
                ));
            }
        }
    }

    fn check_calls_are_bounded(&self, found: &mut Vec<String>) {
        let request = match self.kind() {
            "Http" => {
                if self.json.get("operationOptions").or_null() != "DisableAsyncPattern" {
                    found.push(format!("{}: it may follow a 202 response", self.name));
                }
                &self.json["inputs"]
            }
            "HttpWebhook" => &self.json["inputs"]["subscribe"],
            _ => return,
        };
        if self
            .json
            .get("limit")
            .is_none_or(|limit| !limit["timeout"].is_string())
        {
            found.push(format!("{}: it has no time limit", self.name));
        }
        if request["method"] == "POST" && request["retryPolicy"]["type"] != "none" {
            found.push(format!("{}: a POST is retried", self.name));
        }
    }

    fn run_after(&self) -> impl Iterator<Item = (&String, BTreeSet<&str>)> {
        self.json["runAfter"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, statuses)| {
                (
                    name,
                    statuses
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|status| status.as_str().unwrap())
                        .collect(),
                )
            })
    }

    fn check_run_after_exists(
        &self,
        actions: &BTreeMap<&str, Action<'_>>,
        found: &mut Vec<String>,
    ) {
        for (name, _) in self.run_after() {
            if actions
                .get(name.as_str())
                .is_none_or(|other| other.scope != self.scope)
            {
                found.push(format!(
                    "{}: it runs after {name}, which is not in the same scope",
                    self.name
                ));
            }
        }
    }

    /// Whether it runs even if previous actions failed.
    fn always_runs(&self) -> bool {
        self.run_after().all(|(_, statuses)| {
            ["Failed", "Skipped", "TimedOut", "Cancelled"]
                .iter()
                .all(|status| statuses.contains(status))
        })
    }
}

/// After any failure, the run must reach a Terminate with the status Failed, and the alert before
/// it.
fn check_failures_send_alerts(actions: &BTreeMap<&str, Action<'_>>, found: &mut Vec<String>) {
    for action in actions.values().filter(|action| action.scope.is_empty()) {
        if !action.always_runs() {
            found.push(format!("{}: it does not run after a failure", action.name));
        }
    }
    let failing: Vec<_> = actions
        .values()
        .filter(|action| {
            action.kind() == "Terminate" && action.json["inputs"]["runStatus"] == "Failed"
        })
        .collect();
    if failing.is_empty() {
        found.push("no Terminate has the status Failed".into());
    }
    for terminate in failing {
        let mut before = vec![terminate];
        let mut alerted = false;
        while let Some(action) = before.pop() {
            let text = Value::Object(action.json.clone()).to_string();
            alerted |= text.contains("\"uri\":\"@parameters('alert_webhook')\"");
            if !action.always_runs() {
                found.push(format!(
                    "{}: a previous failure prevents the alert or the Terminate",
                    action.name
                ));
            }
            before.extend(
                action
                    .run_after()
                    .filter_map(|(name, _)| actions.get(name.as_str())),
            );
        }
        if !alerted {
            found.push(format!("{}: there is no alert before it", terminate.name));
        }
        for enclosing in terminate
            .scope
            .split('/')
            .filter_map(|name| actions.get(name))
        {
            if !enclosing.always_runs() {
                found.push(format!(
                    "{}: a previous failure prevents the Terminate in it",
                    enclosing.name
                ));
            }
        }
    }
}
