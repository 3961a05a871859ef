//! Faults of requests to a sandbox, and the record of the requests.

use std::time::Duration;

use picletter_sandbox::Sandbox;
use picletter_sandbox::faults::{Fault, Which};
use reqwest::{Method, Response, StatusCode};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;

use picletter_test_support::loopback;

async fn sandbox() -> Sandbox {
    Sandbox::start().await.unwrap()
}

async fn send(sandbox: &Sandbox, method: Method, path: &str) -> reqwest::Result<Response> {
    let token = sandbox.heroku_token().expose_secret();
    let request = loopback::client()
        .request(method.clone(), sandbox.heroku_url() + path)
        .header("accept", "application/vnd.heroku+json; version=3")
        .header("authorization", format!("Bearer {token}"));
    let request = if method == Method::POST {
        let body = r#"{"name":"an-app","stack":"container"}"#;
        request
            .header("content-type", "application/json")
            .body(body)
    } else {
        request
    };
    request.send().await
}

async fn create_app(sandbox: &Sandbox) -> reqwest::Result<Response> {
    send(sandbox, Method::POST, "/apps").await
}

async fn has_app(sandbox: &Sandbox) -> bool {
    let answer = send(sandbox, Method::GET, "/apps/an-app").await.unwrap();
    answer.status() == StatusCode::OK
}

