//! `runAfter` dependencies, and the statuses of blocks and runs.

use picletter_logic_apps::Status;
use serde_json::json;

use crate::workflow::harness::{Harness, get, run, run_actions, status, step, workflow};

#[tokio::test(start_paused = true)]
async fn run_after_statuses_are_case_insensitive() {
    let ended = run_actions(json!({
        "A": step(true, json!({})),
        "On_success": step(false, json!({ "A": ["Succeeded"] })),
        "On_failure": step(false, json!({ "A": ["FAILED", "timedOut"] })),
        "On_skipped": step(false, json!({ "On_success": ["Skipped"] })),
        "All": step(false, json!({ "On_failure": ["Succeeded"], "On_skipped": ["Succeeded"] })),
    }))
    .await;
    assert_eq!(
        ended.statuses(),
        "A=Failed On_success=Skipped On_failure=Succeeded On_skipped=Succeeded All=Succeeded"
    );
    assert_eq!(ended.code("On_success"), "ActionSkipped");
    assert_eq!(
        ended.message("On_success"),
        "The execution of template action 'On_success' is skipped: the 'runAfter' condition for action 'A' is not satisfied. Expected status values 'Succeeded' and actual value 'Failed'."
    );
    assert_eq!(ended.record.status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn run_fails_if_the_predecessor_of_a_skipped_branch_failed() {
    let ended = run_actions(json!({
        "A": step(true, json!({})),
        "B": step(false, json!({ "A": ["Succeeded"] })),
        "C": step(false, json!({ "B": ["Succeeded"] })),
        "Beside": step(false, json!({})),
    }))
    .await;
    assert_eq!(
        ended.statuses(),
        "A=Failed B=Skipped C=Skipped Beside=Succeeded"
    );
    assert_eq!(ended.record.status, Status::Failed);
    assert_eq!(ended.record.problem.unwrap().code, "ActionFailed");
}

#[tokio::test(start_paused = true)]
async fn unneeded_failure_handler_does_not_fail_the_run() {
    let ended = run_actions(json!({
        "A": step(false, json!({})),
        "On_failure": step(false, json!({ "A": ["Failed"] })),
    }))
    .await;
    assert_eq!(ended.statuses(), "A=Succeeded On_failure=Skipped");
    assert_eq!(ended.record.status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn handled_failure_fails_the_run_if_a_sibling_branch_is_skipped() {
    // Two branches follow A. The one that requires success is skipped because A failed.
    let ended = run_actions(json!({
        "A": step(true, json!({})),
        "Handler": step(false, json!({ "A": ["Failed"] })),
        "Next": step(false, json!({ "A": ["Succeeded"] })),
    }))
    .await;
    assert_eq!(ended.statuses(), "A=Failed Handler=Succeeded Next=Skipped");
    assert_eq!(ended.record.status, Status::Failed);
}

#[tokio::test(start_paused = true)]
async fn scope_has_the_status_of_its_last_actions() {
    let scope = |last_fails: bool| {
        json!({
            "Scope": {
                "type": "Scope",
                "actions": {
                    "A": step(true, json!({})),
                    "B": step(last_fails, json!({ "A": ["Failed"] })),
                },
            },
            "After": step(false, json!({ "Scope": ["Failed"] })),
        })
    };
    let handled = run_actions(scope(false)).await;
    assert_eq!(
        handled.statuses(),
        "Scope=Succeeded A=Failed B=Succeeded After=Skipped"
    );
    let failed = run_actions(scope(true)).await;
    assert_eq!(
        failed.statuses(),
        "Scope=Failed A=Failed B=Failed After=Succeeded"
    );
    assert_eq!(failed.code("Scope"), "ActionFailed");
    assert_eq!(failed.record.status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn independent_actions_run_concurrently() {
    let harness = Harness::new();
    let wait = |seconds: u32, after: serde_json::Value| {
        json!({
            "type": "Wait",
            "inputs": { "interval": { "count": seconds, "unit": "Second" } },
            "runAfter": after,
        })
    };
    let app = harness.deploy(workflow(json!({
        "Short": wait(10, json!({})),
        "Long": wait(30, json!({})),
        "After_short": wait(5, json!({ "Short": ["Succeeded"] })),
        "After_both": wait(1, json!({ "After_short": ["Succeeded"], "Long": ["Succeeded"] })),
    })));
    run(&app).await;
    assert!(
        (harness.elapsed() - 31.0).abs() < 0.01,
        "{}",
        harness.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn terminate_cancels_running_actions_and_skips_the_rest() {
    let harness = Harness::new();
    let app = harness.deploy(workflow(json!({
        "Long": { "type": "Wait", "inputs": { "interval": { "count": 1, "unit": "Hour" } } },
        "After_long": step(false, json!({ "Long": ["Succeeded"] })),
        "Scope": {
            "type": "Scope",
            "actions": {
                "Get": get("/thing"),
                "Stop": {
                    "type": "Terminate",
                    "inputs": {
                        "runStatus": "Failed",
                        "runError": {
                            "code": "NoThing",
                            "message": "There is no thing: @{body('Get')?['reason']}",
                        },
                    },
                    "runAfter": { "Get": ["Failed"] },
                },
            },
        },
    })));
    harness.stub("/thing", [status(404, json!({ "reason": "gone" }))]);
    let ended = run(&app).await;
    assert_eq!(
        ended.statuses(),
        "Long=Cancelled After_long=Skipped Scope=Cancelled Get=Failed Stop=Succeeded"
    );
    assert_eq!(ended.record.status, Status::Failed);
    let problem = ended.record.problem.unwrap();
    assert_eq!(problem.code, "NoThing");
    assert_eq!(problem.message, "There is no thing: gone");
    assert!(harness.elapsed() < 1.0);
}

#[tokio::test(start_paused = true)]
async fn terminate_can_end_a_run_as_succeeded_or_canceled() {
    for (word, status) in [
        ("succeeded", Status::Succeeded),
        ("Cancelled", Status::Cancelled),
    ] {
        let ended = run_actions(json!({
            "A": step(true, json!({})),
            "Stop": {
                "type": "Terminate",
                "inputs": { "runStatus": word },
                "runAfter": { "A": ["Failed"] },
            },
        }))
        .await;
        assert_eq!(ended.record.status, status);
        assert_eq!(ended.record.problem, None);
    }
}

#[tokio::test(start_paused = true)]
async fn canceled_run_ends_immediately() {
    let harness = Harness::new();
    let app = harness.deploy(workflow(json!({
        "Long": { "type": "Wait", "inputs": { "interval": { "count": 1, "unit": "Hour" } } },
    })));
    let id = app.run_trigger("daily").unwrap();
    harness.sleep(10).await;
    assert!(app.cancel(&id));
    let record = app.join(&id).await.unwrap();
    assert_eq!(record.status, Status::Cancelled);
    assert!((harness.elapsed() - 10.0).abs() < 0.01);
    assert!(!app.cancel(&id));
    assert!(!app.cancel("08584000000000000000000000000CU00"));
}
