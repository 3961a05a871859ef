//! `HttpWebhook` actions and callback URLs.

use picletter_logic_apps::{EarlyCallback, LogicApp, Status};
use serde_json::{Value, json};

use std::sync::Arc;

use crate::workflow::harness::{Harness, StubResponse, ended, run, status, workflow};

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

fn deployed(harness: &Arc<Harness>, early: EarlyCallback) -> LogicApp {
    let mut services = harness.services();
    services.options.early_callback = early;
    harness.deploy_with(workflow(webhook()), services)
}

fn url(harness: &Harness) -> String {
    let body: Value = serde_json::from_str(&harness.requests()[0].body).unwrap();
    body["url"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn report_completes_the_action_with_its_headers_and_body() {
    let harness = Harness::new();
    let app = deployed(&harness, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    harness.sleep(600).await;
    let during = app.actions(&id).unwrap();
    assert_eq!(during[0].status, Status::Running);
    let response = harness.call_back(&url(&harness), json!({ "outcome": "sent" }));
    assert_eq!(response.status(), 200);
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
    assert!((harness.elapsed() - 600.0).abs() < 0.01);
    // A report makes the unsubscribe request unnecessary.
    assert_eq!(harness.lines(), ["POST /dynos at 0"]);
    assert_eq!(ended.record.billed, 3);
}

#[tokio::test(start_paused = true)]
async fn callback_url_has_the_service_format_and_a_unique_signature() {
    let harness = Harness::new();
    let app = deployed(&harness, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    app.run_trigger("Daily").unwrap();
    harness.sleep(1).await;
    let urls: Vec<String> = harness
        .requests()
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
async fn second_or_late_report_is_rejected() {
    let harness = Harness::new();
    let app = deployed(&harness, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    harness.sleep(1).await;
    let url = url(&harness);
    assert_eq!(
        harness
            .call_back(&url, json!({ "outcome": "sent" }))
            .status(),
        200
    );
    let second = harness.call_back(&url, json!({ "outcome": "unknown" }));
    assert_eq!(second.status(), 400);
    let body: Value = serde_json::from_slice(second.body()).unwrap();
    assert_eq!(body["error"]["code"], "WorkflowRunActionNotWaiting");
    let ended = ended(&app, &id).await;
    assert_eq!(ended.outputs("After"), "sent");
    assert_eq!(harness.call_back(&url, json!({})).status(), 400);
}

#[tokio::test(start_paused = true)]
async fn missing_report_times_out_and_unsubscribes() {
    let harness = Harness::new();
    let app = deployed(&harness, EarlyCallback::Refused);
    let ended = run(&app).await;
    assert_eq!(ended.statuses(), "Run=TimedOut After=Succeeded");
    assert_eq!(ended.code("Run"), "ActionTimedOut");
    assert_eq!(ended.outputs("After"), &Value::Null);
    let url = url(&harness);
    assert_eq!(harness.call_back(&url, json!({})).status(), 400);
    harness.sleep(1).await;
    assert_eq!(
        harness.lines(),
        ["POST /dynos at 0", "DELETE /dynos at 2100"]
    );
    assert_eq!(harness.requests()[1].body, url);
}

#[tokio::test(start_paused = true)]
async fn canceled_run_unsubscribes() {
    let harness = Harness::new();
    let app = deployed(&harness, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    harness.sleep(5).await;
    app.cancel(&id);
    let ended = ended(&app, &id).await;
    assert_eq!(ended.statuses(), "Run=Cancelled After=Skipped");
    harness.sleep(1).await;
    assert_eq!(harness.lines(), ["POST /dynos at 0", "DELETE /dynos at 5"]);
}

#[tokio::test(start_paused = true)]
async fn rejected_subscribe_request_fails_the_action_with_the_response() {
    let harness = Harness::new();
    harness.stub("/dynos", [status(422, json!({ "id": "invalid_params" }))]);
    let app = deployed(&harness, EarlyCallback::Refused);
    let ended = run(&app).await;
    assert_eq!(ended.statuses(), "Run=Failed After=Succeeded");
    assert_eq!(ended.code("Run"), "UnprocessableEntity");
    assert_eq!(ended.outputs("Run")["statusCode"], 422);
    assert_eq!(ended.outputs("Run")["body"]["id"], "invalid_params");
    assert_eq!(harness.lines(), ["POST /dynos at 0"]);
    let late = harness.call_back(&url(&harness), json!({ "outcome": "sent" }));
    assert_eq!(late.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn lost_subscribe_response_fails_the_action() {
    let harness = Harness::new();
    harness.stub("/dynos", [StubResponse::ConnectionReset]);
    let app = deployed(&harness, EarlyCallback::Accepted);
    let ended = run(&app).await;
    assert_eq!(ended.status("Run"), "Failed");
    assert_eq!(ended.outputs("Run"), &Value::Null);
    assert_eq!(harness.lines(), ["POST /dynos at 0"]);
}

#[tokio::test(start_paused = true)]
async fn early_callback_is_accepted_or_rejected_by_option() {
    for (early, answered, status, seconds) in [
        (EarlyCallback::Accepted, 200, "Succeeded", 0.0),
        (EarlyCallback::Refused, 400, "TimedOut", 2100.0),
    ] {
        let harness = Harness::new();
        harness.stub(
            "/dynos",
            [StubResponse::CallbackFirst(json!({ "outcome": "sent" }))],
        );
        let app = deployed(&harness, early);
        let ended = run(&app).await;
        assert_eq!(*harness.early_statuses.lock().unwrap(), [answered]);
        assert_eq!(ended.status("Run"), status);
        assert!((harness.elapsed() - seconds).abs() < 0.01);
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_callback_urls_are_rejected() {
    let harness = Harness::new();
    let app = deployed(&harness, EarlyCallback::Refused);
    let id = app.run_trigger("Daily").unwrap();
    harness.sleep(1).await;
    let url = url(&harness);
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
        let response = harness.call_back(&url, json!({}));
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(
            (response.status().as_u16(), body["error"]["code"].as_str()),
            (status, Some(code))
        );
    }
    assert_eq!(harness.call_back(&url, json!({})).status(), 200);
}
