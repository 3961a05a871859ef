//! Our own rules for the workflow, on top of what the service demands.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Every breach of the rules in an evaluated workflow resource's `properties`, as lines for a person.
pub(crate) fn breaches(properties: &Value) -> Vec<String> {
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
    no_secret_in_the_definition(properties, &secure, &mut found);
    for action in actions.values() {
        action.secrets_are_secured(&secure, &actions, &mut found);
        action.calls_are_bounded(&mut found);
        action.run_after_exists(&actions, &mut found);
    }
    every_failure_is_told(&actions, &mut found);
    found
}

/// The last lines of a failed dyno's log are meant for the run history, unlike the rest of the log.
const SHOWN: &str = "Last_lines";

struct Action<'a> {
    name: &'a str,
    /// The scope that it stands in, as a path.
    scope: String,
    json: &'a Map<String, Value>,
}

fn collect<'a>(scope: &str, actions: &'a Value, into: &mut BTreeMap<&'a str, Action<'a>>) {
    for (name, json) in actions.as_object().into_iter().flatten() {
        let json = json.as_object().unwrap();
        let twice = into.insert(
            name,
            Action {
                name,
                scope: scope.into(),
                json,
            },
        );
        assert!(twice.is_none(), "two actions are named {name}");
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

/// A secret is a parameter's value and stands nowhere else.
fn no_secret_in_the_definition(properties: &Value, secure: &[&str], found: &mut Vec<String>) {
    let definition = properties["definition"].to_string();
    for name in secure {
        let value = properties["parameters"][name]["value"].as_str().unwrap();
        if !value.is_empty() && definition.contains(value) {
            found.push(format!("the definition holds the value of {name}"));
        }
        for (other, given) in properties["parameters"].as_object().unwrap() {
            if !secure.contains(&other.as_str())
                && !value.is_empty()
                && given.to_string().contains(value)
            {
                found.push(format!(
                    "the plain parameter {other} holds the value of {name}"
                ));
            }
        }
    }
}

impl Action<'_> {
    fn kind(&self) -> &str {
        self.json["type"].as_str().unwrap()
    }

    fn secures(&self, what: &str) -> bool {
        self.json
            .get("runtimeConfiguration")
            .and_then(|configured| configured["secureData"]["properties"].as_array())
            .is_some_and(|properties| properties.iter().any(|property| property == what))
    }

    fn secrets_are_secured(
        &self,
        secure: &[&str],
        actions: &BTreeMap<&str, Action<'_>>,
        found: &mut Vec<String>,
    ) {
        let inputs = self.json.get("inputs").or_null().to_string();
        let carries = secure
            .iter()
            .map(|name| format!("parameters('{name}')"))
            .chain(["listCallbackUrl(".to_owned()])
            .find(|secret| inputs.contains(secret));
        if let Some(secret) = carries
            && !self.secures("inputs")
        {
            found.push(format!(
                "{}: its inputs carry {secret} and are not secured",
                self.name
            ));
        }
        for other in actions.values().filter(|other| other.secures("outputs")) {
            let uses = ["body", "outputs", "actions"]
                .iter()
                .any(|function| inputs.contains(&format!("{function}('{}')", other.name)));
            // Inputs that come from secured outputs are hidden by the service, outputs are not.
            let hidden =
                self.secures("outputs") || (self.kind() == "Compose" && self.secures("inputs"));
            if uses && !hidden && self.name != SHOWN {
                found.push(format!(
                    "{}: it uses the secured outputs of {} and its own are not secured",
                    self.name, other.name
                ));
            }
        }
    }

    fn calls_are_bounded(&self, found: &mut Vec<String>) {
        let request = match self.kind() {
            "Http" => {
                if self.json.get("operationOptions").or_null() != "DisableAsyncPattern" {
                    found.push(format!("{}: it may follow a 202 answer", self.name));
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

    fn run_after_exists(&self, actions: &BTreeMap<&str, Action<'_>>, found: &mut Vec<String>) {
        for (name, _) in self.run_after() {
            if actions
                .get(name.as_str())
                .is_none_or(|other| other.scope != self.scope)
            {
                found.push(format!(
                    "{}: it runs after {name}, which is not beside it",
                    self.name
                ));
            }
        }
    }

    /// Whether it runs whatever failed before it.
    fn runs_whatever_happened(&self) -> bool {
        self.run_after().all(|(_, statuses)| {
            ["Failed", "Skipped", "TimedOut", "Cancelled"]
                .iter()
                .all(|status| statuses.contains(status))
        })
    }
}

/// Whatever fails, the run comes to a Terminate that says Failed, and to the alert before it.
fn every_failure_is_told(actions: &BTreeMap<&str, Action<'_>>, found: &mut Vec<String>) {
    for action in actions.values().filter(|action| action.scope.is_empty()) {
        if !action.runs_whatever_happened() {
            found.push(format!(
                "{}: it does not run when what is before it failed",
                action.name
            ));
        }
    }
    let failing: Vec<_> = actions
        .values()
        .filter(|action| {
            action.kind() == "Terminate" && action.json["inputs"]["runStatus"] == "Failed"
        })
        .collect();
    if failing.is_empty() {
        found.push("no Terminate says Failed".into());
    }
    for terminate in failing {
        let mut before = vec![terminate];
        let mut alerted = false;
        while let Some(action) = before.pop() {
            let text = Value::Object(action.json.clone()).to_string();
            alerted |= text.contains("\"uri\":\"@parameters('alert_webhook')\"");
            if !action.runs_whatever_happened() {
                found.push(format!(
                    "{}: a failure before it hides the alert or the ending",
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
            found.push(format!("{}: no alert before it", terminate.name));
        }
        for around in terminate
            .scope
            .split('/')
            .filter_map(|name| actions.get(name))
        {
            if !around.runs_whatever_happened() {
                found.push(format!(
                    "{}: a failure before it hides the ending in it",
                    around.name
                ));
            }
        }
    }
}
