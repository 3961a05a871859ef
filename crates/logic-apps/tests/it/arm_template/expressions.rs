//! Expressions and references in templates.

use super::{deploy, error_for, value};
use serde_json::{Map, Value, json};

#[test]
fn rejects_invalid_expressions() {
    let errors: Vec<String> = [
        "concat('a'",
        "conact('a')",
        "variables('dgos')",
        "parameters('x')",
        "variables(concat('d', 'gos'))",
        "add(1, 1.5)",
        "format('{0')",
        "format('{0', 1)",
        "format('0}', 1)",
        "format('{1}', 1)",
        "format('{0:X}', 1)",
        "format('{0}', createArray())",
        "concat('a', null())",
        "createObject('a')",
        "map('a', lambda('x', 1))",
        "map(createArray(1), 'x')",
        "map(createArray(1), lambda('x', 'y', 1))",
        "map(createArray(1), lambda('x', lambdaVariables('y')))",
        "filter(createArray(1), lambda('x', 1))",
        "toObject(createArray(1), lambda('x', lambdaVariables('x')))",
        "lambda('x', 1)",
        "resourceId('workflows', 'a')",
        "resourceId('Microsoft.Logic/workflows', 'a', 'b')",
        "resourceGroup().tags",
        "utcNow()",
        "newGuid()",
        "reference('x')",
        "copyIndex()",
        "deployment().name",
        "ns.function()",
        "if(1, 2, 3)",
        "padLeft('a', 10, 'xy')",
        "range(0, 10001)",
        "union(createArray(), createObject())",
    ]
    .iter()
    .map(|expression| value(expression).unwrap_err())
    .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn strings_without_closed_brackets_are_literal() {
    let sections = json!({
        "outputs": {
            "texts": {
                "type": "array",
                "value": ["plain", "[[escaped]", "[not] closed", "x[y]", "@parameters('x')", "[[a", ""],
            },
        },
    });
    assert_eq!(
        deploy(&sections, &json!({})).unwrap().outputs["texts"],
        json!([
            "plain",
            "[escaped]",
            "[not] closed",
            "x[y]",
            "@parameters('x')",
            "[[a",
            ""
        ])
    );
}

#[test]
fn rejects_cycles_and_long_chains_of_variables() {
    let long: Map<String, Value> = (0..100)
        .map(|number| {
            (
                format!("v{number}"),
                json!(format!("[variables('v{}')]", number + 1)),
            )
        })
        .chain([("v100".to_owned(), json!("end"))])
        .collect();
    let output = json!({ "x": { "type": "string", "value": "[variables('v0')]" } });
    let errors: Vec<String> = [
        json!({ "variables": { "v0": "[variables('v0')]" }, "outputs": output }),
        json!({
            "variables": { "v0": { "x": ["[variables('a')]"] }, "a": "[variables('b')]", "b": "[variables('A')]" },
            "outputs": output,
        }),
        json!({ "variables": long, "outputs": output }),
        json!({
            "parameters": {
                "a": { "type": "string", "defaultValue": "[parameters('b')]" },
                "b": { "type": "string", "defaultValue": "[parameters('a')]" },
            },
        }),
        json!({
            "variables": { "v0": "x" },
            "parameters": { "a": { "type": "string", "defaultValue": "[variables('v0')]" } },
        }),
    ]
    .iter()
    .map(|sections| error_for(sections, &json!({})))
    .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

/// Combines the maximum depth of expressions with the longest allowed chain of variables.
#[test]
fn accepts_the_maximum_nesting_of_variables() {
    let nested = |inner: &str| format!("[{}{inner}{}]", "string(".repeat(60), ")".repeat(60));
    let chain: Map<String, Value> = (0..4)
        .map(|number| {
            let next = format!("variables('v{}')", number + 1);
            (format!("v{number}"), json!({ "deep": [nested(&next)] }))
        })
        .chain([("v4".to_owned(), json!("end"))])
        .collect();
    let sections = json!({
        "variables": chain,
        "outputs": { "x": { "type": "object", "value": "[variables('v0')]" } },
    });
    let deployment = deploy(&sections, &json!({})).unwrap();
    assert!(deployment.outputs["x"].to_string().contains("end"));

    let links: Map<String, Value> = (0..30)
        .map(|number| {
            (
                format!("v{number}"),
                json!(format!("[variables('v{}')]", number + 1)),
            )
        })
        .chain([("v30".to_owned(), json!("end"))])
        .collect();
    let sections = json!({
        "variables": links,
        "outputs": { "x": { "type": "string", "value": "[variables('v0')]" } },
    });
    assert_eq!(deploy(&sections, &json!({})).unwrap().outputs["x"], "end");
}

#[test]
fn unused_variables_are_not_evaluated() {
    let sections = json!({ "variables": { "a": "[div(1, 0)]" } });
    assert!(deploy(&sections, &json!({})).is_ok());
}
