//! Randomly damaged definitions: each is rejected or runs to completion.

use std::cell::Cell;

use picletter_logic_apps::LogicApp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::workflow::harness::{Harness, StubResponse, ok, status, workflow};

fn valid_definition() -> Value {
    let mut properties = workflow(json!({
        "Count": {
            "type": "InitializeVariable",
            "inputs": { "variables": [{ "name": "n", "type": "Integer", "value": 0 }] },
        },
        "Start": {
            "type": "Until",
            "expression": "@equals(outputs('Verdict'), 'sent')",
            "limit": { "count": 3, "timeout": "PT2H" },
            "runAfter": { "Count": ["Succeeded"] },
            "actions": {
                "List": {
                    "type": "Http",
                    "inputs": {
                        "method": "GET",
                        "uri": "http://api.example/list?x=@{parameters('app')}",
                        "headers": { "Accept": "application/json" },
                        "retryPolicy": { "type": "fixed", "count": 2, "interval": "PT10S" },
                    },
                    "operationOptions": "DisableAsyncPattern",
                    "runtimeConfiguration": { "secureData": { "properties": ["inputs"] } },
                },
                "Active": {
                    "type": "Query",
                    "inputs": { "from": "@body('List')", "where": "@greater(item(), 1)" },
                    "runAfter": { "List": ["Succeeded"] },
                },
                "Guard": {
                    "type": "If",
                    "expression": { "and": [{ "greater": ["@length(body('Active'))", 0] }] },
                    "actions": {
                        "Run": {
                            "type": "HttpWebhook",
                            "inputs": {
                                "subscribe": {
                                    "method": "POST",
                                    "uri": "http://api.example/dynos",
                                    "body": { "url": "@listCallbackUrl()" },
                                },
                            },
                            "limit": { "timeout": "PT30M" },
                        },
                    },
                    "else": {
                        "actions": {
                            "Each": {
                                "type": "Foreach",
                                "foreach": "@body('List')",
                                "actions": { "Say": { "type": "Compose", "inputs": "@items('Each')" } },
                            },
                        },
                    },
                    "runAfter": { "Active": ["Succeeded", "Failed"] },
                },
                "More": {
                    "type": "IncrementVariable",
                    "inputs": { "name": "n", "value": "@iterationIndexes('Start')" },
                    "runAfter": { "Guard": ["Succeeded", "Failed", "TimedOut", "Skipped"] },
                },
                "Verdict": {
                    "type": "Compose",
                    "inputs": "@coalesce(body('Run')?['outcome'], 'again')",
                    "runAfter": { "More": ["Succeeded"] },
                },
            },
        },
        "Outcome": {
            "type": "Switch",
            "expression": "@outputs('Verdict')",
            "cases": { "Sent": { "case": "sent", "actions": {} } },
            "default": {
                "actions": {
                    "Stop": {
                        "type": "Terminate",
                        "inputs": { "runStatus": "Failed", "runError": { "code": "@{variables('n')}" } },
                    },
                },
            },
            "runAfter": { "Start": ["Succeeded", "Failed"] },
        },
    }));
    properties["definition"]["parameters"] = json!({ "app": { "type": "string" } });
    properties["parameters"] = json!({ "app": { "value": "pics" } });
    properties
}

/// Collects the JSON pointers of all values in `value`.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{here}/{key}"), found);
            }
        }
        Value::Array(values) => {
            for (n, value) in values.iter().enumerate() {
                pointers(value, &format!("{here}/{n}"), found);
            }
        }
        _ => {}
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!({})),
        Just(json!([])),
        Just(json!([1, [2], { "a": null }])),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "@",
            "@@",
            "@{",
            "@item()",
            "@body('List')",
            "@outputs('Run')",
            "@json('{')",
            "@div(1, 0)",
            "@createArray(0)",
            "@guid()",
            "Succeeded",
            "PT0S",
            "P999999999D",
            "Wait",
            "Scope",
            "Compose",
            "@utcNow()",
            "@variables('n')",
            "@string(workflow())",
            "@trigger()",
            "@action()",
            "http://[::1",
        ])
        .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "@[a-z]{1,6}\\([0-9',()]{0,6}".prop_map(Value::from),
    ]
}

/// Returns the valid definition with some values replaced or removed.
fn damaged(damages: Vec<(prop::sample::Index, Value, bool)>) -> Value {
    let mut properties = valid_definition();
    for (pointer, value, removes) in damages {
        let mut found = Vec::new();
        pointers(&properties, "", &mut found);
        let pointer = pointer.get(&found);
        let (outer, key) = pointer.rsplit_once('/').unwrap_or_default();
        match properties.pointer_mut(outer) {
            Some(Value::Object(map)) if removes => {
                map.remove(&key.replace("~1", "/").replace("~0", "~"));
            }
            _ => *properties.pointer_mut(pointer).unwrap() = value,
        }
    }
    properties
}

/// Fires each trigger once and waits for the runs to end. Returns false if the definition is
/// rejected.
async fn runs_to_completion(properties: &Value, response: StubResponse) -> bool {
    let harness = Harness::new();
    harness.stub("/list", [response]);
    let Ok(app) = LogicApp::deploy("x", properties, harness.services()) else {
        return false;
    };
    for trigger in app.trigger_names() {
        if let Ok(id) = app.run_trigger(&trigger) {
            let record = app.join(&id).await.unwrap();
            assert!(record.status.has_ended());
            for action in app.actions(&id).unwrap() {
                assert!(action.status.has_ended(), "{action:?}");
            }
        }
    }
    true
}

/// Between one third and 95% of the definitions must be rejected, so that the test covers both the
/// loader and the execution.
#[test]
fn damaged_definition_is_rejected_or_runs_to_completion() {
    let config = ProptestConfig {
        cases: ProptestConfig::default().cases.max(500),
        ..ProptestConfig::with_source_file(file!())
    };
    let cases = config.cases;
    let mut runner = TestRunner::new(config);
    let damage = (any::<prop::sample::Index>(), any_value(), any::<bool>());
    let inputs = (prop::collection::vec(damage, 1..4), 0..4_usize);
    let rejected = Cell::new(0_u32);
    let result = runner.run(&inputs, |(damages, response)| {
        let responses = [
            ok(json!([1, 2])),
            ok(json!("x")),
            status(500, json!({})),
            StubResponse::ConnectionReset,
        ];
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let properties = damaged(damages);
        let runs = runs_to_completion(&properties, responses[response].clone());
        if !runtime.block_on(runs) {
            rejected.set(rejected.get() + 1);
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let rejected = rejected.get();
    assert!(
        (cases / 3..=cases / 20 * 19).contains(&rejected),
        "{rejected} of {cases} were rejected"
    );
}

#[tokio::test(start_paused = true)]
async fn undamaged_definition_runs_to_completion() {
    let harness = Harness::new();
    harness.stub("/list", [ok(json!([1, 2]))]);
    let ended = crate::workflow::harness::run(&harness.deploy(valid_definition())).await;
    assert_eq!(ended.record.problem.as_ref().unwrap().code, "3");
    assert_eq!(ended.status("Run"), "TimedOut");
}
