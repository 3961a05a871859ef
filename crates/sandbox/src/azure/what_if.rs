//! What-if: the changes that a deployment would make.
//!
//! Source: "ARM template deployment what-if operation": the types of changes and property changes.

use serde_json::{Map, Value, json};

use super::evaluation::Step;
use super::groups::Group;

/// The change of each resource in the template, followed by existing resources that it does not
/// contain.
pub(super) fn changes(group: &Group, steps: &[Step]) -> Vec<Value> {
    let scope = group.scope();
    let mut changes: Vec<Value> = steps
        .iter()
        .map(|step| {
            let after = step.desired.json(scope);
            match group.find(step.desired.kind, &step.desired.name) {
                None => json!({
                    "resourceId": step.id,
                    "changeType": "Create",
                    "after": after,
                }),
                Some(found) => {
                    let before = found.desired_json(scope);
                    let mut delta = Vec::new();
                    for part in ["location", "tags", "properties"] {
                        compare(part, Some(&before[part]), Some(&after[part]), &mut delta);
                    }
                    let kind = if delta.is_empty() {
                        "NoChange"
                    } else {
                        "Modify"
                    };
                    json!({
                        "resourceId": step.id,
                        "changeType": kind,
                        "before": before,
                        "after": after,
                        "delta": delta,
                    })
                }
            }
        })
        .collect();
    for resource in &group.resources {
        let json = resource.desired_json(scope);
        let named = |step: &Step| {
            json["id"]
                .as_str()
                .is_some_and(|id| id.eq_ignore_ascii_case(&step.id))
        };
        if !steps.iter().any(named) {
            changes.push(json!({
                "resourceId": json["id"],
                "changeType": "Ignore",
                "before": json,
                "after": json,
            }));
        }
    }
    changes
}

/// Appends the differences to `delta`.
fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, delta: &mut Vec<Value>) {
    let (before, after) = (
        before.filter(|it| !it.is_null()),
        after.filter(|it| !it.is_null()),
    );
    match (before, after) {
        (Some(before), Some(after)) if before == after => {}
        (None, None) => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            members(path, before, after, delta);
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            let children: Vec<Value> = (0..before.len().max(after.len()))
                .filter_map(|index| element(index, before.get(index), after.get(index)))
                .collect();
            delta.push(json!({
                "path": path,
                "propertyChangeType": "Array",
                "children": children,
            }));
        }
        (before, after) => {
            let kind = match (before, after) {
                (None, _) => "Create",
                (_, None) => "Delete",
                _ => "Modify",
            };
            delta.push(json!({
                "path": path,
                "propertyChangeType": kind,
                "before": before,
                "after": after,
            }));
        }
    }
}

/// The difference between two elements of an array. For objects, it contains their members, with
/// relative paths.
fn element(index: usize, before: Option<&Value>, after: Option<&Value>) -> Option<Value> {
    let mut children = Vec::new();
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) {
        members("", before, after, &mut children);
        return (!children.is_empty()).then(|| {
            json!({
                "path": index.to_string(),
                "propertyChangeType": "Modify",
                "children": children,
            })
        });
    }
    compare(&index.to_string(), before, after, &mut children);
    children.pop()
}

fn members(
    path: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    delta: &mut Vec<Value>,
) {
    let added = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(added) {
        let path = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        compare(&path, before.get(key), after.get(key), delta);
    }
}
