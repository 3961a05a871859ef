//! Actions that wait to be called back.

use picletter_logic_apps::{EarlyCallback, LogicApp, Status};
use serde_json::{Value, json};

use std::sync::Arc;

use crate::workflow::world::{Answer, World, ended, run, status, workflow};

fn webhook() -> Value {
    json!({
        "Run": {
            "type": "HttpWebhook",
            "inputs": {
                "subscribe": {
                    "method": "POST",
                    "uri": "http://api.example/dynos",
                    "body": { "url": "@listCallbackUrl()" },
                    "retryPolicy": { "type": "none" },
                },
                "unsubscribe": {
                    "method": "DELETE",
                    "uri": "http://api.example/dynos",
                    "body": "@listCallbackUrl()",
                },
            },
            "limit": { "timeout": "PT35M" },
        },
        "After": {
            "type": "Compose",
            "inputs": "@body('Run')?['outcome']",
            "runAfter": { "Run": ["Succeeded", "Failed", "TimedOut"] },
        },
    })
}

fn deployed(world: &Arc<World>, early: EarlyCallback) -> LogicApp {
    let mut services = world.services();
    services.options.early_callback = early;
    world.deploy_with(workflow(webhook()), services)
}

fn url(world: &World) -> String {
    let body: Value = serde_json::from_str(&world.seen()[0].body).unwrap();
    body["url"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_report_completes_the_action_with_its_headers_and_body() {
    let world = World::new();
    let app = deployed(&world, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    world.sleep(600).await;
    let during = app.actions(&id).unwrap();
    assert_eq!(during[0].status, Status::Running);
    let answer = world.call_back(&url(&world), json!({ "outcome": "sent" }));
    assert_eq!(answer.status(), 200);
    let ended = ended(&app, &id).await;
    assert_eq!(ended.record.status, Status::Succeeded);
    assert_eq!(ended.outputs("After"), "sent");
    assert_eq!(
        ended.outputs("Run"),
        &json!({
            "headers": { "Content-Type": "application/json" },
            "body": { "outcome": "sent" },
        })
    );
    assert!((world.elapsed() - 600.0).abs() < 0.01);
    // No unsubscribe after a report.
    assert_eq!(world.lines(), ["POST /dynos at 0"]);
    assert_eq!(ended.record.billed, 3);
}

#[tokio::test(start_paused = true)]
async fn a_callback_url_has_the_services_form_and_a_signature_of_its_own() {
    let world = World::new();
    let app = deployed(&world, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    app.run_trigger("Daily").unwrap();
    world.sleep(1).await;
    let urls: Vec<String> = world
        .seen()
        .iter()
        .map(|seen| {
            serde_json::from_str::<Value>(&seen.body).unwrap()["url"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let (path, query) = urls[0].split_once('?').unwrap();
    assert!(path.starts_with("http://127.0.0.1:1/workflows/"), "{path}");
    assert!(
        path.ends_with(&format!("/runs/{id}/actions/Run/run")),
        "{path}"
    );
    assert!(
        query.starts_with(&format!(
            "api-version=2016-10-01&sp=%2Fruns%2F{id}%2Factions%2FRun%2Frun&sv=1.0&sig="
        )),
        "{query}"
    );
    let signatures: Vec<_> = urls
        .iter()
        .map(|url| url.split_once("sig=").unwrap().1)
        .collect();
    assert_eq!(signatures[0].len(), 43);
    assert_ne!(signatures[0], signatures[1]);
}

#[tokio::test(start_paused = true)]
async fn a_second_or_late_report_is_answered_with_an_error() {
    let world = World::new();
    let app = deployed(&world, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    world.sleep(1).await;
    let url = url(&world);
    assert_eq!(
        world.call_back(&url, json!({ "outcome": "sent" })).status(),
        200
    );
    let second = world.call_back(&url, json!({ "outcome": "unknown" }));
    assert_eq!(second.status(), 400);
    let body: Value = serde_json::from_slice(second.body()).unwrap();
    assert_eq!(body["error"]["code"], "WorkflowRunActionNotWaiting");
    let ended = ended(&app, &id).await;
    assert_eq!(ended.outputs("After"), "sent");
    assert_eq!(world.call_back(&url, json!({})).status(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_never_comes_ends_in_a_timeout_and_an_unsubscribe() {
    let world = World::new();
    let app = deployed(&world, EarlyCallback::Refused);
    let ended = run(&app).await;
    assert_eq!(ended.statuses(), "Run=TimedOut After=Succeeded");
    assert_eq!(ended.code("Run"), "ActionTimedOut");
    assert_eq!(ended.outputs("After"), &Value::Null);
    let url = url(&world);
    assert_eq!(world.call_back(&url, json!({})).status(), 400);
    world.sleep(1).await;
    assert_eq!(world.lines(), ["POST /dynos at 0", "DELETE /dynos at 2100"]);
    assert_eq!(world.seen()[1].body, url);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_unsubscribes() {
    let world = World::new();
    let app = deployed(&world, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    world.sleep(5).await;
    app.cancel(&id);
    let ended = ended(&app, &id).await;
    assert_eq!(ended.statuses(), "Run=Cancelled After=Skipped");
    world.sleep(1).await;
    assert_eq!(world.lines(), ["POST /dynos at 0", "DELETE /dynos at 5"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_subscription_fails_the_action_with_its_answer() {
    let world = World::new();
    world.on("/dynos", [status(422, json!({ "id": "invalid_params" }))]);
    let app = deployed(&world, EarlyCallback::Refused);
    let ended = run(&app).await;
    assert_eq!(ended.statuses(), "Run=Failed After=Succeeded");
    assert_eq!(ended.code("Run"), "UnprocessableEntity");
    assert_eq!(ended.outputs("Run")["statusCode"], 422);
    assert_eq!(ended.outputs("Run")["body"]["id"], "invalid_params");
    assert_eq!(world.lines(), ["POST /dynos at 0"]);
    let late = world.call_back(&url(&world), json!({ "outcome": "sent" }));
    assert_eq!(late.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_fails_the_action_though_the_request_arrived() {
    let world = World::new();
    world.on("/dynos", [Answer::Lost]);
    let app = deployed(&world, EarlyCallback::Accepted);
    let ended = run(&app).await;
    assert_eq!(ended.status("Run"), "Failed");
    assert_eq!(ended.outputs("Run"), &Value::Null);
    assert_eq!(world.lines(), ["POST /dynos at 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_report_before_the_subscriptions_answer_is_taken_or_refused_as_chosen() {
    for (early, answered, status, seconds) in [
        (EarlyCallback::Accepted, 200, "Succeeded", 0.0),
        (EarlyCallback::Refused, 400, "TimedOut", 2100.0),
    ] {
        let world = World::new();
        world.on(
            "/dynos",
            [Answer::CallsBackFirst(json!({ "outcome": "sent" }))],
        );
        let app = deployed(&world, early);
        let ended = run(&app).await;
        assert_eq!(*world.early.lock().unwrap(), [answered]);
        assert_eq!(ended.status("Run"), status);
        assert!((world.elapsed() - seconds).abs() < 0.01);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_callback_url_that_is_not_one_is_refused() {
    let world = World::new();
    let app = deployed(&world, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    world.sleep(1).await;
    let url = url(&world);
    let other_run = url.replace(&*id, "08584000000000000000000000000CU00");
    let forged = format!("{}A", &url[..url.len() - 1]);
    let unsigned = url.split_once("&sig=").unwrap().0.to_owned();
    let other_action = url.replace("/actions/Run/", "/actions/After/");
    let other_workflow = url.replace("/workflows/", "/workflows/0");
    for (url, status, code) in [
        (other_run, 404, "WorkflowRunNotFound"),
        (forged, 401, "AuthorizationFailed"),
        (unsigned, 401, "AuthorizationFailed"),
        (other_action, 401, "AuthorizationFailed"),
        (other_workflow, 404, "WorkflowNotFound"),
        ("http://127.0.0.1:1/".to_owned(), 404, "NotFound"),
    ] {
        let answer = world.call_back(&url, json!({}));
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(
            (answer.status().as_u16(), body["error"]["code"].as_str()),
            (status, Some(code))
        );
    }
    assert_eq!(world.call_back(&url, json!({})).status(), 200);
}
