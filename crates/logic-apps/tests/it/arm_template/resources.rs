//! Resources, and the structure of a template.

use super::{deploy, error_for};
use serde_json::{Value, json};

#[test]
fn evaluates_resources_and_outputs() {
    let sections = json!({
        "parameters": {
            "name": { "type": "string", "defaultValue": "app" },
            "location": { "type": "string", "defaultValue": "[resourceGroup().location]" },
            "alerts": { "type": "bool", "defaultValue": false },
            "token": { "type": "securestring" },
        },
        "variables": {
            "id": "[resourceId('Microsoft.Logic/workflows', parameters('name'))]",
            "actions": { "Wait": { "type": "Wait", "limit": "[format('PT{0}S', add(1, 2))]" } },
        },
        "resources": [
            {
                "type": "Microsoft.Logic/workflows",
                "apiVersion": "2019-05-01",
                "name": "[parameters('name')]",
                "location": "[parameters('location')]",
                "tags": { "app": "[parameters('name')]" },
                "properties": {
                    "definition": { "actions": "[variables('actions')]", "x": "@parameters('token')" },
                    "parameters": { "token": { "value": "[parameters('token')]" } },
                },
            },
            {
                "type": "Microsoft.Insights/metricAlerts",
                "apiVersion": "2018-03-01",
                "condition": "[parameters('alerts')]",
                "name": "[concat(parameters('name'), '-alerts')]",
                "location": "global",
                "dependsOn": ["[variables('id')]"],
                "properties": { "scopes": ["[variables('id')]"] },
            },
        ],
        "outputs": {
            "id": { "type": "string", "value": "[variables('id')]" },
            "token": { "type": "securestring", "value": "[parameters('token')]" },
        },
    });
    let without = deploy(&sections, &json!({ "token": "hush" })).unwrap();
    let [workflow] = without.resources.as_slice() else {
        panic!("{without:?}");
    };
    assert_eq!(workflow.r#type, "Microsoft.Logic/workflows");
    assert_eq!(workflow.api_version, "2019-05-01");
    assert_eq!(workflow.name, "app");
    assert_eq!(workflow.location.as_deref(), Some("westeurope"));
    assert_eq!(workflow.other["tags"], json!({ "app": "app" }));
    assert_eq!(
        workflow.properties,
        json!({
            "definition": {
                "actions": { "Wait": { "type": "Wait", "limit": "PT3S" } },
                "x": "@parameters('token')",
            },
            "parameters": { "token": { "value": "hush" } },
        })
    );
    assert_eq!(without.outputs.keys().collect::<Vec<_>>(), ["id"]);
    assert!(!format!("{without:?}").contains("hush"));

    let with = deploy(
        &sections,
        &json!({ "TOKEN": "hush", "alerts": true, "name": "other" }),
    )
    .unwrap();
    assert_eq!(with.resources[1].name, "other-alerts");
    assert_eq!(
        with.resources[1].depends_on,
        [with.outputs["id"].as_str().unwrap()]
    );
}

fn resource(more: &Value) -> Value {
    let mut resource =
        json!({ "type": "Microsoft.X/things", "apiVersion": "2020-01-01", "name": "x" });
    resource
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!({ "resources": [resource] })
}

#[test]
fn rejects_invalid_structures() {
    let twice = resource(&json!({}))["resources"][0].clone();
    let errors: Vec<String> = [
        json!({ "parametres": {} }),
        json!({ "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#" }),
        json!({ "functions": [{ "namespace": "x" }] }),
        json!({ "resources": {} }),
        json!({ "parameters": [] }),
        json!({ "parameters": { "a": { "typ": "string" } } }),
        json!({ "parameters": { "a": { "type": "text" } } }),
        json!({ "parameters": { "a": {} } }),
        json!({ "parameters": { "a": { "type": "string" }, "A": { "type": "string" } } }),
        json!({ "parameters": { "a": { "type": "string", "minValue": 1 } } }),
        json!({ "parameters": { "a": { "type": "int", "maxLength": 1 } } }),
        json!({ "parameters": { "a": { "type": "int", "maxValue": "1" } } }),
        json!({ "parameters": { "a": { "type": "string", "defaultValue": "[concat(]" } } }),
        json!({ "parameters": { "a": { "type": "string", "defaultValue": 1 } } }),
        json!({ "variables": { "copy": [] } }),
        json!({ "variables": { "a": { "[concat('x', 'y')]": 1 } } }),
        json!({ "outputs": { "a": { "type": "string", "value": 1 } } }),
        json!({ "outputs": { "a": { "value": "x" } } }),
        json!({ "outputs": { "a": { "type": "array", "copy": {} } } }),
        resource(&json!({ "copy": { "name": "x", "count": 3 } })),
        resource(&json!({ "resources": [] })),
        resource(&json!({ "scope": "x" })),
        resource(&json!({ "propertys": {} })),
        resource(&json!({ "type": "Microsoft.Resources/deployments" })),
        resource(&json!({ "type": "[concat('a', '/b')]" })),
        resource(&json!({ "name": 1 })),
        resource(&json!({ "name": "a/b" })),
        resource(&json!({ "name": "[createArray()]" })),
        resource(&json!({ "condition": "yes" })),
        resource(&json!({ "condition": false, "properties": { "a": "[div(1, 0)]" } })),
        resource(&json!({ "dependsOn": "x" })),
        resource(&json!({ "dependsOn": ["y"] })),
        resource(&json!({ "dependsOn": ["x"] })),
        resource(&json!({ "properties": { "a": [{ "b": "[add(1, 'x')]" }] } })),
        resource(&json!({ "properties": { "a": [{ "b": "[ad(1, 2)]" }] } })),
        json!({ "resources": [twice, twice] }),
        json!({ "resources": ["x"] }),
        json!({ "resources": [{ "type": "a/b" }] }),
    ]
    .iter()
    .map(|sections| error_for(sections, &json!({})))
    .collect();
    insta::assert_snapshot!(errors.join("\n"));
}
