//! What is followed while it is written: logs, and the output of releases.

use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::ReleaseEnd;
use picletter_sandbox::image::WorkerImage;
use reqwest::{Method, Response, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::deploying::IMAGES;
use super::{Held, VERSION_3, deployment};
use picletter_test_support::loopback;

async fn call(sandbox: &Sandbox, method: Method, path: &str, body: Value) -> Value {
    let token = sandbox.heroku_token().expose_secret();
    let accept = if path.ends_with("formation") {
        IMAGES
    } else {
        VERSION_3
    };
    let answer = loopback::client()
        .request(method, sandbox.heroku_url() + path)
        .header("accept", accept)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{path}: {answer:?}");
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Reads on until the text ends so.
async fn read_until(answer: &mut Response, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let chunk = answer.chunk().await.unwrap().expect(&text);
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[tokio::test]
async fn a_log_is_followed_as_events_until_a_side_closes() {
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
    let mut of_dyno = follow(json!({ "dyno": dyno["name"], "source": "heroku" })).await;
    assert_eq!(of_dyno.headers()["content-type"], "text/event-stream");
    let mut of_api = follow(json!({ "dyno_name": "api" })).await;
    held.release();
    let text = read_until(&mut of_dyno, "State changed from up to complete\n\n").await;
    let events: Vec<_> = text.trim_end().split("\n\n").collect();
    assert!(
        events.iter().all(|event| event.starts_with("data: ")),
        "{text}"
    );
    assert!(text.contains("Process exited with status 0"), "{text}");
    assert!(!text.contains("hello"), "{text}");

    // The next dyno is told of in the one stream and not in the other.
    let another = json!({ "command": "worker --again", "type": "worker" });
    call(&sandbox, Method::POST, dynos, another).await;
    let text = read_until(&mut of_api, "\n\n").await;
    assert!(text.contains("worker --again"), "{text}");
    sandbox.heroku().end_log_streams();
    assert_eq!(of_dyno.chunk().await.unwrap(), None);
    assert_eq!(of_api.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_pending_release_is_followed_to_its_end() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({ "name": "an-app", "stack": "container" });
    call(&sandbox, Method::POST, "/apps", body).await;
    let phase = sandbox.heroku().hold_next_release();
    let image = WorkerImage::new(b"a worker").unwrap();
    let id = image.id();
    sandbox.registry().hold("an-app", "worker", image);
    let update = json!({ "updates": [{ "type": "worker", "docker_image": id.as_str() }] });
    call(&sandbox, Method::PATCH, "/apps/an-app/formation", update).await;
    let release = async || call(&sandbox, Method::GET, "/apps/an-app/releases/3", json!({})).await;
    let pending = release().await;
    assert_eq!(pending["status"], "pending");
    assert_eq!(pending["current"], false);

    let url = pending["output_stream_url"].as_str().unwrap();
    phase.print("one");
    let mut output = loopback::client().get(url).send().await.unwrap();
    assert_eq!(read_until(&mut output, "\n").await, "one\n");
    phase.print("two");
    assert_eq!(read_until(&mut output, "\n").await, "two\n");
    phase.end(ReleaseEnd::Succeeded);
    assert_eq!(output.chunk().await.unwrap(), None);
    let ended = release().await;
    assert_eq!(ended["status"], "succeeded");
    assert_eq!(ended["current"], true);
    // Who comes later gets the whole.
    let whole = loopback::client().get(url).send().await.unwrap();
    assert_eq!(whole.text().await.unwrap(), "one\ntwo\n");
    let other = url.replace("streams/", "streams/1");
    let other = loopback::client().get(other).send().await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
}
