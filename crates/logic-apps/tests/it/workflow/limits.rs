//! Limits of the service, and oversized input.

use picletter_logic_apps::definition::Definition;
use serde_json::{Map, Value, json};

use crate::workflow::harness::{Harness, START, run, step, workflow};
use crate::workflow::loading::load_error;

fn loads(properties: &Value) -> bool {
    Definition::load(properties, START.parse().unwrap()).is_ok()
}

fn many(count: usize, of: &Value) -> Value {
    let named = (0..count).map(|n| (format!("N{n}"), of.clone()));
    Value::Object(named.collect::<Map<_, _>>())
}

#[test]
fn workflow_has_at_most_250_actions() {
    assert!(loads(&workflow(many(250, &step(false, json!({}))))));
    assert_eq!(
        load_error(workflow(many(251, &step(false, json!({}))))),
        "N250: exceeds the limit of 250 actions per workflow"
    );
}

#[test]
fn workflow_has_at_most_10_triggers_and_50_parameters() {
    let trigger = workflow(json!({}))["definition"]["triggers"]["Daily"].clone();
    let mut properties = workflow(json!({}));
    properties["definition"]["triggers"] = many(10, &trigger);
    assert!(loads(&properties));
    properties["definition"]["triggers"] = many(11, &trigger);
    assert_eq!(
        load_error(properties),
        "triggers: 11 triggers exceed the limit of 10 per workflow"
    );
    let parameter = json!({ "type": "int", "defaultValue": 1 });
    let mut properties = workflow(json!({}));
    properties["definition"]["parameters"] = many(50, &parameter);
    assert!(loads(&properties));
    properties["definition"]["parameters"] = many(51, &parameter);
    assert_eq!(
        load_error(properties),
        "definition.parameters: 51 parameters exceed the limit of 50 per workflow"
    );
}

fn nested(levels: usize) -> Value {
    let mut action = step(false, json!({}));
    for level in 0..levels {
        action = json!({ "type": "Scope", "actions": { format!("L{level}"): action } });
    }
    workflow(json!({ "Top": action }))
}

#[test]
fn actions_are_nested_at_most_8_levels_deep() {
    assert!(loads(&nested(8)));
    assert_eq!(
        load_error(nested(9)),
        "Top.actions.L8.actions.L7.actions.L6.actions.L5.actions.L4.actions.L3.actions.L2.actions.L1.actions: actions are nested deeper than the service's limit of 8 levels"
    );
    load_error(nested(40));
}

#[test]
fn expressions_are_limited_in_length_and_depth() {
    let compose =
        |inputs: String| workflow(json!({ "A": { "type": "Compose", "inputs": inputs } }));
    assert!(loads(&compose(format!("@string('{}')", "x".repeat(8000)))));
    let message = load_error(compose(format!("@string('{}')", "x".repeat(9000))));
    assert!(
        message.starts_with("A.inputs: ") && message.contains("8192"),
        "{message}"
    );
    let message = load_error(compose(format!(
        "@{}1{}",
        "not(".repeat(1500),
        ")".repeat(1500)
    )));
    assert!(message.starts_with("A.inputs: "), "{message}");
    // Text without expressions is not limited.
    assert!(loads(&compose("x".repeat(20_000))));
}

#[test]
fn uri_has_at_most_2048_characters() {
    let http = |length: usize| {
        let uri = format!("http://a.example/{}", "x".repeat(length - 17));
        workflow(json!({ "A": { "type": "Http", "inputs": { "method": "GET", "uri": uri } } }))
    };
    assert!(loads(&http(2048)));
    assert_eq!(
        load_error(http(3072)),
        "A.inputs.uri: 3072 characters exceed the service's limit of 2048"
    );
}

#[tokio::test(start_paused = true)]
async fn huge_numbers_are_values_or_fail_the_action() {
    for (inputs, succeeds) in [
        (json!(u64::MAX), true),
        (json!(1e308), true),
        (json!("@mul(9223372036854775807, 2)"), false),
        (json!("@int('99999999999999999999999999')"), false),
    ] {
        let actions = json!({ "A": { "type": "Compose", "inputs": inputs } });
        let ended = run(&Harness::new().deploy(workflow(actions))).await;
        assert_eq!(ended.status("A") == "Succeeded", succeeds, "{inputs}");
    }
}
