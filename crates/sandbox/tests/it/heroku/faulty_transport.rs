//! Faults of requests in memory.

use std::time::Duration;

use http::{Method, StatusCode};
use jiff::Timestamp;
use picletter_logic_apps::{Transport as _, TransportError};
use picletter_sandbox::faults::{Fault, Faults, FaultyTransport, Silence};
use picletter_sandbox::heroku::error_response;
use picletter_sandbox::server::serve;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use super::{Held, InMemoryHeroku, TOKEN, VERSION_3, request};
use picletter_test_support::loopback;

fn start() -> http::Request<bytes::Bytes> {
    let body = json!({ "command": "worker", "type": "worker" });
    request(Method::POST, "/apps/picletter-app/dynos", Some(body))
}

fn faulty(heroku: &InMemoryHeroku, fault: Fault) -> FaultyTransport<super::InMemory> {
    let faults = Faults::new(move |_| Some(fault.clone()));
    FaultyTransport::new(heroku.hosts.clone(), heroku.clock, faults)
}

fn count(heroku: &InMemoryHeroku) -> usize {
    heroku.heroku.alive().len()
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn error_responses_do_not_process_the_request() {
    let heroku = InMemoryHeroku::running(Held::new());
    for (status, id) in [
        (StatusCode::UNAUTHORIZED, "unauthorized"),
        (StatusCode::FORBIDDEN, "forbidden"),
        (StatusCode::NOT_FOUND, "not_found"),
        (StatusCode::UNPROCESSABLE_ENTITY, "invalid_params"),
        (StatusCode::CONFLICT, "conflict"),
        (StatusCode::TOO_MANY_REQUESTS, "rate_limit"),
        (StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error"),
        (StatusCode::BAD_GATEWAY, "internal_server_error"),
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    ] {
        let fault = error_response(status, Some(7));
        let answer = faulty(&heroku, fault).send(start()).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["retry-after"], "7");
        let error: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(error["id"], id);
    }
    let error = faulty(&heroku, Fault::Reset).send(start()).await;
    assert!(matches!(error, Err(TransportError::Connection(_))));
    assert_eq!(count(&heroku), 0);
}

#[tokio::test(start_paused = true)]
async fn delay_fault_delays_the_response() {
    let heroku = InMemoryHeroku::running(Held::new());
    let began = Instant::now();
    let slow = faulty(&heroku, Fault::Delay(5 * SECOND));
    let answer = slow.send(start()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(began.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn lost_fault_may_still_process_the_request() {
    let heroku = InMemoryHeroku::running(Held::new());
    let lost = |processed_after, seen| {
        faulty(
            &heroku,
            Fault::Lost {
                processed_after,
                seen,
            },
        )
    };
    let at_once = Some(Duration::ZERO);

    let error = lost(at_once, Silence::Reset(SECOND)).send(start()).await;
    assert!(matches!(error, Err(TransportError::Connection(_))));
    assert_eq!(count(&heroku), 1);

    let error = lost(at_once, Silence::Timeout(SECOND)).send(start()).await;
    assert!(matches!(error, Err(TransportError::TimedOut(SECOND))));
    assert_eq!(count(&heroku), 2);

    let error = lost(None, Silence::Timeout(SECOND)).send(start()).await;
    assert!(matches!(error, Err(TransportError::TimedOut(SECOND))));
    assert_eq!(count(&heroku), 2);

    // The client times out after one second, and the request is processed later.
    let late = lost(Some(60 * SECOND), Silence::Timeout(120 * SECOND));
    assert!(timeout(SECOND, late.send(start())).await.is_err());
    sleep(30 * SECOND).await;
    assert_eq!(count(&heroku), 2);
    sleep(30 * SECOND).await;
    assert_eq!(count(&heroku), 3);
}

#[tokio::test(start_paused = true)]
async fn chooses_faults_by_request_and_time() {
    let heroku = InMemoryHeroku::running(Held::new());
    let outage_ends: Timestamp = "2026-12-01T09:00:00Z".parse().unwrap();
    let faults = Faults::new(move |call| {
        if call.method == Method::POST
            && call.uri.path().ends_with("/dynos")
            && call.at < outage_ends
        {
            Some(Fault::Reset)
        } else {
            None
        }
    });
    let transport = FaultyTransport::new(heroku.hosts.clone(), heroku.clock, faults);
    let list = || request(Method::GET, "/apps/picletter-app/dynos", None);
    assert!(transport.send(start()).await.is_err());
    assert_eq!(
        transport.send(list()).await.unwrap().status(),
        StatusCode::OK
    );
    sleep(3_600 * SECOND).await;
    assert_eq!(
        transport.send(start()).await.unwrap().status(),
        StatusCode::CREATED
    );
}

#[tokio::test(start_paused = true)]
async fn unknown_hosts_fail_to_connect() {
    let heroku = InMemoryHeroku::running(Held::new());
    heroku.hosts.clear();
    let error = heroku.hosts.send(start()).await.unwrap_err();
    assert_eq!(error.to_string(), "unknown host: api.heroku.com");
}

/// Serves the API with a fault and starts a dyno over HTTP.
async fn start_over_http(
    heroku: &InMemoryHeroku,
    fault: Option<Fault>,
) -> Result<StatusCode, reqwest::Error> {
    let faults = Faults::new(move |_| fault.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener, heroku.heroku.router(), faults));
    let answer = loopback::client()
        .post(format!("http://{address}/apps/picletter-app/dynos"))
        .header("accept", VERSION_3)
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json")
        .body(json!({ "command": "worker", "type": "worker" }).to_string())
        .send()
        .await;
    server.abort();
    answer.map(|answer| answer.status())
}

#[tokio::test]
async fn over_http_lost_responses_close_the_connection() {
    let heroku = InMemoryHeroku::running(Held::new());
    assert_eq!(
        start_over_http(&heroku, None).await.unwrap(),
        StatusCode::CREATED
    );
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let unavailable = Some(error_response(status, None));
    assert_eq!(start_over_http(&heroku, unavailable).await.unwrap(), status);
    assert!(start_over_http(&heroku, Some(Fault::Reset)).await.is_err());
    assert_eq!(count(&heroku), 1);

    assert!(
        start_over_http(&heroku, Some(Fault::LOST_ANSWER))
            .await
            .is_err()
    );
    assert_eq!(count(&heroku), 2);
    let twice = Fault::Twice(Duration::ZERO);
    let status = start_over_http(&heroku, Some(twice)).await.unwrap();
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(count(&heroku), 4);
}
