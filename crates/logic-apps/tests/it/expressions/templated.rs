//! Expressions in JSON.

use std::borrow::Cow;

use picletter_logic_apps::expression::Templated;
use serde_json::{Value, json};

use super::Workflow;

fn evaluate(value: &Value) -> Result<Value, String> {
    let templated = Templated::parse(value).map_err(|error| error.to_string())?;
    templated
        .check(Workflow::FUNCTIONS)
        .map_err(|error| error.to_string())?;
    let value = templated
        .evaluate(&Workflow::default())
        .map_err(|error| error.to_string())?
        .into_owned();
    Ok(value)
}

#[test]
fn evaluates_expressions_in_strings() {
    for (text, expected) in [
        ("plain", json!("plain")),
        ("a@b.example", json!("a@b.example")),
        (" @parameters('name')", json!(" @parameters('name')")),
        ("@parameters('list')", json!([10, 20, 30])),
        ("@ parameters('list')[0] ", json!(10)),
        ("@{parameters('list')[0]}", json!("10")),
        ("list: @{parameters('list')}", json!("list: [10,20,30]")),
        (
            "@{parameters('person')?['address']}",
            json!("{\"city\":\"Seattle\"}"),
        ),
        ("<@{parameters('nothing')}>", json!("<>")),
        ("@{equals(1, 1)}", json!("True")),
        ("@{1.5} and @{2.0}", json!("1.5 and 2")),
        (
            "Hello @{parameters('name')}, @{concat('a}', '{b')}!",
            json!("Hello Ada, a}{b!"),
        ),
        ("@", json!("@")),
        ("@@", json!("@")),
        ("@@parameters('name')", json!("@parameters('name')")),
        ("@@{parameters('name')}", json!("@{parameters('name')}")),
        ("a @@{b} @{1}", json!("a @{b} 1")),
        ("@@ and @{1}", json!("@ and 1")),
        ("a@@b", json!("a@@b")),
    ] {
        assert_eq!(evaluate(&json!(text)).unwrap(), expected, "{text}");
    }
}

#[test]
fn expressions_are_evaluated_at_any_depth() {
    let value = json!({
        "fixed": { "number": 1, "list": [true, null] },
        "env": { "NAME": "@{parameters('name')}", "N": "@add(1, 2)" },
        "list": ["a", "@parameters('person')"],
    });
    assert_eq!(
        evaluate(&value).unwrap(),
        json!({
            "fixed": { "number": 1, "list": [true, null] },
            "env": { "NAME": "Ada", "N": 3 },
            "list": ["a", { "firstName": "Sophia", "address": { "city": "Seattle" } }],
        })
    );
}

/// See microsoft-graph-docs#12809 and Azure/logicapps#1301.
#[test]
fn property_names_are_templated() {
    for (value, expected) in [
        (json!({ "@@odata.id": "x" }), json!({ "@odata.id": "x" })),
        (json!({ "a@b": 1, "@": 2 }), json!({ "a@b": 1, "@": 2 })),
        (json!({ "@@{x}": 1 }), json!({ "@{x}": 1 })),
        (
            json!({ "@{parameters('name')}_1": "@add(1, 2)", "@parameters('name')": 4 }),
            json!({ "Ada_1": 3, "Ada": 4 }),
        ),
    ] {
        assert_eq!(evaluate(&value).unwrap(), expected, "{value}");
    }
    let templated = Templated::parse(&json!({ "@{body('x')}": 1 })).unwrap();
    assert_eq!(templated.calls()[0].literal, Some("x"));
}

#[test]
fn value_without_expressions_is_borrowed() {
    let templated = Templated::parse(&json!({ "a": ["b", { "c": "@@" }] })).unwrap();
    let workflow = Workflow::default();
    let value = templated.evaluate(&workflow).unwrap();
    assert!(matches!(value, Cow::Borrowed(_)));
    assert_eq!(*value, json!({ "a": ["b", { "c": "@" }] }));
}

#[test]
fn calls_are_found_at_any_depth() {
    let value = json!({ "a": "@body('x')", "b": ["@{item()} and @{outputs('y')}", "plain"] });
    let templated = Templated::parse(&value).unwrap();
    let calls: Vec<_> = templated
        .calls()
        .iter()
        .map(|call| format!("{} {:?}", call.name, call.literal))
        .collect();
    assert_eq!(
        calls,
        ["body Some(\"x\")", "item None", "outputs Some(\"y\")"]
    );
}

#[test]
fn errors_contain_the_path() {
    let errors: Vec<String> = [
        json!({ "inputs": { "body": { "env": { "X": "@concat('a'" } } } }),
        json!({ "list": [1, { "x": "text @{concat(} more" }] }),
        json!("@{parameters('name')"),
        json!("@someone, look"),
        json!({ "body": { "x": "@{lenght('a')}" } }),
        json!({ "body": [{ "x": "@add(1, 'b')" }] }),
        json!({ "body": { "x": "age: @{parameters('person').age}" } }),
        json!({ "body": { "@odata.type": "x" } }),
        json!({ "body": { "@parameters('list')": "x" } }),
    ]
    .iter()
    .map(|value| evaluate(value).unwrap_err())
    .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn deep_values_are_rejected() {
    let mut value = json!("@parameters('name')");
    for _ in 0..10_000 {
        value = Value::Array(vec![value]);
    }
    let error = Templated::parse(&value).unwrap_err().to_string();
    // Dropping the value recursively would overflow the stack.
    std::mem::forget(value);
    assert!(
        error.contains("nested more than 128 levels deep"),
        "{error}"
    );
    assert!(error.len() < 1_000, "{error}");
}
