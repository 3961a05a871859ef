//! Parameters and parameter files.

use super::{deploy, error_for};
use picletter_logic_apps::arm::{Template, parse_parameters};
use serde_json::{Value, json};

#[test]
fn rejects_invalid_parameters() {
    let sections = json!({
        "parameters": {
            "token": { "type": "securestring", "minLength": 5 },
            "size": { "type": "string", "defaultValue": "small", "allowedValues": ["small", "large"] },
            "count": { "type": "int", "defaultValue": 1, "minValue": 1, "maxValue": 10 },
            "least": { "type": "int", "defaultValue": 1, "minValue": 1 },
            "list": { "type": "array", "defaultValue": [1], "maxLength": 2 },
            "flag": { "type": "bool", "defaultValue": true },
            "triggers": { "type": "object", "defaultValue": {} },
            "key": { "type": "securestring", "defaultValue": "hush-a", "allowedValues": ["hush-a", "hush-b"] },
        },
    });
    deploy(&sections, &json!({ "token": "hush-hush" })).unwrap();
    let errors: Vec<String> = [
        json!({}),
        json!({ "token": "hush" }),
        json!({ "token": 17 }),
        json!({ "token": null }),
        json!({ "token": "hush-hush", "siez": "small" }),
        json!({ "token": "hush-hush", "size": "hush" }),
        json!({ "token": "hush-hush", "count": 11 }),
        json!({ "token": "hush-hush", "count": "1" }),
        json!({ "token": "hush-hush", "count": 1.5 }),
        json!({ "token": "hush-hush", "least": 0 }),
        json!({ "token": "hush-hush", "list": [1, 2, 3] }),
        json!({ "token": "hush-hush", "key": "hush-c" }),
        json!({ "token": "hush-hush", "flag": "true" }),
        json!({ "token": "hush-hush", "triggers": [] }),
        json!({ "token": "hush-hush", "Token": "hush-hush" }),
    ]
    .iter()
    .map(|parameters| error_for(&sections, parameters))
    .collect();
    let errors = errors.join("\n");
    assert!(!errors.contains("hush"));
    insta::assert_snapshot!(errors);
}

#[test]
fn parameter_defaults_can_refer_to_other_parameters() {
    let sections = json!({
        "parameters": {
            "b": { "type": "string", "defaultValue": "[concat(parameters('a'), 'b')]" },
            "a": { "type": "string", "defaultValue": "a" },
            "now": { "type": "string", "defaultValue": "[utcNow()]" },
            "day": { "type": "string", "defaultValue": "[utcNow('yyyy-MM-dd')]" },
        },
        "outputs": {
            "all": {
                "type": "string",
                "value": "[concat(parameters('b'), ' ', parameters('now'), ' ', parameters('day'))]",
            },
        },
    });
    let deployment = deploy(&sections, &json!({})).unwrap();
    assert_eq!(deployment.outputs["all"], "ab 20261201T080000Z 2026-12-01");
}

#[test]
fn parameter_files() {
    let read = parse_parameters(
        r#"{
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
            "contentVersion": "1.0.0.0",
            "parameters": { "app": { "value": "x" }, "count": { "value": 3 } }
        }"#,
    );
    assert_eq!(
        Value::Object(read.unwrap()),
        json!({ "app": "x", "count": 3 })
    );
    let errors: Vec<String> = [
        "",
        "[]",
        r#"{ "parameters": {} }"#,
        r#"{ "contentVersion": "1", "parameters": { "a": "x" } }"#,
        r#"{ "contentVersion": "1", "parameters": { "a": {} } }"#,
        r#"{ "contentVersion": "1", "parameters": { "a": { "reference": {} } } }"#,
        r#"{ "contentVersion": "1", "parameters": { "a": { "value": 1 }, "a": { "value": 2 } } }"#,
    ]
    .iter()
    .map(|text| parse_parameters(text).unwrap_err().to_string())
    .chain(
        [
            "",
            "{",
            "[]",
            "{}",
            "\"x\"",
            "1e999",
            &"[".repeat(10_000),
            "{ \"resources\": [{ \"properties\": { \"actions\":\n{ \"Run\": {}, \"Run\": {} } } }] }",
        ]
        .map(|text| Template::parse(text).unwrap_err().to_string()),
    )
    .collect();
    insta::assert_snapshot!(errors.join("\n"));
}
