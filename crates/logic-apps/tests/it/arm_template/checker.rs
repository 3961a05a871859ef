//! `Checker`: its cache of actions does not change its results.

use picletter_logic_apps::arm::{Template, find_workflow};
use picletter_logic_apps::definition::{Checker, Definition, DeployError};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{group, template};

/// Templates whose workflow depends on the parameters in different ways.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// The actions contain expressions.
    Actions,
    /// The whole definition is the result of an expression.
    Definition,
    /// Two workflows, of which a condition includes one.
    Condition,
}

fn workflow_template(shape: Shape) -> Template {
    let definition = |wait: Value| {
        json!({
            "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
            "contentVersion": "1.0.0.0",
            "parameters": "[parameters('names')]",
            "triggers": { "Often": { "type": "Recurrence", "recurrence": {
                "frequency": "Hour", "interval": "[parameters('interval')]",
            } } },
            "actions": {
                "Wait": { "type": "Wait", "inputs": wait, "runAfter": {} },
                "Name": {
                    "type": "Compose", "inputs": "@parameters('a')",
                    "runAfter": { "Wait": ["Succeeded"] },
                },
            },
        })
    };
    let workflow = |name: &str, condition: &str, definition: Value| {
        json!({
            "type": "Microsoft.Logic/workflows",
            "apiVersion": "2019-05-01",
            "name": name,
            "location": "westeurope",
            "condition": condition,
            "properties": { "definition": definition },
        })
    };
    let always = "[equals(1, 1)]";
    let with_wait = definition(json!("[variables('wait')]"));
    let resources = match shape {
        Shape::Actions => json!([workflow("letters", always, with_wait.clone())]),
        Shape::Definition => {
            json!([workflow(
                "letters",
                always,
                json!("[variables('definition')]")
            )])
        }
        Shape::Condition => {
            let wait = |count: i64| {
                definition(json!({ "interval": { "count": count, "unit": "Second" } }))
            };
            json!([
                workflow("valid", "[equals(parameters('count'), 1)]", wait(1)),
                workflow("invalid", "[not(equals(parameters('count'), 1))]", wait(0)),
            ])
        }
    };
    let sections = json!({
        "parameters": {
            "count": { "type": "int" },
            "unit": { "type": "string" },
            "interval": { "type": "int" },
            "names": { "type": "object" },
        },
        "variables": {
            "wait": { "interval": {
                "count": "[parameters('count')]", "unit": "[parameters('unit')]",
            } },
            "definition": with_wait,
        },
        "resources": resources,
    });
    Template::from_json(&template(&sections)).unwrap()
}

fn parameters() -> impl Strategy<Value = Map<String, Value>> {
    let names = prop_oneof![Just("a"), Just("A"), Just("b")];
    let unit = prop_oneof![
        Just(json!("Second")),
        Just(json!("Fortnight")),
        Just(json!(1))
    ];
    (0_i64..3, unit, 0_i64..3, names).prop_map(|(count, unit, interval, name)| {
        let names = json!({ name: { "type": "String", "defaultValue": "x" } });
        let all = json!({ "count": count, "unit": unit, "interval": interval, "names": names });
        all.as_object().unwrap().clone()
    })
}

proptest! {
    #[test]
    fn checker_gives_the_result_of_each_deployment_alone(
        shape in prop::sample::select(&[Shape::Actions, Shape::Definition, Shape::Condition][..]),
        deployments in prop::collection::vec(parameters(), 1..20),
    ) {
        let template = workflow_template(shape);
        let now = "2026-12-01T08:00:00Z".parse().unwrap();
        let mut checker = Checker::new(&template);
        for parameters in deployments {
            let alone = || -> Result<(), DeployError> {
                let deployment = template.deploy(&parameters, &group(), now)?;
                Definition::load(&find_workflow(deployment.resources)?.properties, now)?;
                Ok(())
            };
            let text = |result: Result<(), DeployError>| result.map_err(|error| error.to_string());
            prop_assert_eq!(text(checker.check(&parameters, &group(), now)), text(alone()));
        }
    }
}
