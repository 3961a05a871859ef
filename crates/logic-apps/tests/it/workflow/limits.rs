//! The service's limits, and input that is meant to break what reads it.

use picletter_logic_apps::definition::Definition;
use serde_json::{Map, Value, json};

use crate::workflow::loading::refused;
use crate::workflow::world::{BEGINNING, World, run, step, workflow};

fn loads(properties: &Value) -> bool {
    Definition::load(properties, BEGINNING.parse().unwrap()).is_ok()
}

fn many(count: usize, of: &Value) -> Value {
    let named = (0..count).map(|n| (format!("N{n}"), of.clone()));
    Value::Object(named.collect::<Map<_, _>>())
}

#[test]
fn a_workflow_has_at_most_250_actions() {
    assert!(loads(&workflow(many(250, &step(false, json!({}))))));
    assert_eq!(
        refused(workflow(many(251, &step(false, json!({}))))),
        "N250: is one more than the 250 actions that a workflow can have"
    );
}

#[test]
fn a_workflow_has_at_most_ten_triggers_and_fifty_parameters() {
    let trigger = workflow(json!({}))["definition"]["triggers"]["Daily"].clone();
    let mut properties = workflow(json!({}));
    properties["definition"]["triggers"] = many(10, &trigger);
    assert!(loads(&properties));
    properties["definition"]["triggers"] = many(11, &trigger);
    assert_eq!(
        refused(properties),
        "triggers: are 11, and a workflow can have at most 10"
    );
    let parameter = json!({ "type": "int", "defaultValue": 1 });
    let mut properties = workflow(json!({}));
    properties["definition"]["parameters"] = many(50, &parameter);
    assert!(loads(&properties));
    properties["definition"]["parameters"] = many(51, &parameter);
    assert_eq!(
        refused(properties),
        "definition.parameters: are 51, and a workflow can have at most 50"
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
fn actions_are_nested_at_most_eight_levels_deep() {
    assert!(loads(&nested(8)));
    assert_eq!(
        refused(nested(9)),
        "Top.actions.L8.actions.L7.actions.L6.actions.L5.actions.L4.actions.L3.actions.L2.actions.L1.actions: actions are nested more than 8 levels deep, which the service does not take"
    );
    refused(nested(40));
}

#[test]
fn expressions_are_at_most_8192_characters_and_not_too_deep() {
    let compose =
        |inputs: String| workflow(json!({ "A": { "type": "Compose", "inputs": inputs } }));
    assert!(loads(&compose(format!("@string('{}')", "x".repeat(8000)))));
    let message = refused(compose(format!("@string('{}')", "x".repeat(9000))));
    assert!(
        message.starts_with("A.inputs: ") && message.contains("8192"),
        "{message}"
    );
    let message = refused(compose(format!(
        "@{}1{}",
        "not(".repeat(1500),
        ")".repeat(1500)
    )));
    assert!(message.starts_with("A.inputs: "), "{message}");
    // Text without expressions may be longer.
    assert!(loads(&compose("x".repeat(20_000))));
}

#[test]
fn a_uri_is_at_most_2048_characters() {
    let http = |length: usize| {
        let uri = format!("http://a.example/{}", "x".repeat(length - 17));
        workflow(json!({ "A": { "type": "Http", "inputs": { "method": "GET", "uri": uri } } }))
    };
    assert!(loads(&http(2048)));
    assert_eq!(
        refused(http(3072)),
        "A.inputs.uri: has 3072 characters, and the service takes at most 2048"
    );
}

#[tokio::test(start_paused = true)]
async fn huge_numbers_are_values_like_others_or_fail_their_action() {
    for (inputs, succeeds) in [
        (json!(u64::MAX), true),
        (json!(1e308), true),
        (json!("@mul(9223372036854775807, 2)"), false),
        (json!("@int('99999999999999999999999999')"), false),
    ] {
        let actions = json!({ "A": { "type": "Compose", "inputs": inputs } });
        let ended = run(&World::new().deploy(workflow(actions))).await;
        assert_eq!(ended.status("A") == "Succeeded", succeeds, "{inputs}");
    }
}
