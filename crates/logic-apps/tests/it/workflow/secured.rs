//! Redaction of secured values in the run history.

use picletter_logic_apps::Status;
use picletter_logic_apps::history::{ActionRecord, Content};
use serde_json::{Value, json};

use crate::workflow::harness::{Harness, ok, run, status, workflow};

const TOKEN: &str = "geheim-4711";

fn secure(mut action: Value, properties: Value) -> Value {
    action["runtimeConfiguration"] = json!({ "secureData": { "properties": properties } });
    action
}

/// Whether the run history redacts the action's inputs, and whether it redacts its outputs.
fn redacted(action: &ActionRecord) -> (bool, bool) {
    let redacted = |content: &Content| *content == Content::Redacted;
    (redacted(&action.inputs), redacted(&action.outputs))
}

fn http(path: &str, inputs: Value) -> Value {
    let mut all = json!({ "method": "GET", "uri": format!("http://api.example{path}") });
    all.as_object_mut()
        .unwrap()
        .extend(inputs.as_object().unwrap().clone());
    json!({ "type": "Http", "inputs": all })
}

fn after(mut action: Value, before: &str) -> Value {
    action["runAfter"] = json!({ before: ["Succeeded", "Failed"] });
    action
}

#[tokio::test(start_paused = true)]
async fn secured_values_are_usable_but_not_in_history_or_events() {
    let harness = Harness::new();
    harness.stub("/list", [ok(json!({ "secret": TOKEN }))]);
    let app = harness.deploy(workflow(json!({
        "List": secure(
            http("/list", json!({ "headers": { "X-Token": TOKEN } })),
            json!(["inputs", "outputs"]),
        ),
        "Use": after(http("/use", json!({ "body": "@body('List')['secret']" })), "List"),
    })));
    let mut events = app.subscribe();
    let ended = run(&app).await;
    assert_eq!(harness.requests()[1].body, TOKEN);
    let history = format!("{:?}", ended.actions);
    assert!(!history.contains(TOKEN), "{history}");
    assert_eq!(redacted(ended.action("List")), (true, true));
    // `Use` references a secured value, so its inputs are redacted. Its outputs are not.
    assert_eq!(redacted(ended.action("Use")), (true, false));
    assert_eq!(ended.outputs("Use")["statusCode"], 200);
    let mut count = 0;
    while let Ok(event) = events.try_recv() {
        assert!(!format!("{event:?}").contains(TOKEN));
        count += 1;
    }
    assert_eq!(count, 6);
}

#[tokio::test(start_paused = true)]
async fn secured_values_are_redacted_during_the_action_and_on_failure() {
    let harness = Harness::new();
    harness.stub("/x", [status(404, json!(TOKEN))]);
    let app = harness.deploy(workflow(json!({
        "Fails": secure(
            http("/x", json!({ "body": TOKEN })),
            json!(["inputs", "outputs"]),
        ),
        "Waits": after(
            secure(
                json!({
                    "type": "HttpWebhook",
                    "inputs": {
                        "subscribe": { "method": "POST", "uri": "http://api.example/y", "body": TOKEN },
                    },
                    "limit": { "timeout": "PT1M" },
                }),
                json!(["inputs"]),
            ),
            "Fails",
        ),
    })));
    let id = app.run_trigger("Daily").unwrap();
    harness.sleep(30).await;
    let during = app.actions(&id).unwrap();
    assert_eq!(during[1].status, Status::Running);
    app.idle().await;
    for actions in [during, app.actions(&id).unwrap()] {
        let history = format!("{actions:?}");
        assert!(!history.contains(TOKEN), "{history}");
        assert_eq!(actions[0].code, "NotFound");
    }
}

#[tokio::test(start_paused = true)]
async fn redaction_follows_the_reference() {
    let harness = Harness::new();
    harness.stub("/list", [ok(json!(TOKEN))]);
    let app = harness.deploy(workflow(json!({
        // Secures only the inputs of `List`, so its outputs are visible. Actions that reference
        // `List` still have redacted inputs.
        "List": secure(http("/list", json!({})), json!(["inputs"])),
        "Compose": after(json!({ "type": "Compose", "inputs": "@body('List')" }), "List"),
        // `Compose` is redacted, but not secured, so a reference to it redacts nothing.
        "Further": after(json!({ "type": "Compose", "inputs": "@outputs('Compose')" }), "Compose"),
        "Actions": after(http("/use", json!({ "body": "@actions('List').code" })), "List"),
        "Scope": {
            "type": "Scope",
            "actions": { "Inner": secure(http("/list", json!({})), json!(["outputs"])) },
        },
        "Result": after(http("/use", json!({ "body": "@result('Scope')" })), "Scope"),
    })));
    let ended = run(&app).await;
    let redacted = |name: &str| redacted(ended.action(name));
    assert_eq!(redacted("List"), (true, false));
    assert_eq!(redacted("Compose"), (true, true));
    assert_eq!(redacted("Further"), (false, false));
    assert_eq!(redacted("Actions"), (true, false));
    assert_eq!(redacted("Result"), (true, false));
}

#[tokio::test(start_paused = true)]
async fn items_of_a_secured_array_are_redacted_in_each_iteration() {
    let harness = Harness::new();
    harness.stub("/list", [ok(json!([TOKEN]))]);
    let app = harness.deploy(workflow(json!({
        "List": secure(http("/list", json!({})), json!(["outputs"])),
        "Each": after(
            json!({
                "type": "Foreach",
                "foreach": "@body('List')",
                "actions": { "Use": http("/use", json!({ "body": "@item()" })) },
            }),
            "List",
        ),
    })));
    let ended = run(&app).await;
    assert_eq!(harness.requests()[1].body, TOKEN);
    let repetitions = app.repetitions(&ended.record.id, "Use").unwrap();
    assert_eq!(repetitions.len(), 1);
    let history = format!("{repetitions:?} {:?}", ended.actions);
    assert!(!history.contains(TOKEN), "{history}");
}

#[tokio::test(start_paused = true)]
async fn errors_of_actions_contain_no_evaluated_values() {
    // The expression builds the token, so only the evaluated value contains it.
    let (start, end) = TOKEN.split_at(6);
    let value = format!("@concat('{start}', '{end}')");
    let http = json!({ "method": "GET", "uri": "http://api.example/" });
    for action in [
        json!({ "type": "Terminate", "inputs": { "runStatus": value } }),
        json!({ "type": "Wait", "inputs": { "interval": { "count": 1, "unit": value } } }),
        json!({ "type": "Wait", "inputs": { "until": { "timestamp": value } } }),
        json!({ "type": "Http", "inputs": http, "limit": { "timeout": value } }),
    ] {
        let actions = json!({ "Action": action });
        let ended = run(&Harness::new().deploy(workflow(actions))).await;
        assert_eq!(ended.code("Action"), "InvalidTemplate", "{action}");
        let message = ended.message("Action");
        assert!(!message.contains(TOKEN), "{message}");
    }
}
