//! What the history must not have.

use picletter_logic_apps::Status;
use picletter_logic_apps::history::{ActionRecord, Content};
use serde_json::{Value, json};

use crate::workflow::world::{World, ok, run, status, workflow};

const TOKEN: &str = "geheim-4711";

fn secure(mut action: Value, properties: Value) -> Value {
    action["runtimeConfiguration"] = json!({ "secureData": { "properties": properties } });
    action
}

/// Whether the inputs and the outputs are hidden.
fn hidden(action: &ActionRecord) -> (bool, bool) {
    let hidden = |content: &Content| *content == Content::Hidden;
    (hidden(&action.inputs), hidden(&action.outputs))
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
async fn secured_values_are_in_no_history_and_no_event_but_can_be_used() {
    let world = World::new();
    world.on("/list", [ok(json!({ "secret": TOKEN }))]);
    let app = world.deploy(workflow(json!({
        "List": secure(
            http("/list", json!({ "headers": { "X-Token": TOKEN } })),
            json!(["inputs", "outputs"]),
        ),
        "Use": after(http("/use", json!({ "body": "@body('List')['secret']" })), "List"),
    })));
    let mut events = app.subscribe();
    let ended = run(&app).await;
    assert_eq!(world.seen()[1].body, TOKEN);
    let history = format!("{:?}", ended.actions);
    assert!(!history.contains(TOKEN), "{history}");
    assert_eq!(hidden(ended.action("List")), (true, true));
    // An action that uses what is secured has its inputs hidden, not its outputs.
    assert_eq!(hidden(ended.action("Use")), (true, false));
    assert_eq!(ended.outputs("Use")["statusCode"], 200);
    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        assert!(!format!("{event:?}").contains(TOKEN));
        told += 1;
    }
    assert_eq!(told, 6);
}

#[tokio::test(start_paused = true)]
async fn values_are_hidden_while_the_action_goes_on_and_when_it_fails() {
    let world = World::new();
    world.on("/x", [status(404, json!(TOKEN))]);
    let app = world.deploy(workflow(json!({
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
    world.sleep(30).await;
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
async fn hiding_goes_as_far_as_the_reference_says() {
    let world = World::new();
    world.on("/list", [ok(json!(TOKEN))]);
    let app = world.deploy(workflow(json!({
        // Inputs alone: whoever uses the visible outputs has his inputs hidden.
        "List": secure(http("/list", json!({})), json!(["inputs"])),
        "Compose": after(json!({ "type": "Compose", "inputs": "@body('List')" }), "List"),
        // What Compose hides is not hidden any further.
        "Further": after(json!({ "type": "Compose", "inputs": "@outputs('Compose')" }), "Compose"),
        "Actions": after(http("/use", json!({ "body": "@actions('List').code" })), "List"),
        "Scope": {
            "type": "Scope",
            "actions": { "Inner": secure(http("/list", json!({})), json!(["outputs"])) },
        },
        "Result": after(http("/use", json!({ "body": "@result('Scope')" })), "Scope"),
    })));
    let ended = run(&app).await;
    let hidden = |name: &str| hidden(ended.action(name));
    assert_eq!(hidden("List"), (true, false));
    assert_eq!(hidden("Compose"), (true, true));
    assert_eq!(hidden("Further"), (false, false));
    assert_eq!(hidden("Actions"), (true, false));
    assert_eq!(hidden("Result"), (true, false));
}

#[tokio::test(start_paused = true)]
async fn items_of_a_secured_array_are_hidden_in_each_pass() {
    let world = World::new();
    world.on("/list", [ok(json!([TOKEN]))]);
    let app = world.deploy(workflow(json!({
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
    assert_eq!(world.seen()[1].body, TOKEN);
    let repetitions = app.repetitions(&ended.record.id, "Use").unwrap();
    assert_eq!(repetitions.len(), 1);
    let history = format!("{repetitions:?} {:?}", ended.actions);
    assert!(!history.contains(TOKEN), "{history}");
}
