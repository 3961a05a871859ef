//! Following logs.

use picletter_sandbox::Sandbox;
use reqwest::{Method, Response};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{Held, VERSION_3, deployment};
use picletter_test_support::loopback;

async fn call(sandbox: &Sandbox, method: Method, path: &str, body: Value) -> Value {
    let token = sandbox.heroku_token().expose_secret();
    let answer = loopback::client()
        .request(method, sandbox.heroku_url() + path)
        .header("accept", VERSION_3)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{path}: {answer:?}");
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Reads until the text ends with `end`.
async fn read_until(answer: &mut Response, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let chunk = answer.chunk().await.unwrap().expect(&text);
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[tokio::test]
async fn streams_log_events_until_the_app_is_deleted() {
    let sandbox = Sandbox::start().await.unwrap();
    let held = Held::new();
    sandbox.heroku().deploy(deployment(held.clone()));
    let dyno = json!({ "command": "worker", "type": "worker" });
    let dynos = "/apps/picletter-app/dynos";
    let dyno = call(&sandbox, Method::POST, dynos, dyno).await;
    let follow = async |filter: Value| {
        let mut body = json!({ "tail": true, "lines": 0 });
        body.as_object_mut()
            .unwrap()
            .extend(filter.as_object().unwrap().clone());
        let path = "/apps/picletter-app/log-sessions";
        let session = call(&sandbox, Method::POST, path, body).await;
        loopback::client()
            .get(session["logplex_url"].as_str().unwrap())
            .header("accept", "text/event-stream")
            .send()
            .await
            .unwrap()
    };
    let mut dyno_stream = follow(json!({ "dyno": dyno["name"], "source": "heroku" })).await;
    assert_eq!(dyno_stream.headers()["content-type"], "text/event-stream");
    let mut api_stream = follow(json!({ "dyno_name": "api" })).await;
    held.release();
    let text = read_until(&mut dyno_stream, "State changed from up to complete\n\n").await;
    let events: Vec<_> = text.trim_end().split("\n\n").collect();
    assert!(
        events.iter().all(|event| event.starts_with("data: ")),
        "{text}"
    );
    assert!(text.contains("Process exited with status 0"), "{text}");
    assert!(!text.contains("hello"), "{text}");

    // Only `api_stream` includes the next dyno.
    let another = json!({ "command": "worker --again", "type": "worker" });
    call(&sandbox, Method::POST, dynos, another).await;
    let text = read_until(&mut api_stream, "\n\n").await;
    assert!(text.contains("worker --again"), "{text}");
    call(&sandbox, Method::DELETE, "/apps/picletter-app", Value::Null).await;
    assert_eq!(dyno_stream.chunk().await.unwrap(), None);
    assert_eq!(api_stream.chunk().await.unwrap(), None);
}
