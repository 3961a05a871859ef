//! Triggers: when runs start.

use picletter_logic_apps::Clock;
use picletter_logic_apps::{Event, LogicApp, StartError, Status};
use serde_json::{Value, json};

use std::sync::Arc;
use std::time::Duration;

use crate::workflow::harness::{Harness, step, triggered};

fn deployed_at(harness: &Arc<Harness>, start: &str, trigger: Value, actions: Value) -> LogicApp {
    let mut services = harness.services();
    services.clock = Clock::simulated(start.parse().unwrap());
    let app = harness.deploy_with(triggered(json!({ "It": trigger }), actions), services);
    app.start();
    app
}

fn quick() -> Value {
    json!({ "A": step(false, json!({})) })
}

fn slow(minutes: u32) -> Value {
    json!({
        "A": { "type": "Wait", "inputs": { "interval": { "count": minutes, "unit": "Minute" } } },
    })
}

fn recurrence(recurrence: Value) -> Value {
    json!({ "type": "Recurrence", "recurrence": recurrence })
}

fn minutely() -> Value {
    json!({ "frequency": "Minute", "interval": 1, "startTime": "2026-11-01T00:00:00Z" })
}

/// The scheduled time of every firing.
fn scheduled(app: &LogicApp) -> Vec<String> {
    let firings = app.firings();
    firings
        .iter()
        .map(|firing| firing.scheduled.to_string())
        .collect()
}

async fn days(harness: &Harness, days: u64) {
    harness.sleep(days * 86400).await;
}

#[tokio::test(start_paused = true)]
async fn recurrence_follows_its_time_zone_across_a_clock_change() {
    let harness = Harness::new();
    let trigger = recurrence(json!({
        "frequency": "Week",
        "interval": 1,
        "timeZone": "W. Europe Standard Time",
        "schedule": { "hours": ["8"], "minutes": [30], "weekDays": ["Saturday", "sunday"] },
    }));
    // Clocks move back on Sunday, 25 October 2026. A recurrence without a start time fires at
    // deployment.
    let app = deployed_at(&harness, "2026-10-23T10:00:00Z", trigger, quick());
    days(&harness, 9).await;
    assert_eq!(
        scheduled(&app),
        [
            "2026-10-23T10:00:00Z",
            "2026-10-24T06:30:00Z",
            "2026-10-25T07:30:00Z",
            "2026-10-31T07:30:00Z",
            "2026-11-01T07:30:00Z",
        ]
    );
    for (firing, run) in app.firings().iter().zip(app.runs().iter().rev()) {
        assert_eq!(firing.fired, firing.scheduled);
        assert_eq!(firing.run.as_ref(), Some(&run.id));
        assert_eq!(run.status, Status::Succeeded);
        assert_eq!(run.scheduled, firing.scheduled);
    }
}

#[tokio::test(start_paused = true)]
async fn recurrence_does_not_make_up_for_missed_times() {
    let harness = Harness::new();
    let trigger = recurrence(json!({
        "frequency": "Hour",
        "interval": 1,
        "startTime": "2026-10-01T00:30:00Z",
    }));
    let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, quick());
    harness.sleep(3600).await;
    app.disable();
    assert_eq!(app.run_trigger("It"), Err(StartError::Disabled));
    harness.sleep(3 * 3600).await;
    app.enable();
    harness.sleep(3600).await;
    assert_eq!(
        scheduled(&app),
        ["2026-11-01T00:30:00Z", "2026-11-01T04:30:00Z"]
    );
}

#[tokio::test(start_paused = true)]
async fn only_the_first_time_missed_during_sleep_fires_late() {
    let harness = Harness::new();
    let trigger = recurrence(json!({
        "frequency": "Hour",
        "interval": 1,
        "startTime": "2026-11-01T00:30:00Z",
    }));
    let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, quick());
    harness.sleep(1).await;
    // The computer sleeps for five hours, so the trigger misses five times: 00:30 to 04:30.
    tokio::time::advance(Duration::from_hours(5)).await;
    harness.sleep(3600).await;
    assert_eq!(
        scheduled(&app),
        ["2026-11-01T00:30:00Z", "2026-11-01T05:30:00Z"]
    );
}

