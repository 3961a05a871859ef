//! ARM templates: what they come to, and what is refused.

use picletter_logic_apps::arm::{ArmError, Deployment, ResourceGroup, Template, parameters_of};
use serde_json::{Map, Value, json};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

fn group() -> ResourceGroup {
    ResourceGroup {
        subscription_id: SUBSCRIPTION.to_owned(),
        name: "letters".to_owned(),
        location: "westeurope".to_owned(),
    }
}

/// A template with these sections.
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

fn said_of(sections: &Value, parameters: &Value) -> String {
    match deploy(sections, parameters) {
        Err(error) => error.to_string(),
        Ok(deployment) => format!("NO ERROR but {deployment:?} for {sections}"),
    }
}

/// What an expression comes to among some variables.
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

/// The examples of Microsoft's articles on template functions, and what the articles say in words.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn functions() {
    let examples = [
        ("base64('one, two, three')", json!("b25lLCB0d28sIHRocmVl")),
        (
            "base64ToString('b25lLCB0d28sIHRocmVl')",
            json!("one, two, three"),
        ),
        (
            "base64ToJson(base64('{\"one\":\"a\",\"two\":\"b\"}'))",
            json!({ "one": "a", "two": "b" }),
        ),
        ("concat('prefix', '-', 1)", json!("prefix-1")),
        (
            "concat(createArray('1-1', '1-2'), createArray('2-1'))",
            json!(["1-1", "1-2", "2-1"]),
        ),
        ("contains('OneTwoThree', 'e')", json!(true)),
        ("contains('OneTwoThree', 'z')", json!(false)),
        ("contains(variables('object'), 'ONE')", json!(true)),
        ("contains(createArray('one', 'two'), 'three')", json!(false)),
        (
            "dataUri('Hello')",
            json!("data:text/plain;charset=utf8;base64,SGVsbG8="),
        ),
        (
            "dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')",
            json!("Hello, World!"),
        ),
        ("empty(createObject())", json!(true)),
        ("startsWith('abcdef', 'AB')", json!(true)),
        ("endsWith('abcdef', 'e')", json!(false)),
        ("first(createArray('one', 'two', 'three'))", json!("one")),
        ("first('One Two Three')", json!("O")),
        ("last('One Two Three')", json!("e")),
        (
            "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
            json!("Hello, User. Formatted number: 8,175,133"),
        ),
        (
            "format('{{{0}}} {1:D3} {1}', true, 7)",
            json!("{True} 007 7"),
        ),
        ("indexOf('abcdef', 'CD')", json!(2)),
        ("lastIndexOf('test', 't')", json!(3)),
        (
            "join(createArray('one', 'two', 'three'), ',')",
            json!("one,two,three"),
        ),
        ("json('[1,2,3]')", json!([1, 2, 3])),
        ("json('null')", json!(null)),
        ("length('One Two Three')", json!(13)),
        ("length(variables('object'))", json!(3)),
        ("padLeft('123', 10, '0')", json!("0000000123")),
        ("padLeft(123, 2)", json!("123")),
        (
            "replace('123-123-1234', '1234', 'xxxx')",
            json!("123-123-xxxx"),
        ),
        (
            "skip(createArray('one', 'two', 'three'), 2)",
            json!(["three"]),
        ),
        ("skip('one two three', 4)", json!("two three")),
        ("skip('one', -1)", json!("one")),
        ("skip('one', 10)", json!("")),
        (
            "split('one;two,three', createArray(',', ';'))",
            json!(["one", "two", "three"]),
        ),
        (
            "string(createArray('a', 'b', 'c'))",
            json!("[\"a\",\"b\",\"c\"]"),
        ),
        ("substring('one two three', 4, 3)", json!("two")),
        (
            "take(createArray('one', 'two', 'three'), 2)",
            json!(["one", "two"]),
        ),
        ("take('one two three', 2)", json!("on")),
        ("take('one', 0)", json!("")),
        ("toUpper(toLower('One'))", json!("ONE")),
        ("trim('    one two three   ')", json!("one two three")),
        (
            "uri('http://contoso.org/firstpath', 'myscript.sh')",
            json!("http://contoso.org/myscript.sh"),
        ),
        (
            "uri('http://contoso.org/firstpath/', 'myscript.sh')",
            json!("http://contoso.org/firstpath/myscript.sh"),
        ),
        (
            "uriComponent('http://contoso.com/resources/nested/azuredeploy.json')",
            json!("http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json"),
        ),
        ("array(1)", json!([1])),
        ("array(createArray(1))", json!([1])),
        ("createArray()", json!([])),
        (
            "createObject('intProp', 1, 'arrayProp', createArray('a'))",
            json!({ "intProp": 1, "arrayProp": ["a"] }),
        ),
        (
            "intersection(variables('object'), createObject('one', 'a', 'two', 'z', 'three', 'c'))",
            json!({ "one": "a", "three": "c" }),
        ),
        (
            "intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))",
            json!(["two", "three"]),
        ),
        (
            "items(variables('entities'))",
            json!([
                { "key": "item001", "value": { "enabled": true, "number": 300 } },
                { "key": "item002", "value": { "enabled": false, "number": 200 } },
            ]),
        ),
        (
            "objectKeys(variables('entities'))",
            json!(["item001", "item002"]),
        ),
        (
            "union(variables('first'), variables('second'))",
            json!({ "property": { "one": "a", "three": "c2", "four": "d" }, "nestedArray": [3, 4] }),
        ),
        (
            "union(createArray('one', 'two'), createArray('two', 'four'))",
            json!(["one", "two", "four"]),
        ),
        (
            "shallowMerge(createArray(variables('first'), variables('second')))",
            json!({ "property": { "three": "c2", "four": "d" }, "nestedArray": [3, 4] }),
        ),
        (
            "flatten(createArray(createArray(1), createArray(2, 3)))",
            json!([1, 2, 3]),
        ),
        ("tryGet(variables('first'), 'property', 'one')", json!("a")),
        ("tryGet(variables('first'), 'nestedArray', 5)", json!(null)),
        ("max(0, 3, 2, 5, 4)", json!(5)),
        ("min(createArray(0, 3, 2, 5, 4))", json!(0)),
        ("range(5, 3)", json!([5, 6, 7])),
        (
            "filter(variables('dogs'), lambda('dog', greaterOrEquals(lambdaVariables('dog').age, 5)))[1].name",
            json!("Kira"),
        ),
        (
            "filter(range(0, 10), lambda('i', equals(0, mod(lambdaVariables('i'), 2))))",
            json!([0, 2, 4, 6, 8]),
        ),
        (
            "map(variables('dogs'), lambda('dog', format('Hello {0}!', lambdaVariables('dog').name)))",
            json!(["Hello Evie!", "Hello Casper!", "Hello Indy!", "Hello Kira!"]),
        ),
        (
            "map(range(0, length(variables('dogs'))), lambda('i', createObject('i', lambdaVariables('i'), 'dog', variables('dogs')[lambdaVariables('i')].name)))[3]",
            json!({ "i": 3, "dog": "Kira" }),
        ),
        (
            "reduce(map(variables('dogs'), lambda('dog', lambdaVariables('dog').age)), 1, lambda('cur', 'next', add(lambdaVariables('cur'), lambdaVariables('next'))))",
            json!(19),
        ),
        (
            "map(sort(variables('dogs'), lambda('a', 'b', less(lambdaVariables('a').age, lambdaVariables('b').age))), lambda('dog', lambdaVariables('dog').name))",
            json!(["Indy", "Casper", "Evie", "Kira"]),
        ),
        (
            "toObject(variables('dogs'), lambda('entry', lambdaVariables('entry').name)).Indy.age",
            json!(2),
        ),
        (
            "toObject(variables('dogs'), lambda('entry', lambdaVariables('entry').name), lambda('entry', lambdaVariables('entry').age))",
            json!({ "Evie": 5, "Casper": 3, "Indy": 2, "Kira": 8 }),
        ),
        (
            "map(createArray(1, 2), lambda('x', map(createArray(10), lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))",
            json!([[11], [12]]),
        ),
        ("not(equals(1, 2))", json!(true)),
        ("if(equals('a', 'a'), 'yes', div(1, 0))", json!("yes")),
        (
            "if(true(), null(), variables(concat('ab', 'sent')))",
            json!(null),
        ),
        ("coalesce(null(), 'x')", json!("x")),
        ("greater('A', 'a')", json!(true)),
        ("less('A', 'a')", json!(false)),
        ("div(8, 3)", json!(2)),
        ("mod(7, 3)", json!(1)),
        ("sub(7, 3)", json!(4)),
        ("int('4')", json!(4)),
        ("resourceGroup().location", json!("westeurope")),
        (
            "resourceGroup().id",
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/letters"
            )),
        ),
        ("subscription().subscriptionId", json!(SUBSCRIPTION)),
        (
            "resourceId('Microsoft.Logic/workflows', 'app')",
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/letters/providers/Microsoft.Logic/workflows/app"
            )),
        ),
        (
            "resourceId('other', 'Microsoft.Sql/servers/databases', 's', 'd')",
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.Sql/servers/s/databases/d"
            )),
        ),
        (
            "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'x')",
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/x"
            )),
        ),
        (
            "dateTimeAdd('2023-01-01 00:00:00Z', 'P1Y')",
            json!("2024-01-01T00:00:00Z"),
        ),
        (
            "dateTimeAdd('2024-01-01 00:00:00Z', 'P1Y')",
            json!("2024-12-31T00:00:00Z"),
        ),
        (
            "dateTimeAdd('2024-02-01 00:00:00Z', 'P1M')",
            json!("2024-03-02T00:00:00Z"),
        ),
        (
            "dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')",
            json!("2020-03-29T14:53:14Z"),
        ),
    ];
    let wrong: Vec<String> = examples
        .into_iter()
        .filter_map(|(expression, expected)| match value(expression) {
            Ok(value) if value == expected => None,
            other => Some(format!("{expression}: {other:?} instead of {expected}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hashes_depend_on_their_arguments_alone() {
    let text = |expression: &str| value(expression).unwrap().as_str().unwrap().to_owned();
    assert_eq!(
        text("uniqueString('a', 'b')"),
        text("uniqueString('a', 'b')")
    );
    assert_ne!(
        text("uniqueString('a', 'b')"),
        text("uniqueString('a', 'c')")
    );
    assert_eq!(text("uniqueString(resourceGroup().id)").len(), 13);
    assert_eq!(text("guid('a')").len(), 36);
    assert_ne!(text("guid('a')"), text("guid('b')"));
}

#[test]
fn expressions_that_are_refused() {
    let said: Vec<String> = [
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
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn texts_that_are_no_expressions() {
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
fn resources() {
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

#[test]
fn parameters_that_do_not_fit() {
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
    let said: Vec<String> = [
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
    .map(|parameters| said_of(&sections, parameters))
    .collect();
    let said = said.join("\n");
    assert!(!said.contains("hush"));
    insta::assert_snapshot!(said);
}

#[test]
fn defaults() {
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
fn circles_and_chains() {
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
    let said: Vec<String> = [
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
    .map(|sections| said_of(sections, &json!({})))
    .collect();
    insta::assert_snapshot!(said.join("\n"));
}

/// The deepest expressions in the longest chain that are allowed.
#[test]
fn as_deep_as_allowed() {
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
fn structures_that_are_refused() {
    let twice = resource(&json!({}))["resources"][0].clone();
    let said: Vec<String> = [
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
    .map(|sections| said_of(sections, &json!({})))
    .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn files() {
    let read = parameters_of(
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
    let said: Vec<String> = [
        "",
        "[]",
        r#"{ "parameters": {} }"#,
        r#"{ "contentVersion": "1", "parameters": { "a": "x" } }"#,
        r#"{ "contentVersion": "1", "parameters": { "a": {} } }"#,
        r#"{ "contentVersion": "1", "parameters": { "a": { "reference": {} } } }"#,
        r#"{ "contentVersion": "1", "parameters": { "a": { "value": 1 }, "a": { "value": 2 } } }"#,
    ]
    .iter()
    .map(|text| parameters_of(text).unwrap_err().to_string())
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
    insta::assert_snapshot!(said.join("\n"));
}
