//! When a request is sent again.

use picletter_logic_apps::history::AttemptRecord;
use serde_json::{Value, json};

use crate::workflow::world::{Answer, Ended, World, ok, run, status, workflow};

async fn tried(policy: Option<Value>, answers: Vec<Answer>) -> (Vec<f64>, Ended) {
    let world = World::new();
    world.on("/x", answers);
    let mut inputs = json!({ "method": "POST", "uri": "http://a.example/x" });
    if let Some(policy) = policy {
        inputs["retryPolicy"] = policy;
    }
    let actions = json!({ "It": { "type": "Http", "inputs": inputs } });
    let ended = run(&world.deploy(workflow(actions))).await;
    (world.times(), ended)
}

fn fixed() -> Value {
    json!({ "type": "fixed", "interval": "PT30S", "count": 2 })
}

#[tokio::test(start_paused = true)]
async fn a_fixed_policy_sends_again_after_its_interval_as_often_as_it_says() {
    let (times, ended) = tried(Some(fixed()), vec![status(503, json!({}))]).await;
    assert_eq!(times, [0.0, 30.0, 60.0]);
    assert_eq!(ended.code("It"), "ServiceUnavailable");
    let attempt = |at: &str| AttemptRecord {
        started: at.parse().unwrap(),
        ended: at.parse().unwrap(),
        code: "ServiceUnavailable".into(),
    };
    assert_eq!(
        ended.action("It").attempts,
        [
            attempt("2026-11-01T00:00:00Z"),
            attempt("2026-11-01T00:00:30Z")
        ]
    );
    // Attempts are part of one execution.
    assert_eq!(ended.record.billed, 2);
}

#[tokio::test(start_paused = true)]
async fn only_what_may_pass_is_tried_again() {
    for (answer, attempts) in [
        (status(408, json!({})), 2),
        (status(429, json!({})), 2),
        (status(500, json!({})), 2),
        (status(599, json!({})), 2),
        (Answer::Lost, 2),
        (status(409, json!({})), 1),
        (status(404, json!({})), 1),
        (status(201, json!({})), 1),
    ] {
        let (times, _) = tried(Some(fixed()), vec![answer, ok(json!({}))]).await;
        assert_eq!(times.len(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn none_sends_once() {
    let none = Some(json!({ "type": "None" }));
    let (times, _) = tried(none, vec![status(503, json!({}))]).await;
    assert_eq!(times, [0.0]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_as_seconds_and_as_a_date() {
    for value in ["100", "Sun, 01 Nov 2026 00:01:40 GMT"] {
        let headers: &'static [_] = Box::leak(Box::new([("retry-after", value)]));
        let answer = Answer::Reply(429, headers, String::new());
        let (times, _) = tried(Some(fixed()), vec![answer, ok(json!({}))]).await;
        assert_eq!(times, [0.0, 100.0]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_is_exponential_four_times_from_5_to_45_seconds() {
    let ranges = [(5.0, 7.5), (7.5, 15.0), (15.0, 30.0), (30.0, 45.0)];
    for policy in [None, Some(json!({ "type": "default" }))] {
        let (times, _) = tried(policy, vec![Answer::Lost]).await;
        let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits.len(), ranges.len());
        for (wait, (least, most)) in waits.iter().zip(ranges) {
            assert!((least..=most).contains(wait), "{waits:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exponential_policy_keeps_within_its_bounds() {
    let policy = json!({
        "type": "exponential",
        "interval": "PT10S",
        "count": 6,
        "minimumInterval": "PT15S",
        "maximumInterval": "PT1M",
    });
    let (times, _) = tried(Some(policy), vec![status(500, json!({}))]).await;
    let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let ranges = [
        (15.0, 15.0),
        (15.0, 20.0),
        (20.0, 40.0),
        (40.0, 60.0),
        (60.0, 60.0),
        (60.0, 60.0),
    ];
    assert_eq!(waits.len(), ranges.len());
    for (wait, (least, most)) in waits.iter().zip(ranges) {
        assert!((least - 0.01..=most + 0.01).contains(wait), "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_bounds_all_attempts_together() {
    let world = World::new();
    world.on("/x", [status(503, json!({}))]);
    let actions = json!({
        "It": {
            "type": "Http",
            "inputs": {
                "method": "GET",
                "uri": "http://a.example/x",
                "retryPolicy": { "type": "fixed", "interval": "PT1M", "count": 90 },
            },
            "limit": { "timeout": "PT150S" },
        },
    });
    let ended = run(&world.deploy(workflow(actions))).await;
    assert_eq!(world.times(), [0.0, 60.0, 120.0]);
    assert_eq!(ended.status("It"), "TimedOut");
}