#[tokio::test(start_paused = true)]
async fn sliding_window_makes_up_for_missed_windows() {
    let harness = Harness::new();
    let trigger = json!({
        "type": "SlidingWindow",
        "inputs": { "delay": "PT5M" },
        "recurrence": { "frequency": "Hour", "interval": 6, "startTime": "2026-10-31T12:00:00Z" },
    });
    let actions = json!({
        "Window": {
            "type": "Compose",
            "inputs": "@{triggerOutputs()['windowStartTime']} @{trigger().outputs.windowEndTime}",
        },
    });
    let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, actions);
    harness.sleep(3600).await;
    app.disable();
    harness.sleep(14 * 3600).await;
    app.enable();
    harness.sleep(1).await;
    let lines: Vec<_> = app
        .firings()
        .iter()
        .map(|firing| format!("{} for {}", firing.fired, firing.scheduled))
        .collect();
    assert_eq!(
        lines,
        [
            "2026-11-01T00:00:00Z for 2026-10-31T12:00:00Z",
            "2026-11-01T00:00:00Z for 2026-10-31T18:00:00Z",
            "2026-11-01T00:05:00Z for 2026-11-01T00:00:00Z",
            "2026-11-01T15:00:00Z for 2026-11-01T06:00:00Z",
            "2026-11-01T15:00:00Z for 2026-11-01T12:00:00Z",
        ]
    );
    let first = app.firings()[0].run.clone().unwrap();
    assert_eq!(
        app.actions(&first).unwrap()[0].outputs.value().unwrap(),
        "2026-10-31T12:00:00Z 2026-10-31T18:00:00Z"
    );
}

#[tokio::test(start_paused = true)]
async fn runs_are_concurrent_unless_limited() {
    for (setting, value, together) in [
        ("description", json!("every minute"), 3),
        ("operationOptions", json!("SingleInstance"), 1),
        (
            "runtimeConfiguration",
            json!({ "concurrency": { "runs": 2 } }),
            2,
        ),
    ] {
        let harness = Harness::new();
        let mut trigger = recurrence(minutely());
        trigger[setting] = value;
        let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, slow(60));
        harness.sleep(150).await;
        let runs = app.runs();
        let count = |status| runs.iter().filter(|run| run.status == status).count();
        assert_eq!(count(Status::Running), together, "{setting}");
        assert_eq!(count(Status::Waiting), 3 - together);
    }
}

/// The default queue size is the maximum number of concurrent runs plus ten.
#[tokio::test(start_paused = true)]
async fn waiting_runs_start_in_order_and_excess_firings_are_skipped() {
    let harness = Harness::new();
    let mut trigger = recurrence(minutely());
    trigger["runtimeConfiguration"] = json!({ "concurrency": { "runs": 1 } });
    let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, slow(20));
    harness.sleep(14 * 60 + 30).await;
    let firings = app.firings();
    let statuses: Vec<_> = firings.iter().map(|firing| firing.status).collect();
    assert_eq!(statuses[..12], [Status::Succeeded; 12]);
    assert_eq!(statuses[12..], [Status::Skipped; 3]);
    assert!(firings[..12].iter().all(|firing| firing.run.is_some()));
    assert!(firings[12..].iter().all(|firing| firing.run.is_none()));
    let too_many = StartError::TooManyWaiting("It".to_owned());
    assert_eq!(app.run_trigger("It"), Err(too_many));
    app.disable();
    app.idle().await;
    let mut starts: Vec<_> = app
        .runs()
        .iter()
        .map(|run| run.started.unwrap().to_string())
        .collect();
    starts.reverse();
    assert_eq!(
        starts[..3],
        [
            "2026-11-01T00:00:00Z",
            "2026-11-01T00:20:00Z",
            "2026-11-01T00:40:00Z"
        ]
    );
    assert_eq!(starts.len(), 12);
}

