//! Run history and events.

use std::collections::HashSet;

use picletter_logic_apps::history::Content;
use picletter_logic_apps::{Event, Status};
use serde_json::json;

use crate::workflow::harness::{Harness, START, get, ok, run, run_actions, step, workflow};

#[tokio::test(start_paused = true)]
async fn records_contain_times_statuses_and_contents() {
    let harness = Harness::new();
    harness.stub("/x", [ok(json!({ "a": 1 }))]);
    let app = harness.deploy(workflow(json!({
        "Get": get("/x"),
        "Fail": step(true, json!({ "Get": ["Succeeded"] })),
    })));
    let ended = run(&app).await;
    let at = START.parse().unwrap();
    let run = &ended.record;
    assert_eq!((run.fired, run.scheduled), (at, at));
    assert_eq!((run.started, run.ended), (Some(at), Some(at)));
    assert_eq!((&*run.trigger, run.billed), ("Daily", 3));
    assert_eq!(run.status, Status::Failed);
    assert_eq!(run.problem.as_ref().unwrap().code, "ActionFailed");

    let get = ended.action("Get");
    assert_eq!((get.status, &*get.code), (Status::Succeeded, "OK"));
    assert_eq!((get.started, get.ended), (Some(at), Some(at)));
    assert_eq!(get.problem, None);
    assert_eq!(ended.inputs("Get")["uri"], "http://api.example/x");
    assert_eq!(
        ended.outputs("Get"),
        &json!({
            "statusCode": 200,
            "headers": { "Content-Type": "application/json" },
            "body": { "a": 1 },
        })
    );

    let fail = ended.action("Fail");
    assert_eq!(fail.status, Status::Failed);
    assert_eq!(fail.problem.as_ref().unwrap().code, "InvalidTemplate");
    assert_eq!(
        (&fail.inputs, &fail.outputs),
        (&Content::None, &Content::None)
    );
    assert_ne!(get.tracking_id, fail.tracking_id);
}

#[tokio::test(start_paused = true)]
async fn action_in_a_branch_not_taken_is_skipped_without_times() {
    let ended = run_actions(json!({
        "Check": {
            "type": "If",
            "expression": "@equals(1, 2)",
            "actions": { "Then": step(false, json!({})) },
        },
    }))
    .await;
    let then = ended.action("Then");
    assert_eq!((then.status, then.started), (Status::Skipped, None));
    assert_eq!(then.tracking_id, None);
}

#[tokio::test(start_paused = true)]
async fn run_ids_are_unique_and_descending() {
    let harness = Harness::new();
    let app = harness.deploy(workflow(json!({})));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(app.run_trigger("Daily").unwrap());
        harness.sleep(1).await;
    }
    for id in &ids {
        assert_eq!(id.len(), 33);
        assert!(id.starts_with("08584"), "{id}");
        assert_eq!(&id[29..31], "CU");
    }
    assert!(ids[0] > ids[1] && ids[1] > ids[2], "{ids:?}");
    let at_once: HashSet<_> = (0..900)
        .map(|_| app.run_trigger("Daily").unwrap())
        .collect();
    assert_eq!(at_once.len(), 900);
}

#[tokio::test(start_paused = true)]
async fn history_discards_the_oldest_ended_runs() {
    let harness = Harness::new();
    let mut services = harness.services();
    services.options.kept = 10;
    let actions = json!({
        "Wait": {
            "type": "Wait",
            "inputs": { "interval": { "count": 1, "unit": "Second" } },
        },
    });
    let app = harness.deploy_with(workflow(actions), services);
    let mut ids = Vec::new();
    for _ in 0..25 {
        ids.push(app.run_trigger("Daily").unwrap());
        harness.sleep(2).await;
    }
    let last = app.run_trigger("Daily").unwrap();
    assert_eq!(app.runs().len(), 11);
    assert_eq!(app.runs()[0].id, last);
    assert_eq!(app.firings().len(), 10);
    assert!(app.run(&ids[14]).is_none());
    assert!(app.actions(&ids[14]).is_none());
    assert!(app.run(&ids[15]).is_some());
    assert!(app.join(&ids[0]).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn events_are_in_order() {
    let harness = Harness::new();
    let app = harness.deploy(workflow(json!({
        "A": step(false, json!({})),
        "B": step(false, json!({ "A": ["Failed"] })),
    })));
    let mut events = app.subscribe();
    run(&app).await;
    let mut lines = Vec::new();
    while let Ok(event) = events.try_recv() {
        lines.push(match event {
            Event::RunStarted { trigger, .. } => format!("run by {trigger}"),
            Event::ActionStarted { action, .. } => format!("{action} started"),
            Event::ActionEnded {
                action,
                status,
                code,
                ..
            } => format!("{action} {status} {code}"),
            Event::RunEnded { status, .. } => format!("run {status}"),
            Event::NotStarted { status, .. } => format!("no run: {status}"),
        });
    }
    assert_eq!(
        lines,
        [
            "run by Daily",
            "A started",
            "A Succeeded OK",
            "B Skipped ActionSkipped",
            "run Succeeded",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn same_seed_gives_the_same_run() {
    let mut ids = HashSet::new();
    for _ in 0..2 {
        let app = Harness::new().deploy(workflow(json!({})));
        ids.insert(app.run_trigger("Daily").unwrap());
    }
    assert_eq!(ids.len(), 1);
}
