//! `Http` actions: requests and responses.

use std::sync::atomic::Ordering;

use picletter_logic_apps::Status;
use serde_json::{Value, json};

use crate::workflow::harness::{
    EndedRun, Harness, ReceivedRequest, StubResponse, get, ok, run, status, workflow,
};

async fn sent(action: Value) -> (ReceivedRequest, EndedRun) {
    let harness = Harness::new();
    let ended = run(&harness.deploy(workflow(json!({ "It": action })))).await;
    let seen = harness.requests();
    assert_eq!(seen.len(), 1, "{:#?}", ended.actions);
    (seen[0].clone(), ended)
}

async fn answered(response: StubResponse) -> EndedRun {
    let harness = Harness::new();
    harness.stub("/x", [response]);
    let mut action = get("/x");
    action["inputs"]["retryPolicy"] = json!({ "type": "none" });
    run(&harness.deploy(workflow(json!({ "It": action })))).await
}

fn http(inputs: Value) -> Value {
    json!({ "type": "Http", "inputs": inputs })
}

#[tokio::test(start_paused = true)]
async fn request_contains_the_inputs() {
    let (seen, ended) = sent(http(json!({
        "method": "patch",
        "uri": "https://api.example/a b/@{concat('c', 'd')}?e=1#part",
        "queries": { "q": "x&y", "n": 2 },
        "headers": { "Accept": "application/vnd.heroku+json; version=3", "X-N": 1, "X-None": null },
        "body": { "command": "worker", "ttl": "@add(1, 2)" },
    })))
    .await;
    assert_eq!(seen.method, "PATCH");
    assert_eq!(seen.uri, "https://api.example/a%20b/cd?e=1&q=x%26y&n=2");
    assert_eq!(
        seen.headers["accept"],
        "application/vnd.heroku+json; version=3"
    );
    assert_eq!(seen.headers["x-n"], "1");
    assert!(!seen.headers.contains_key("x-none"));
    assert_eq!(seen.headers["content-type"], "application/json");
    assert_eq!(seen.body, r#"{"command":"worker","ttl":3}"#);
    assert_eq!(seen.headers["x-ms-workflow-run-id"], *ended.record.id);
    assert_eq!(ended.inputs("It")["body"]["ttl"], 3);
}

#[tokio::test(start_paused = true)]
async fn body_is_text_json_or_binary() {
    for (body, bytes, content_type) in [
        (json!("text"), "text", "text/plain; charset=utf-8"),
        (json!([1]), "[1]", "application/json"),
        (
            json!({ "$content-type": "image/x", "$content": "aGk=" }),
            "hi",
            "image/x",
        ),
    ] {
        let inputs = json!({ "method": "POST", "uri": "http://a.example/", "body": body });
        let (seen, _) = sent(http(inputs)).await;
        assert_eq!(seen.body, bytes);
        assert_eq!(seen.headers["content-type"], content_type);
    }
}

#[tokio::test(start_paused = true)]
async fn workflow_headers_can_be_suppressed() {
    let mut action = get("/x");
    action["operationOptions"] = "DisableAsyncPattern, SuppressWorkflowHeaders".into();
    let (seen, _) = sent(action).await;
    let names = seen.headers.keys().map(http::HeaderName::as_str);
    assert_eq!(names.filter(|name| name.starts_with("x-ms-")).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn credentials_are_sent_but_not_recorded() {
    for (given, sent_as) in [
        (
            json!({ "authentication": { "type": "Basic", "username": "u", "password": "geheim" } }),
            "Basic dTpnZWhlaW0=",
        ),
        (
            json!({ "authentication": { "type": "Raw", "value": "Bearer geheim" } }),
            "Bearer geheim",
        ),
        (
            json!({ "headers": { "authorization": "Bearer geheim" } }),
            "Bearer geheim",
        ),
    ] {
        let mut inputs = given;
        inputs["method"] = "GET".into();
        inputs["uri"] = "http://a.example/".into();
        let (seen, ended) = sent(http(inputs)).await;
        assert_eq!(seen.headers["authorization"], sent_as);
        let history = format!("{:?}", ended.actions);
        assert!(!history.contains("geheim"), "{history}");
    }
}

#[tokio::test(start_paused = true)]
async fn response_body_is_decoded_by_content_type() {
    for (content_type, body, expected) in [
        (
            "application/json; charset=utf-8",
            r#"{"a":[1]}"#,
            json!({ "a": [1] }),
        ),
        ("application/problem+json", "1", json!(1)),
        ("application/json", "{", json!("{")),
        ("application/json", "1e999", json!("1e999")),
        ("text/plain", "12", json!("12")),
        (
            "application/octet-stream",
            "hi",
            json!({ "$content-type": "application/octet-stream", "$content": "aGk=" }),
        ),
    ] {
        let headers: &'static [_] = Box::leak(Box::new([("content-type", content_type)]));
        let ended = answered(StubResponse::Reply(200, headers, body.to_owned())).await;
        let outputs = ended.outputs("It");
        assert_eq!(outputs["body"], expected, "{content_type}");
        assert_eq!(outputs["statusCode"], 200);
        assert_eq!(outputs["headers"]["Content-Type"], content_type);
    }
    let ended = answered(StubResponse::Reply(204, &[], String::new())).await;
    assert_eq!(
        ended.outputs("It"),
        &json!({ "statusCode": 204, "headers": {} })
    );
    assert_eq!(ended.code("It"), "NoContent");
    let deep = "[".repeat(10_000);
    let headers = &[("content-type", "application/json")];
    let ended = answered(StubResponse::Reply(200, headers, deep.clone())).await;
    assert_eq!(ended.outputs("It")["body"], deep);
}

#[tokio::test(start_paused = true)]
async fn error_status_fails_the_action_with_outputs() {
    for (number, code) in [
        (400, "BadRequest"),
        (401, "Unauthorized"),
        (404, "NotFound"),
        (409, "Conflict"),
        (422, "UnprocessableEntity"),
        (503, "ServiceUnavailable"),
        (302, "Found"),
        (499, "499"),
    ] {
        let ended = answered(status(number, json!({ "id": "why" }))).await;
        assert_eq!(ended.status("It"), "Failed");
        assert_eq!(ended.code("It"), code);
        assert_eq!(ended.outputs("It")["statusCode"], number);
        assert_eq!(ended.outputs("It")["body"]["id"], "why");
        assert_eq!(ended.record.status, Status::Failed);
    }
}

#[tokio::test(start_paused = true)]
async fn connection_error_fails_the_action_without_outputs() {
    let ended = answered(StubResponse::ConnectionReset).await;
    assert_eq!(ended.code("It"), "BadRequest");
    assert_eq!(
        ended.message("It"),
        "Http request failed as there is an error: 'connection reset'."
    );
    assert_eq!(ended.outputs("It"), &Value::Null);
}

#[tokio::test(start_paused = true)]
async fn request_times_out_after_two_minutes() {
    let harness = Harness::new();
    harness.stub("/x", [StubResponse::Never]);
    let mut action = get("/x");
    action["inputs"]["retryPolicy"] = json!({ "type": "none" });
    let ended = run(&harness.deploy(workflow(json!({ "It": action })))).await;
    assert_eq!(ended.status("It"), "Failed");
    assert!((harness.elapsed() - 120.0).abs() < 0.01);
}

#[tokio::test(start_paused = true)]
async fn limit_ends_the_action_as_timed_out() {
    let harness = Harness::new();
    harness.stub("/x", [StubResponse::Delayed(60, Box::new(ok(json!({}))))]);
    let mut action = get("/x");
    action["limit"] = json!({ "timeout": "PT10S" });
    let actions = json!({
        "It": action,
        "Late": { "type": "Compose", "inputs": 1, "runAfter": { "It": ["TimedOut"] } },
    });
    let ended = run(&harness.deploy(workflow(actions))).await;
    assert_eq!(ended.statuses(), "It=TimedOut Late=Succeeded");
    assert_eq!(ended.code("It"), "ActionTimedOut");
    assert!((harness.elapsed() - 10.0).abs() < 0.01);
    // The request that was sent still completes.
    assert_eq!(harness.responses.load(Ordering::Relaxed), 0);
    harness.sleep(60).await;
    assert_eq!(harness.responses.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn evaluated_uri_that_is_too_long_or_invalid_fails_the_action() {
    let long = format!("@concat('http://a.example/', '{}')", "x".repeat(2048));
    for uri in [
        long.as_str(),
        "@string('ftp://a.example/')",
        "@string('nowhere')",
    ] {
        let action = http(json!({ "method": "GET", "uri": uri }));
        let harness = Harness::new();
        let ended = run(&harness.deploy(workflow(json!({ "It": action })))).await;
        assert_eq!(ended.code("It"), "BadRequest");
        assert!(harness.requests().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_header_fails_the_action() {
    for (name, value) in [("X\n", "x"), ("X", "a\r\nb: c")] {
        let inputs =
            json!({ "method": "GET", "uri": "http://a.example/", "headers": { name: value } });
        let harness = Harness::new();
        let ended = run(&harness.deploy(workflow(json!({ "It": http(inputs) })))).await;
        assert_eq!(ended.code("It"), "BadRequest");
        assert!(harness.requests().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn accepted_operation_is_polled_unless_disabled() {
    let accepted = || {
        StubResponse::Reply(
            202,
            &[("location", "/operations/1"), ("retry-after", "7")],
            String::new(),
        )
    };
    for (switched_off, lines, expected) in [
        (
            false,
            &[
                "POST /start at 0",
                "GET /operations/1 at 7",
                "GET /operations/1 at 14",
            ][..],
            200,
        ),
        (true, &["POST /start at 0"][..], 202),
    ] {
        let harness = Harness::new();
        harness.stub("/start", [accepted()]);
        harness.stub("/operations/1", [accepted(), ok(json!("done"))]);
        let mut action = http(json!({ "method": "POST", "uri": "http://a.example/start" }));
        if switched_off {
            action["operationOptions"] = "DisableAsyncPattern".into();
        }
        let ended = run(&harness.deploy(workflow(json!({ "It": action })))).await;
        assert_eq!(ended.outputs("It")["statusCode"], expected);
        assert_eq!(harness.lines(), lines);
    }
}

/// The checked URL is the polled one, and credentials are only sent to the original origin.
#[tokio::test(start_paused = true)]
async fn polling_another_origin_sends_no_credentials() {
    for (location, host, authorized) in [
        ("http://a.example/operation", "a.example", true),
        ("http://b.example/operation", "b.example", false),
        ("http://a.example:8080/operation", "a.example", false),
        ("https://a.example/operation", "a.example", false),
    ] {
        let harness = Harness::new();
        let headers: &'static [(&str, &str)] = Vec::leak(vec![("location", location)]);
        harness.stub("/start", [StubResponse::Reply(202, headers, String::new())]);
        let action = http(json!({
            "method": "POST",
            "uri": "http://a.example/start",
            "headers": { "Authorization": "Bearer secret", "Cookie": "s=1", "Accept": "x/y" },
        }));
        run(&harness.deploy(workflow(json!({ "It": action })))).await;
        let seen = harness.requests();
        let poll: http::Uri = seen[1].uri.parse().unwrap();
        assert_eq!(poll.host(), Some(host));
        assert_eq!(seen[1].headers["accept"], "x/y");
        for name in ["authorization", "cookie"] {
            assert!(seen[0].headers.contains_key(name));
            assert_eq!(seen[1].headers.contains_key(name), authorized, "{location}");
        }
    }
    for location in ["ftp://a.example/x", "file:///etc/passwd"] {
        let harness = Harness::new();
        let headers: &'static [(&str, &str)] = Vec::leak(vec![("location", location)]);
        harness.stub("/start", [StubResponse::Reply(202, headers, String::new())]);
        let action = http(json!({ "method": "POST", "uri": "http://a.example/start" }));
        let ended = run(&harness.deploy(workflow(json!({ "It": action })))).await;
        assert_eq!(ended.outputs("It")["statusCode"], 202);
        assert_eq!(harness.lines(), ["POST /start at 0"]);
    }
}