#[tokio::test(start_paused = true)]
async fn sliding_window_waits_for_room_in_the_queue() {
    let harness = Harness::new();
    let trigger = json!({
        "type": "SlidingWindow",
        "recurrence": minutely(),
        "runtimeConfiguration": { "concurrency": { "runs": 1, "maximumWaitingRuns": 10 } },
    });
    let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, slow(2));
    harness.sleep(41 * 60).await;
    let firings = app.firings();
    assert!(firings.iter().all(|firing| firing.run.is_some()));
    let windows: Vec<_> = firings.iter().map(|f| f.scheduled.to_string()).collect();
    let expected: Vec<_> = (0..windows.len())
        .map(|minute| format!("2026-11-01T00:{minute:02}:00Z"))
        .collect();
    assert_eq!(windows, expected);
    // 21 runs have started, one every two minutes, and ten wait in the queue.
    assert_eq!(windows.len(), 31);
}

/// Tests for a race: a window finds a free slot in the queue, and a manual run on another thread
/// takes the slot first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn manual_runs_do_not_take_the_slot_of_a_window() {
    const WINDOWS: usize = 2_000;
    let harness = Harness::new();
    let mut services = harness.services();
    services.clock = Clock::system();
    services.options.kept = 1_000_000;
    let now = Clock::system().now();
    let start = now - jiff::SignedDuration::from_secs(2_000 - 1);
    let trigger = json!({
        "type": "SlidingWindow",
        "recurrence": {
            "frequency": "Second",
            "interval": 1,
            "startTime": start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
        "runtimeConfiguration": { "concurrency": { "runs": 1, "maximumWaitingRuns": 10 } },
    });
    let app = harness.deploy_with(triggered(json!({ "It": trigger }), quick()), services);
    app.start();
    for _ in 0..3 {
        let app = app.clone();
        tokio::spawn(async move {
            loop {
                // Fails while the queue is full.
                let _ = app.run_trigger("It");
                tokio::task::yield_now().await;
            }
        });
    }
    let windows = || {
        let runs = app.runs().into_iter().filter(|run| run.scheduled <= now);
        let mut windows: Vec<_> = runs.map(|run| run.scheduled.as_second()).collect();
        windows.sort_unstable();
        windows
    };
    let last = now.as_second();
    while windows().last().is_none_or(|window| *window < last) {
        tokio::task::yield_now().await;
    }
    app.stop();
    let expected: Vec<_> = (start.as_second()..).take(WINDOWS).collect();
    assert_eq!(windows(), expected);
}

/// The example fires on the first Monday of a month (trigger reference, "Trigger conditions").
#[tokio::test(start_paused = true)]
async fn trigger_starts_a_run_only_if_all_conditions_are_true() {
    let harness = Harness::new();
    let mut trigger = recurrence(json!({
        "frequency": "Week",
        "interval": 1,
        "startTime": "2026-11-01T00:00:00",
        "timeZone": "W. Europe Standard Time",
        "schedule": { "hours": [0], "minutes": [30], "weekDays": ["Monday"] },
    }));
    trigger["conditions"] = json!([
        {
            "expression": "@lessOrEquals(dayOfMonth(convertFromUtc(utcNow(), 'W. Europe Standard Time')), 7)",
        },
        { "expression": "@startsWith(trigger().name, parameters('prefix'))" },
    ]);
    let mut properties = triggered(json!({ "It": trigger }), quick());
    properties["definition"]["parameters"] =
        json!({ "prefix": { "type": "String", "defaultValue": "I" } });
    let app = harness.deploy(properties);
    let mut events = app.subscribe();
    app.start();
    days(&harness, 39).await;
    let lines: Vec<_> = app
        .firings()
        .iter()
        .map(|firing| {
            let run = firing.run.is_some();
            format!("{} {} {run}", firing.scheduled, firing.status)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "2026-11-01T23:30:00Z Succeeded true",
            "2026-11-08T23:30:00Z Skipped false",
            "2026-11-15T23:30:00Z Skipped false",
            "2026-11-22T23:30:00Z Skipped false",
            "2026-11-29T23:30:00Z Skipped false",
            "2026-12-06T23:30:00Z Succeeded true",
        ]
    );
    assert_eq!(app.runs().len(), 2);
    let mut unstarted = 0;
    while let Ok(event) = events.try_recv() {
        unstarted += usize::from(matches!(event, Event::NotStarted { .. }));
    }
    assert_eq!(unstarted, 4);
    days(&harness, 7).await;
    let skipped = StartError::ConditionNotMet("It".to_owned());
    assert_eq!(app.run_trigger("It"), Err(skipped));
}

