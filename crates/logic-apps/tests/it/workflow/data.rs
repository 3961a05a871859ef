//! Data actions, and references to other actions.

use picletter_logic_apps::Status;
use serde_json::{Value, json};

use crate::workflow::harness::{Harness, composed, run, run_actions, step, workflow};

async fn outputs(kind: &str, inputs: Value) -> Value {
    let ended = run_actions(json!({ "It": { "type": kind, "inputs": inputs } })).await;
    assert_eq!(ended.status("It"), "Succeeded", "{:#?}", ended.actions);
    ended.outputs("It").clone()
}

#[tokio::test(start_paused = true)]
async fn compose_outputs_its_inputs() {
    let value = json!({ "a": ["@add(1, 2)", "@{'x'}-@{1}", "@@"], "b": null });
    let expected = json!({ "a": [3, "x-1", "@"], "b": null });
    assert_eq!(outputs("Compose", value).await, expected);
}

#[tokio::test(start_paused = true)]
async fn query_select_and_join_require_arrays() {
    // The first two examples are from the reference.
    let query = json!({ "from": [1, 3, 0, 5, 4, 2], "where": "@greater(item(), 2)" });
    assert_eq!(outputs("Query", query).await, json!({ "body": [3, 5, 4] }));
    let select = json!({ "from": [1, 2, 3], "select": { "number": "@item()" } });
    assert_eq!(
        outputs("Select", select).await,
        json!({ "body": [{ "number": 1 }, { "number": 2 }, { "number": 3 }] })
    );
    let join = json!({ "from": "@createArray(1, 2, 3, 4)", "joinWith": "," });
    assert_eq!(outputs("Join", join).await, json!({ "body": "1,2,3,4" }));
    for (kind, inputs) in [
        (
            "Query",
            json!({ "from": "x", "where": "@equals(item(), 1)" }),
        ),
        ("Query", json!({ "from": [1], "where": "@item()" })),
        ("Select", json!({ "from": {}, "select": "@item()" })),
        ("Join", json!({ "from": 1, "joinWith": "," })),
    ] {
        let ended = run_actions(json!({ "It": { "type": kind, "inputs": inputs } })).await;
        assert_eq!(ended.code("It"), "InvalidTemplate", "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn parse_json_validates_against_the_schema() {
    let schema = json!({
        "type": "object",
        "properties": { "n": { "type": ["integer", "null"] }, "list": { "items": { "type": "string" } } },
        "required": ["n"],
    });
    let parse = |content: Value| json!({ "It": { "type": "ParseJson", "inputs": { "content": content, "schema": schema } } });
    let ended = run_actions(parse(json!("{\"n\": 1, \"list\": [\"a\"]}"))).await;
    assert_eq!(
        ended.outputs("It"),
        &json!({ "body": { "n": 1, "list": ["a"] } })
    );
    for (content, message) in [
        (
            json!({}),
            "The schema validation failed: Required properties are missing from object: n.",
        ),
        (
            json!({ "n": "1" }),
            "The schema validation failed: n: Invalid type. Expected integer, null but got a string.",
        ),
        (
            json!({ "n": 1, "list": [2] }),
            "The schema validation failed: list: Invalid type. Expected string but got a number.",
        ),
    ] {
        let ended = run_actions(parse(content)).await;
        assert_eq!(ended.message("It"), message);
    }
    let ended = run_actions(parse(json!("{"))).await;
    assert_eq!(ended.code("It"), "InvalidTemplate");
}

#[tokio::test(start_paused = true)]
async fn waits_for_an_interval_or_until_a_time() {
    for (inputs, seconds) in [
        (
            json!({ "interval": { "count": 15, "unit": "Minute" } }),
            900.0,
        ),
        (
            json!({ "interval": { "count": "@add(1, 1)", "unit": "@toLower('Week')" } }),
            1_209_600.0,
        ),
        (
            json!({ "interval": { "count": 1, "unit": "Month" } }),
            2_592_000.0,
        ),
        (
            json!({ "until": { "timestamp": "2026-11-01T01:00:00Z" } }),
            3600.0,
        ),
        (
            json!({ "until": { "timestamp": "@addMinutes(utcNow(), 2)" } }),
            120.0,
        ),
        (
            json!({ "until": { "timestamp": "2020-11-01T01:00:00Z" } }),
            0.0,
        ),
    ] {
        let harness = Harness::new();
        let actions = json!({ "It": { "type": "Wait", "inputs": inputs } });
        let ended = run(&harness.deploy(workflow(actions))).await;
        assert_eq!(ended.record.status, Status::Succeeded);
        assert!(
            (harness.elapsed() - seconds).abs() < 0.01,
            "{inputs} {}",
            harness.elapsed()
        );
    }
    let huge = json!({ "interval": { "count": 9_000_000_000_000_000_000_i64, "unit": "Day" } });
    let ended = run_actions(json!({ "It": { "type": "Wait", "inputs": huge } })).await;
    assert_eq!(ended.code("It"), "InvalidTemplate");
}

#[tokio::test(start_paused = true)]
async fn expressions_can_reference_earlier_actions() {
    let before = || {
        json!({
            "First": { "type": "Compose", "inputs": { "a": 1 } },
            "List": {
                "type": "Select",
                "inputs": { "from": [1], "select": "@item()" },
                "runAfter": { "First": ["Succeeded"] },
            },
        })
    };
    for (expression, expected) in [
        ("@outputs('First')", json!({ "a": 1 })),
        ("@OUTPUTS('first')['a']", json!(1)),
        ("@body('List')", json!([1])),
        ("@body('First')", json!(null)),
        ("@actionBody('List')", json!([1])),
        ("@actions('First')['status']", json!("Succeeded")),
        ("@actions('First').inputs", json!({ "a": 1 })),
        ("@actions('First').code", json!("OK")),
        ("@actions('First').startTime", json!("2026-11-01T00:00:00Z")),
        ("@action().name", json!("Composed")),
        ("@utcNow()", json!("2026-11-01T00:00:00.0000000Z")),
        ("@workflow().name", json!("daily-picture")),
        ("@workflow()['type']", json!("Microsoft.Logic/workflows")),
        ("@workflow().location", json!("westeurope")),
        (
            "@workflow().id",
            json!(
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/picletter/providers/Microsoft.Logic/workflows/daily-picture"
            ),
        ),
        ("@length(workflow().run.name)", json!(33)),
        (
            "@equals(workflow().run.id, concat(workflow().id, '/runs/', workflow()['run']['name']))",
            json!(true),
        ),
        ("@trigger().name", json!("Daily")),
        ("@triggerBody()", json!(null)),
        ("@length(guid())", json!(36)),
    ] {
        assert_eq!(
            composed(before(), "List", expression).await,
            expected,
            "{expression}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn skipped_actions_have_no_outputs() {
    let ended = run_actions(json!({
        "Choice": {
            "type": "If",
            "expression": "@equals(1, 2)",
            "actions": { "Not_taken": step(false, json!({})) },
        },
        "After": {
            "type": "Compose",
            "inputs": ["@outputs('Not_taken')", "@body('Not_taken')?['x']", "@actions('Not_taken').status"],
            "runAfter": { "Choice": ["Succeeded"] },
        },
    }))
    .await;
    assert_eq!(ended.outputs("After"), &json!([null, null, "Skipped"]));
}

#[tokio::test(start_paused = true)]
async fn parameters_have_their_given_or_default_values() {
    let mut properties = workflow(json!({
        "It": { "type": "Compose", "inputs": "@{parameters('App')}/@{parameters('count')}" },
    }));
    properties["definition"]["parameters"] = json!({
        "app": { "type": "SecureString" },
        "count": { "type": "int", "defaultValue": 3 },
    });
    properties["parameters"] = json!({ "app": { "value": "pics" } });
    let ended = run(&Harness::new().deploy(properties)).await;
    assert_eq!(ended.outputs("It"), "pics/3");
}

#[tokio::test(start_paused = true)]
async fn evaluation_error_fails_the_action_with_a_message() {
    let ended = run_actions(json!({
        "A": { "type": "Compose", "inputs": { "x": 1 } },
        "B": {
            "type": "Compose",
            "inputs": "@outputs('A')['y']",
            "runAfter": { "A": ["Succeeded"] },
        },
    }))
    .await;
    assert_eq!(ended.code("B"), "InvalidTemplate");
    let message = ended.message("B");
    assert!(
        message
            .starts_with("Unable to process template language expressions in action 'B' inputs: '"),
        "{message}"
    );
}