#[tokio::test]
async fn status_fault_does_not_process_the_request() {
    let sandbox = sandbox().await;
    let body = r#"{"id":"unavailable","message":"Later."}"#.to_owned();
    let fault = Fault::status(503, body.clone());
    sandbox.faults().on(Method::POST, "/apps", 1, fault);
    let answer = create_app(&sandbox).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), body);
    assert!(!has_app(&sandbox).await);
    assert_eq!(
        create_app(&sandbox).await.unwrap().status(),
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn reset_fault_does_not_process_the_request() {
    let sandbox = sandbox().await;
    sandbox.faults().on(Method::POST, "/apps", 1, Fault::Reset);
    create_app(&sandbox).await.unwrap_err();
    assert!(!has_app(&sandbox).await);
}

#[tokio::test]
async fn lost_answer_fault_processes_the_request() {
    let sandbox = sandbox().await;
    sandbox
        .faults()
        .on(Method::POST, "/apps", 1, Fault::LOST_ANSWER);
    create_app(&sandbox).await.unwrap_err();
    assert!(has_app(&sandbox).await);
}

#[tokio::test]
async fn delay_fault_delays_the_response() {
    let sandbox = sandbox().await;
    let fault = Fault::Delay(Duration::from_millis(50));
    sandbox
        .faults()
        .on(Method::POST, "/apps", Which::Every, fault);
    let start = std::time::Instant::now();
    assert_eq!(
        create_app(&sandbox).await.unwrap().status(),
        StatusCode::CREATED
    );
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn delay_all_delays_every_request() {
    let sandbox = sandbox().await;
    let delay = Duration::from_millis(50);
    sandbox.faults().delay_all(delay);
    let start = std::time::Instant::now();
    assert!(!has_app(&sandbox).await);
    assert!(start.elapsed() >= delay);
}

#[tokio::test]
async fn unanswered_fault_never_responds() {
    let sandbox = sandbox().await;
    sandbox
        .faults()
        .on(Method::POST, "/apps", 1, Fault::UNANSWERED);
    let waiting = create_app(&sandbox);
    tokio::pin!(waiting);
    // This request waits while other requests are processed.
    while sandbox.faults().record().is_empty() {
        tokio::select! {
            answer = &mut waiting => panic!("{answer:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    for _ in 0..3 {
        tokio::select! {
            answer = &mut waiting => panic!("{answer:?}"),
            has_app = has_app(&sandbox) => assert!(!has_app),
        }
    }
}

#[tokio::test]
async fn hold_answer_fault_holds_the_response_after_processing() {
    let sandbox = sandbox().await;
    let (sender, mut held) = mpsc::unbounded_channel();
    sandbox
        .faults()
        .on(Method::POST, "/apps", 1, Fault::HoldAnswer(sender));
    let waiting = create_app(&sandbox);
    tokio::pin!(waiting);
    let held = tokio::select! {
        answer = &mut waiting => panic!("{answer:?}"),
        held = held.recv() => held.unwrap(),
    };
    tokio::select! {
        answer = &mut waiting => panic!("{answer:?}"),
        has_app = has_app(&sandbox) => assert!(has_app),
    }
    drop(held);
    assert_eq!(waiting.await.unwrap().status(), StatusCode::CREATED);
}

#[tokio::test]
async fn hold_request_fault_lets_other_requests_go_first() {
    let sandbox = sandbox().await;
    let (sender, mut held) = mpsc::unbounded_channel();
    sandbox
        .faults()
        .on(Method::POST, "/apps", 1, Fault::HoldRequest(sender));
    let waiting = create_app(&sandbox);
    tokio::pin!(waiting);
    let held = tokio::select! {
        answer = &mut waiting => panic!("{answer:?}"),
        held = held.recv() => held.unwrap(),
    };
    tokio::select! {
        answer = &mut waiting => panic!("{answer:?}"),
        has_app = has_app(&sandbox) => assert!(!has_app),
    }
    let faster = create_app(&sandbox).await.unwrap();
    assert_eq!(faster.status(), StatusCode::CREATED);
    drop(held);
    let taken = waiting.await.unwrap();
    assert_eq!(taken.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn body_and_truncated_faults_process_the_request() {
    let sandbox = sandbox().await;
    let html = "<html>A proxy's page</html>".to_owned();
    let faults = sandbox.faults();
    faults.on(Method::POST, "/apps", 1, Fault::Body(html.clone()));
    let answer = create_app(&sandbox).await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()["content-type"], "text/html");
    assert_eq!(answer.text().await.unwrap(), html);
    assert!(has_app(&sandbox).await);

    let read = async || {
        let answer = send(&sandbox, Method::GET, "/apps/an-app").await.unwrap();
        answer.text().await.unwrap()
    };
    let whole = read().await;
    faults.clear();
    faults.on(Method::GET, "/apps/*", 1, Fault::Truncated);
    let cut = read().await;
    assert_eq!(cut, whole[..whole.len() / 2]);
}

#[tokio::test]
async fn rules_apply_to_the_nth_request_of_a_route() {
    let sandbox = sandbox().await;
    let faults = sandbox.faults();
    let get = async |path: &str| {
        send(&sandbox, Method::GET, path)
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let no = |status| Fault::status(status, String::new());
    faults.on(Method::GET, "/apps/*", 2, no(500));
    faults.on(Method::GET, "/apps/bcc", 2, no(502));
    faults.on(Method::DELETE, "/apps/*", Which::Every, no(504));
    faults.on(Method::GET, "/apps/*/releases", Which::From(2), no(500));
    assert_eq!(get("/apps/a/releases").await, 404);
    assert_eq!(get("/apps/a/releases").await, 500);
    assert_eq!(get("/apps/a/releases").await, 500);
    assert_eq!(get("/apps/aaa").await, 404);
    assert_eq!(get("/apps/bbb?query=1").await, 500);
    assert_eq!(get("/apps/bbb/dynos").await, 404);
    assert_eq!(get("/apps/bcc").await, 404);
    assert_eq!(get("/apps/bcc").await, 502);
    assert_eq!(get("/apps/bcc").await, 404);
    faults.on(Method::GET, "/apps/*/dynos", Which::Every, no(500));
    assert_eq!(get("/apps/bbb/dynos").await, 500);
    assert_eq!(get("/apps/bbb/dynos").await, 500);
    faults.clear();
    assert_eq!(get("/apps/bbb/dynos").await, 404);
}

#[tokio::test]
async fn records_every_request_to_any_server() {
    let sandbox = sandbox().await;
    let fault = Fault::Reset;
    sandbox.faults().on(Method::POST, "/apps", 1, fault);
    create_app(&sandbox).await.unwrap_err();
    send(&sandbox, Method::GET, "/account?a=b").await.unwrap();
    loopback::client()
        .get(sandbox.nasa_url())
        .send()
        .await
        .unwrap();
    let record = sandbox.faults().record();
    let record: Vec<_> = record
        .iter()
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    assert_eq!(
        record,
        ["POST /apps", "GET /account", "GET /nasa/wp-json/wp/v2"]
    );
}
