//! ARM templates: evaluation and errors.

mod checker;
mod expressions;
mod functions;
mod parameters;
mod resources;

use picletter_logic_apps::arm::{ArmError, Deployment, ResourceGroup, Template};
use serde_json::{Value, json};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

fn group() -> ResourceGroup {
    ResourceGroup {
        subscription_id: SUBSCRIPTION.to_owned(),
        name: "letters".to_owned(),
        location: "westeurope".to_owned(),
    }
}

/// Returns a template with these sections.
fn template(sections: &Value) -> Value {
    let mut template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [],
    });
    let sections = sections.as_object().unwrap().clone();
    template.as_object_mut().unwrap().extend(sections);
    template
}

fn deploy(sections: &Value, parameters: &Value) -> Result<Deployment, ArmError> {
    let parameters = parameters.as_object().unwrap();
    let now = "2026-12-01T08:00:00Z".parse().unwrap();
    Template::from_json(&template(sections))?.deploy(parameters, &group(), now)
}

fn error_for(sections: &Value, parameters: &Value) -> String {
    match deploy(sections, parameters) {
        Err(error) => error.to_string(),
        Ok(deployment) => format!("NO ERROR but {deployment:?} for {sections}"),
    }
}

/// Evaluates an expression in a template with some variables.
fn value(expression: &str) -> Result<Value, String> {
    let sections = json!({
        "variables": {
            "dogs": [
                { "name": "Evie", "age": 5, "interests": ["Ball", "Frisbee"] },
                { "name": "Casper", "age": 3, "interests": ["Other dogs"] },
                { "name": "Indy", "age": 2, "interests": ["Butter"] },
                { "name": "Kira", "age": 8, "interests": ["Rubs"] },
            ],
            "entities": {
                "item002": { "enabled": false, "number": 200 },
                "item001": { "enabled": true, "number": 300 },
            },
            "object": { "one": "a", "two": "b", "three": "c" },
            "first": { "property": { "one": "a", "three": "c1" }, "nestedArray": [1, 2] },
            "second": { "property": { "three": "c2", "four": "d" }, "nestedArray": [3, 4] },
            "the_value": format!("[{expression}]"),
        },
        "outputs": { "value": { "type": "object", "value": { "is": "[variables('the_value')]" } } },
    });
    match deploy(&sections, &json!({})) {
        Ok(deployment) => Ok(deployment.outputs["value"]["is"].clone()),
        Err(error) => Err(error.to_string()),
    }
}
