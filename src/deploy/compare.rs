//! What differs between a resource as the template has it and as the service tells it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::azure::Workflow;
use super::wanted::AUTHORIZATION_TAG;
use crate::logic_app::arm::Resource;
use crate::logic_app::template::SECRETS;

/// Longer values are not shown whole.
const SHOWN: usize = 100;

/// Something that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What.
    pub name: String,
    /// As it is; secrets as fingerprints.
    pub old: Option<String>,
    /// As it will be.
    pub new: Option<String>,
}

impl Difference {
    /// A change of `name` from `old` to `new`.
    pub fn new(name: impl Into<String>, old: Option<String>, new: Option<String>) -> Self {
        Self {
            name: name.into(),
            old,
            new,
        }
    }
}

/// What a deployment would change of a workflow, but for the secrets, which the service does not
/// tell: their fingerprints are among the tags.
pub(super) fn workflow(expected: &Resource, there: &Workflow) -> Vec<Difference> {
    let mut differences = Vec::new();
    let none = Map::new();
    let definition = &expected.properties["definition"];
    let (old, new) = (&there.definition["triggers"], &definition["triggers"]);
    triggers(
        old.as_object().unwrap_or(&none),
        new.as_object().unwrap_or(&none),
        &mut differences,
    );
    for (part, value) in definition.as_object().unwrap_or(&none) {
        if part != "triggers" && !covers(value, &there.definition[part.as_str()], More::Counts) {
            differences.push(Difference::new(format!("definition's {part}"), None, None));
        }
    }
    let parameters = expected.properties["parameters"]
        .as_object()
        .unwrap_or(&none);
    for (name, value) in parameters {
        if SECRETS.contains(&name.as_str()) {
            continue;
        }
        let (old, new) = (&there.parameters[name.as_str()]["value"], &value["value"]);
        if !covers(new, old, More::Counts) {
            differences.push(Difference::new(name, short(old), short(new)));
        }
    }
    let tags = expected.other.get("tags").and_then(Value::as_object);
    let tags = tags.unwrap_or(&none);
    for (name, value) in tags {
        let (old, new) = (there.tags.get(name), value.as_str());
        // Of a new authorization the id is not known yet.
        let unknown = name == AUTHORIZATION_TAG && new == Some("");
        if old.map(String::as_str) != new && !unknown {
            differences.push(Difference::new(name, old.cloned(), new.map(str::to_owned)));
        }
    }
    if let Some(location) = &expected.location
        && !same_location(location, &there.location)
    {
        differences.push(Difference::new(
            "location",
            Some(there.location.clone()),
            Some(location.clone()),
        ));
    }
    differences
}

/// What a deployment would change of an alert.
pub(super) fn alert(expected: &Resource, there: &Value) -> Vec<Difference> {
    let mut differences = Vec::new();
    let none = Map::new();
    for (name, new) in expected.properties.as_object().unwrap_or(&none) {
        let old = &there["properties"][name.as_str()];
        if !covers(new, old, More::Ignored) {
            differences.push(Difference::new(name, short(old), short(new)));
        }
    }
    differences
}

/// Triggers are told by their recurrences; where those are the same, by nothing more than that they
/// change. First those that go, since others take their place.
fn triggers(old: &Map<String, Value>, new: &Map<String, Value>, differences: &mut Vec<Difference>) {
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
    for (name, value) in gone.chain(new) {
        let (there, asked) = (old.get(name), new.get(name));
        if there.is_none() || asked.is_none() || !covers(value, &old[name], More::Counts) {
            let words = |trigger: Option<&Value>| trigger.map(|it| recurrence(&it["recurrence"]));
            let (there, asked) = (words(there), words(asked));
            let (there, asked) = if there == asked {
                (None, None)
            } else {
                (there, asked)
            };
            differences.push(Difference::new(format!("trigger {name}"), there, asked));
        }
    }
}

/// A recurrence in words, such as `every day, hours 8, minutes 30, W. Europe Standard Time, from
/// 2026-01-01T00:00:00`.
fn recurrence(recurrence: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let frequency = text(&recurrence["frequency"]).to_lowercase();
    let mut words = vec![match recurrence["interval"].as_u64() {
        None | Some(1) => format!("every {frequency}"),
        Some(interval) => format!("every {interval} {frequency}s"),
    }];
    for (name, values) in recurrence["schedule"].as_object().into_iter().flatten() {
        let values = values.as_array().into_iter().flatten().map(text);
        let values: Vec<String> = values.collect();
        words.push(format!("{name} {}", values.join(" ")));
    }
    words.extend(recurrence["timeZone"].as_str().map(str::to_owned));
    if let Some(start) = recurrence["startTime"].as_str() {
        words.push(format!("from {start}"));
    }
    words.join(", ")
}

/// How members that were not asked for are taken.
#[derive(Clone, Copy, PartialEq)]
enum More {
    /// They are the service's own.
    Ignored,
    /// They are a change, unless they are empty.
    Counts,
}

/// What the service adds to a trigger by itself.
const ADDED: &str = "evaluatedRecurrence";

/// Whether `there` is what was `asked` for. The service writes ids of resources in cases of its own,
/// and leaves out or adds what is empty.
fn covers(asked: &Value, there: &Value, more: More) -> bool {
    match (asked, there) {
        (Value::Object(asked), Value::Object(there)) => {
            let all = asked
                .iter()
                .all(|(name, value)| covers(value, there.get(name).unwrap_or(&Value::Null), more));
            let added = || {
                there.iter().any(|(name, value)| {
                    !asked.contains_key(name) && name != ADDED && !is_empty(value)
                })
            };
            all && (more == More::Ignored || !added())
        }
        (Value::Array(asked), Value::Array(there)) => {
            asked.len() == there.len()
                && asked
                    .iter()
                    .zip(there)
                    .all(|(asked, there)| covers(asked, there, more))
        }
        (Value::Number(asked), Value::Number(there)) => {
            asked == there || asked.as_f64() == there.as_f64()
        }
        (Value::String(asked), Value::String(there)) => {
            asked == there
                || asked.starts_with("/subscriptions/") && asked.eq_ignore_ascii_case(there)
        }
        (asked, Value::Null) => is_empty(asked),
        (asked, there) => asked == there,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Azure writes `West Europe` and `westeurope`.
fn same_location(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.replace(' ', "").to_lowercase();
    plain(one) == plain(other)
}

/// A value as a person reads it, not longer than a line.
pub(crate) fn short(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN {
        return Some(text);
    }
    Some(text.chars().take(SHOWN).chain(['…']).collect())
}
