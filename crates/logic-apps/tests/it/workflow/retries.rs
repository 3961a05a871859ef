//! Retry policies.

use picletter_logic_apps::history::AttemptRecord;
use serde_json::{Value, json};

use crate::workflow::harness::{EndedRun, Harness, StubResponse, ok, run, status, workflow};

async fn run_with_policy(
    policy: Option<Value>,
    responses: Vec<StubResponse>,
) -> (Vec<f64>, EndedRun) {
    let harness = Harness::new();
    harness.stub("/x", responses);
    let mut inputs = json!({ "method": "POST", "uri": "http://a.example/x" });
    if let Some(policy) = policy {
        inputs["retryPolicy"] = policy;
    }
    let actions = json!({ "It": { "type": "Http", "inputs": inputs } });
    let ended = run(&harness.deploy(workflow(actions))).await;
    (harness.times(), ended)
}

fn fixed() -> Value {
    json!({ "type": "fixed", "interval": "PT30S", "count": 2 })
}

#[tokio::test(start_paused = true)]
async fn fixed_policy_retries_at_its_interval_up_to_its_count() {
    let (times, ended) = run_with_policy(Some(fixed()), vec![status(503, json!({}))]).await;
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
    // All attempts are billed as one execution.
    assert_eq!(ended.record.billed, 2);
}

#[tokio::test(start_paused = true)]
async fn retries_only_transient_failures() {
    for (response, attempts) in [
        (status(408, json!({})), 2),
        (status(429, json!({})), 2),
        (status(500, json!({})), 2),
        (status(599, json!({})), 2),
        (StubResponse::ConnectionReset, 2),
        (status(409, json!({})), 1),
        (status(404, json!({})), 1),
        (status(201, json!({})), 1),
    ] {
        let (times, _) = run_with_policy(Some(fixed()), vec![response, ok(json!({}))]).await;
        assert_eq!(times.len(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn policy_none_does_not_retry() {
    let none = Some(json!({ "type": "None" }));
    let (times, _) = run_with_policy(none, vec![status(503, json!({}))]).await;
    assert_eq!(times, [0.0]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_seconds_or_a_date() {
    for value in ["100", "Sun, 01 Nov 2026 00:01:40 GMT"] {
        let headers: &'static [_] = Box::leak(Box::new([("retry-after", value)]));
        let response = StubResponse::Reply(429, headers, String::new());
        let (times, _) = run_with_policy(Some(fixed()), vec![response, ok(json!({}))]).await;
        assert_eq!(times, [0.0, 100.0]);
    }
}

#[tokio::test(start_paused = true)]
async fn default_policy_retries_four_times_within_5_to_45_seconds() {
    let ranges = [(5.0, 7.5), (7.5, 15.0), (15.0, 30.0), (30.0, 45.0)];
    for policy in [None, Some(json!({ "type": "default" }))] {
        let (times, _) = run_with_policy(policy, vec![StubResponse::ConnectionReset]).await;
        let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits.len(), ranges.len());
        for (wait, (min, max)) in waits.iter().zip(ranges) {
            assert!((min..=max).contains(wait), "{waits:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn exponential_policy_stays_within_its_bounds() {
    let policy = json!({
        "type": "exponential",
        "interval": "PT10S",
        "count": 6,
        "minimumInterval": "PT15S",
        "maximumInterval": "PT1M",
    });
    let (times, _) = run_with_policy(Some(policy), vec![status(500, json!({}))]).await;
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
    for (wait, (min, max)) in waits.iter().zip(ranges) {
        assert!((min - 0.01..=max + 0.01).contains(wait), "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn limit_applies_to_all_attempts_together() {
    let harness = Harness::new();
    harness.stub("/x", [status(503, json!({}))]);
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
    let ended = run(&harness.deploy(workflow(actions))).await;
    assert_eq!(harness.times(), [0.0, 60.0, 120.0]);
    assert_eq!(ended.status("It"), "TimedOut");
}
