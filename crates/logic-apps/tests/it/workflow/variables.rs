//! Variable actions.

use picletter_logic_apps::Status;
use serde_json::{Value, json};

use crate::workflow::harness::run_actions;

/// Declares a variable and applies the changes in turn. Returns its value and the final status.
async fn apply(kind: &str, value: Value, changes: &[(&str, Value)]) -> (Value, Status) {
    let mut actions = json!({
        "Declare": {
            "type": "InitializeVariable",
            "inputs": { "variables": [{ "name": "it", "type": kind, "value": value }] },
        },
    });
    let mut last = "Declare".to_owned();
    for (n, (change, value)) in changes.iter().enumerate() {
        let name = format!("Change_{n}");
        actions[&name] = json!({
            "type": change,
            "inputs": { "name": "it", "value": value },
            "runAfter": { last: ["Succeeded"] },
        });
        last = name;
    }
    actions["Result"] = json!({
        "type": "Compose",
        "inputs": "@variables('It')",
        "runAfter": { last: ["Succeeded", "Failed"] },
    });
    let ended = run_actions(actions).await;
    let failed = changes.len().checked_sub(1).map(|n| format!("Change_{n}"));
    let status = failed.map_or("Succeeded".to_owned(), |name| {
        ended.status(&name).to_owned()
    });
    let status = if status == "Succeeded" {
        Status::Succeeded
    } else {
        Status::Failed
    };
    (ended.outputs("Result").clone(), status)
}

#[tokio::test(start_paused = true)]
async fn variable_actions_change_the_variable() {
    for (kind, value, changes, expected) in [
        (
            "integer",
            json!(1),
            vec![("IncrementVariable", json!(2))],
            json!(3),
        ),
        (
            "Integer",
            json!(1),
            vec![("DecrementVariable", json!("@add(1, 1)"))],
            json!(-1),
        ),
        (
            "Float",
            json!(1),
            vec![("IncrementVariable", json!(0.5))],
            json!(1.5),
        ),
        (
            "String",
            json!("a"),
            vec![("AppendToStringVariable", json!("b@{1}"))],
            json!("ab1"),
        ),
        (
            "Array",
            json!([1]),
            vec![
                ("AppendToArrayVariable", json!([2])),
                ("AppendToArrayVariable", json!("x")),
            ],
            json!([1, [2], "x"]),
        ),
        (
            "Object",
            json!({}),
            vec![("SetVariable", json!({ "a": "@add(1, 1)" }))],
            json!({ "a": 2 }),
        ),
        (
            "Boolean",
            json!(false),
            vec![("SetVariable", json!("@equals(1, 1)"))],
            json!(true),
        ),
    ] {
        let (result, status) = apply(kind, value, &changes).await;
        assert_eq!(
            (result, status),
            (expected, Status::Succeeded),
            "{changes:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_change_leaves_the_variable_unchanged() {
    for (kind, value, change) in [
        ("Integer", json!(1), ("SetVariable", json!("x"))),
        ("Integer", json!(1), ("IncrementVariable", json!(0.5))),
        ("Integer", json!(i64::MAX), ("IncrementVariable", json!(1))),
        ("Integer", json!(-2), ("DecrementVariable", json!(i64::MAX))),
        (
            "Float",
            json!(1.7e308),
            ("IncrementVariable", json!(1.7e308)),
        ),
        ("Boolean", json!(true), ("SetVariable", json!(1))),
    ] {
        let (result, status) = apply(kind, value.clone(), std::slice::from_ref(&change)).await;
        assert_eq!((result, status), (value, Status::Failed), "{change:?}");
    }
}
