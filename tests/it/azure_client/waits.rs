//! Waits that Azure requires with `Retry-After`, on a paused clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use picletter_core::deploy::azure::Arm;
use picletter_core::deploy::http::{Http, Timings, Wait};
use serde_json::json;
use tokio::time::Instant;

use super::server::{Reply, SUBSCRIPTION, Server, error};
use crate::support::clients::{HASTY, arm_with, http};
use crate::support::clock::ManualClock;

/// Timings with real limits of waits, and with a timeout of attempts that no loaded machine reaches.
fn timings() -> Timings {
    Timings {
        answer: Duration::from_hours(1),
        longest_retry_after: Duration::from_mins(1),
        longest_poll: Duration::from_mins(1),
        ..HASTY
    }
}

/// A server that requires waits, and the times of its requests. A deletion ends at the second poll.
/// The first list of subscriptions is rate-limited.
async fn server(retry_after: &'static str) -> (Server, Arc<Mutex<Vec<Instant>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let times = Arc::clone(&received);
    let server = Server::start(move |request| {
        let wait = ("retry-after", retry_after.to_owned());
        let location = format!("{}/operationresults/1", request.base);
        let reply = match (request.method.as_str(), request.path.as_str(), request.nth) {
            ("DELETE", ..) | (_, "/operationresults/1", 0) => {
                Reply::JsonWith(202, vec![("location", location), wait], json!(null))
            }
            (_, "/operationresults/1", _) => Reply::Json(200, json!(null)),
            (_, "/subscriptions", 0) => {
                let body = error("TooManyRequests", "Slower.");
                Reply::JsonWith(429, vec![wait], body)
            }
            (_, "/subscriptions", _) => Reply::Json(200, json!({"value": []})),
            _ => return None,
        };
        times.lock().unwrap().push(Instant::now());
        Some(reply)
    })
    .await;
    (server, received)
}

/// A client that is connected and signed in. Its limit for connecting is so short on the paused clock
/// that a loaded machine could reach it.
async fn connected(http: Http, server: &Server) -> Arm {
    let arm = arm_with(http, &server.url);
    let group = arm.resource_group(SUBSCRIPTION, "newsletter").await;
    assert!(group.unwrap().is_none());
    arm
}

/// The time between each two consecutive requests.
fn intervals(received: &Mutex<Vec<Instant>>) -> Vec<Duration> {
    let received = received.lock().unwrap();
    received.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test]
async fn polls_wait_as_long_as_azure_requires_but_not_longer_than_the_longest_poll() {
    // A wait of a day would exceed the time limit of an operation.
    for (retry_after, least) in [("45", 45), ("86400", 60)] {
        let (server, received) = server(retry_after).await;
        let arm = connected(http(timings()), &server).await;
        let clock = ManualClock::pause();
        let deletion = arm.delete_resource_group(SUBSCRIPTION, "newsletter");
        clock.advance_until_end(deletion).await.unwrap();
        let intervals = intervals(&received);
        assert_eq!(intervals.len(), 2);
        for interval in intervals {
            assert!(interval >= Duration::from_secs(least), "{interval:?}");
        }
    }
}

#[tokio::test]
async fn retries_after_the_announced_wait() {
    let (server, received) = server("45").await;
    let announced = Arc::new(Mutex::new(Vec::new()));
    let waits = Arc::clone(&announced);
    let http = http(timings()).reporting_waits(move |wait| waits.lock().unwrap().push(wait));
    let arm = connected(http, &server).await;
    let clock = ManualClock::pause();
    clock.advance_until_end(arm.subscriptions()).await.unwrap();
    let wait = Duration::from_secs(45);
    assert_eq!(
        *announced.lock().unwrap(),
        [Wait {
            vendor: "Azure",
            status: StatusCode::TOO_MANY_REQUESTS,
            required: wait,
            length: wait,
        }]
    );
    let intervals = intervals(&received);
    assert_eq!(intervals.len(), 1);
    assert!(intervals[0] >= wait, "{intervals:?}");
}