#[tokio::test(start_paused = true)]
async fn condition_error_fails_the_firing() {
    let harness = Harness::new();
    let mut trigger = recurrence(minutely());
    trigger["conditions"] = json!([{ "expression": "@div(1, 0)" }]);
    let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, quick());
    harness.sleep(30).await;
    assert_eq!(app.firings()[0].status, Status::Failed);
    assert!(app.runs().is_empty());
    let error = app.run_trigger("It").unwrap_err().to_string();
    assert!(
        error.contains("It cannot be evaluated: function 'div'"),
        "{error}"
    );
}

/// The example of the recurrence article, with the `evaluatedRecurrence` that the service adds
/// (terraform-provider-azurerm#28344).
#[tokio::test(start_paused = true)]
async fn month_days_accepts_the_last_day_of_the_month() {
    let harness = Harness::new();
    let monthly = json!({
        "frequency": "Month",
        "interval": 1,
        "startTime": "2026-11-01T08:00:00",
        "timeZone": "W. Europe Standard Time",
        "schedule": { "monthDays": [-1] },
    });
    let mut trigger = recurrence(monthly.clone());
    trigger["evaluatedRecurrence"] = monthly;
    let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, quick());
    days(&harness, 120).await;
    assert_eq!(
        scheduled(&app),
        [
            "2026-11-30T07:00:00Z",
            "2026-12-31T07:00:00Z",
            "2027-01-31T07:00:00Z",
            "2027-02-28T07:00:00Z"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_run_can_be_canceled() {
    let harness = Harness::new();
    let mut trigger = recurrence(minutely());
    trigger["operationOptions"] = "SingleInstance".into();
    let app = deployed_at(&harness, "2026-11-01T00:00:00Z", trigger, slow(30));
    harness.sleep(90).await;
    let waiting = app.runs()[0].clone();
    assert_eq!(waiting.status, Status::Waiting);
    assert!(app.cancel(&waiting.id));
    let record = app.run(&waiting.id).unwrap();
    assert_eq!((record.status, record.started), (Status::Cancelled, None));
    app.stop();
    app.idle().await;
    assert_eq!(app.runs().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn disabled_workflow_does_not_fire() {
    let harness = Harness::new();
    let mut properties = triggered(json!({ "It": recurrence(minutely()) }), quick());
    properties["state"] = "Disabled".into();
    let app = harness.deploy(properties);
    app.start();
    harness.sleep(610).await;
    assert!(app.firings().is_empty());
    app.enable();
    harness.sleep(60).await;
    assert_eq!(scheduled(&app), ["2026-11-01T00:11:00Z"]);
}

#[tokio::test(start_paused = true)]
async fn run_trigger_ignores_the_case_of_the_name() {
    let harness = Harness::new();
    let app = deployed_at(
        &harness,
        "2026-10-01T00:00:00Z",
        recurrence(minutely()),
        quick(),
    );
    let id = app.run_trigger("it").unwrap();
    assert_eq!(app.join(&id).await.unwrap().status, Status::Succeeded);
    let unknown = StartError::NoTrigger("that".to_owned());
    assert_eq!(app.run_trigger("that"), Err(unknown));
    assert_eq!(app.trigger_names().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_stops_the_triggers() {
    let harness = Harness::new();
    let services = harness.services();
    let properties = triggered(json!({ "It": recurrence(minutely()) }), quick());
    let app = LogicApp::deploy("x", &properties, services).unwrap();
    app.start();
    let mut events = app.subscribe();
    harness.sleep(90).await;
    drop(app);
    harness.sleep(600).await;
    let mut runs = 0;
    while events.try_recv().is_ok() {
        runs += 1;
    }
    // Only the two runs before the drop sent events, four each.
    assert_eq!(runs, 8);
}
