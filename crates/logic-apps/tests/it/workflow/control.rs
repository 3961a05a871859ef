//! Conditions, cases, and loops.

use picletter_logic_apps::Status;
use picletter_logic_apps::history::LoopIndex;
use serde_json::{Value, json};

use crate::workflow::harness::{
    Harness, composed, get, ok, run, run_actions, status, step, workflow,
};

fn condition(expression: Value) -> Value {
    json!({
        "Choice": {
            "type": "If",
            "expression": expression,
            "actions": { "Yes": step(false, json!({})) },
            "else": { "actions": { "No": step(false, json!({})) } },
        }
    })
}

#[tokio::test(start_paused = true)]
async fn if_accepts_an_expression_or_an_object_of_operators() {
    let (yes, no) = (true, false);
    for (expression, holds) in [
        (json!("@equals(1, 1)"), yes),
        (json!("@equals(1, 2)"), no),
        (json!({ "equals": ["@add(1, 1)", 2] }), yes),
        (
            json!({ "and": [{ "equals": [1, 1] }, { "greater": ["@add(1, 1)", 2] }] }),
            no,
        ),
        (json!({ "and": [] }), yes),
        (
            json!({ "or": [{ "less": [1, 2] }, { "equals": [1, 2] }] }),
            yes,
        ),
        (
            json!({ "not": { "contains": ["@createArray('a')", "a"] } }),
            no,
        ),
        (json!({ "startsWith": ["abc", "ab"] }), yes),
        (json!({ "endsWith": ["abc", "ab"] }), no),
        (json!({ "greaterOrEquals": [2, 2] }), yes),
        (json!({ "lessOrEquals": [3, 2] }), no),
        (json!({ "empty": "" }), yes),
        (json!({ "empty": ["@createArray(1)"] }), no),
    ] {
        let ended = run_actions(condition(expression.clone())).await;
        let expected = if holds {
            "Choice=Succeeded Yes=Succeeded No=Skipped"
        } else {
            "Choice=Succeeded Yes=Skipped No=Succeeded"
        };
        assert_eq!(ended.statuses(), expected, "{expression}");
        assert_eq!(
            ended.inputs("Choice"),
            &json!({ "expressionResult": holds })
        );
    }
}

#[tokio::test(start_paused = true)]
async fn if_fails_if_the_condition_is_not_boolean() {
    for expression in [json!("@string(1)"), json!("@div(1, 0)")] {
        let ended = run_actions(condition(expression)).await;
        assert_eq!(ended.statuses(), "Choice=Failed Yes=Skipped No=Skipped");
        assert_eq!(ended.code("Choice"), "InvalidTemplate");
    }
}

#[tokio::test(start_paused = true)]
async fn switch_runs_the_matching_case_or_the_default() {
    let switch = |on: &str| {
        json!({
            "Switch": {
                "type": "Switch",
                "expression": on,
                "cases": {
                    "Text": { "case": "one", "actions": { "A": step(false, json!({})) } },
                    "Number": { "case": 1, "actions": { "B": step(true, json!({})) } },
                },
                "default": { "actions": { "C": step(false, json!({})) } },
            }
        })
    };
    for (on, expected) in [
        (
            "@concat('o', 'ne')",
            "Switch=Succeeded A=Succeeded B=Skipped C=Skipped",
        ),
        ("@sub(2, 1)", "Switch=Failed A=Skipped B=Failed C=Skipped"),
        (
            "@string(1)",
            "Switch=Succeeded A=Skipped B=Skipped C=Succeeded",
        ),
        ("One", "Switch=Succeeded A=Skipped B=Skipped C=Succeeded"),
    ] {
        let ended = run_actions(switch(on)).await;
        assert_eq!(ended.statuses(), expected, "{on}");
    }
}

fn until(condition: &str, limit: Value, body: Value) -> Value {
    json!({
        "Loop": {
            "type": "Until",
            "expression": condition,
            "limit": limit,
            "actions": body,
        }
    })
}

#[tokio::test(start_paused = true)]
async fn until_repeats_until_the_condition_is_true() {
    let harness = Harness::new();
    harness.stub(
        "/ready",
        [ok(json!(false)), ok(json!(false)), ok(json!("now"))],
    );
    let mut actions = until(
        "@equals(body('Get'), 'now')",
        json!({ "count": 10, "timeout": "PT1H" }),
        json!({
            "Get": get("/ready"),
            "Pause": {
                "type": "Wait",
                "inputs": {
                    "interval": { "count": "@add(iterationIndexes('Loop'), 5)", "unit": "Minute" },
                },
                "runAfter": { "Get": ["Succeeded"] },
            },
        }),
    );
    actions["After"] = json!({
        "type": "Compose",
        "inputs": "@body('Get')",
        "runAfter": { "Loop": ["Succeeded"] },
    });
    let app = harness.deploy(workflow(actions));
    let ended = run(&app).await;
    assert_eq!(ended.record.status, Status::Succeeded);
    assert_eq!(ended.outputs("After"), "now");
    assert_eq!(harness.times(), [0.0, 300.0, 660.0]);
    assert_eq!(ended.action("Loop").repetitions, Some(3));
    // The trigger, the loop, two actions in each of three iterations, and the last action.
    assert_eq!(ended.record.billed, 9);
    let repetitions = app.repetitions(&ended.record.id, "get").unwrap();
    let bodies: Vec<_> = repetitions
        .iter()
        .map(|repetition| &repetition.outputs.value().unwrap()["body"])
        .collect();
    assert_eq!(bodies, [&json!(false), &json!(false), &json!("now")]);
    let index = LoopIndex {
        name: "Loop".into(),
        index: 1,
    };
    assert_eq!(repetitions[1].loops, [index]);
}

#[tokio::test(start_paused = true)]
async fn until_at_its_limit_has_the_status_of_the_last_iteration() {
    for (options, fails, expected) in [
        (None, false, Status::Succeeded),
        (None, true, Status::Failed),
        // Observed in Azure/logicapps#439.
        (Some("FailWhenLimitsReached"), false, Status::Failed),
    ] {
        let mut actions = until(
            "@equals(1, 2)",
            json!({ "count": 3 }),
            json!({ "Try": step(fails, json!({})) }),
        );
        if let Some(options) = options {
            actions["Loop"]["operationOptions"] = options.into();
        }
        let mut caught = actions.clone();
        caught["After"] = step(false, json!({ "Loop": ["TimedOut"] }));
        let ended = run_actions(actions).await;
        assert_eq!(ended.record.status, expected, "{options:?} {fails}");
        assert_eq!(ended.action("Loop").repetitions, Some(3));
        let ended = run_actions(caught).await;
        let (status, after) = match options {
            Some(_) => ("TimedOut", "Succeeded"),
            None if fails => ("Failed", "Skipped"),
            None => ("Succeeded", "Skipped"),
        };
        assert_eq!(
            (ended.status("Loop"), ended.status("After")),
            (status, after)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn until_ignores_failures_of_earlier_iterations() {
    let harness = Harness::new();
    harness.stub("/x", [status(404, json!({})), ok(json!({}))]);
    let app = harness.deploy(workflow(until(
        "@equals(outputs('Get')?['statusCode'], 200)",
        json!({ "count": 5 }),
        json!({ "Get": get("/x") }),
    )));
    let ended = run(&app).await;
    assert_eq!(ended.statuses(), "Loop=Succeeded Get=Succeeded");
}

#[tokio::test(start_paused = true)]
async fn until_timeout_does_not_interrupt_an_iteration() {
    let harness = Harness::new();
    let wait = json!({
        "Pause": { "type": "Wait", "inputs": { "interval": { "count": 25, "unit": "Minute" } } },
    });
    let app = harness.deploy(workflow(until("@equals(1, 2)", json!({}), wait.clone())));
    // By default, one hour and sixty iterations.
    let ended = run(&app).await;
    assert_eq!(ended.action("Loop").repetitions, Some(3));
    assert!((harness.elapsed() - 75.0 * 60.0).abs() < 1.0);
    let quick = until(
        "@equals(1, 2)",
        json!({}),
        json!({ "Try": step(false, json!({})) }),
    );
    let ended = run_actions(quick).await;
    assert_eq!(ended.action("Loop").repetitions, Some(60));
}

fn foreach(items: &str, body: Value) -> Value {
    json!({ "Each": { "type": "foreach", "foreach": items, "actions": body } })
}

#[tokio::test(start_paused = true)]
async fn foreach_respects_its_concurrency() {
    let pause = json!({
        "Pause": {
            "type": "Wait",
            "inputs": { "interval": { "count": "@item()", "unit": "Second" } },
        },
        "Get": {
            "type": "Http",
            "inputs": { "method": "GET", "uri": "http://api.example/@{items('Each')}" },
            "runAfter": { "Pause": ["Succeeded"] },
        },
    });
    for (setting, value, lines) in [
        (
            "runtimeConfiguration",
            json!({ "concurrency": { "repetitions": 50 } }),
            ["GET /1 at 1", "GET /2 at 2", "GET /3 at 3"],
        ),
        (
            "operationOptions",
            json!("Sequential"),
            ["GET /3 at 3", "GET /1 at 4", "GET /2 at 6"],
        ),
        (
            "runtimeConfiguration",
            json!({ "concurrency": { "repetitions": 2 } }),
            ["GET /1 at 1", "GET /3 at 3", "GET /2 at 3"],
        ),
    ] {
        let harness = Harness::new();
        let mut actions = foreach("@createArray(3, 1, 2)", pause.clone());
        actions["Each"][setting] = value;
        let ended = run(&harness.deploy(workflow(actions))).await;
        assert_eq!(ended.record.status, Status::Succeeded);
        let mut seen = harness.lines();
        if lines[1] == "GET /3 at 3" {
            // Two requests at the same time arrive in any order.
            seen.sort();
            let mut lines = lines;
            lines.sort_unstable();
            assert_eq!(seen, lines);
        } else {
            assert_eq!(seen, lines);
        }
        assert_eq!(ended.action("Each").repetitions, Some(3));
        assert_eq!(ended.record.billed, 8);
    }
}

#[tokio::test(start_paused = true)]
async fn foreach_fails_if_an_iteration_fails_or_the_input_is_not_an_array() {
    let ended = run_actions(foreach(
        "@createArray(1, 0, 2)",
        json!({ "Divide": { "type": "Compose", "inputs": "@div(4, item())" } }),
    ))
    .await;
    assert_eq!(ended.status("Each"), "Failed");
    let ended = run_actions(foreach("@string(1)", json!({}))).await;
    assert_eq!(ended.code("Each"), "InvalidTemplate");
    let ended = run_actions(foreach(
        "@json('[]')",
        json!({ "X": step(true, json!({})) }),
    ))
    .await;
    assert_eq!(ended.statuses(), "Each=Succeeded X=Skipped");
}

#[tokio::test(start_paused = true)]
async fn result_returns_the_actions_of_a_scope_and_each_foreach_iteration() {
    let scope = json!({
        "Scope": {
            "type": "Scope",
            "actions": {
                "A": step(false, json!({})),
                "B": step(true, json!({ "A": ["Succeeded"] })),
                "C": step(false, json!({ "B": ["Succeeded"] })),
                "Inner": { "type": "Scope", "actions": { "Deep": step(false, json!({})) } },
            },
        },
        "Selected": {
            "type": "Select",
            "inputs": {
                "from": "@result('Scope')",
                "select": "@concat(item()['name'], ' ', item()['status'], ' ', item()['code'])",
            },
            "runAfter": { "Scope": ["Failed"] },
        },
    });
    assert_eq!(
        composed(scope, "Selected", "@body('Selected')").await,
        json!([
            "A Succeeded OK",
            "B Failed InvalidTemplate",
            "C Skipped ActionSkipped",
            "Inner Succeeded OK",
        ])
    );
    let mut loops = foreach(
        "@createArray('a', 'b')",
        json!({ "Upper": { "type": "Compose", "inputs": "@toUpper(item())" } }),
    );
    loops["Selected"] = json!({
        "type": "Select",
        "inputs": { "from": "@result('Each')", "select": "@item()['outputs']" },
        "runAfter": { "Each": ["Succeeded"] },
    });
    assert_eq!(
        composed(loops, "Selected", "@body('Selected')").await,
        json!(["A", "B"])
    );
}

#[tokio::test(start_paused = true)]
async fn nested_loops_can_access_outer_items() {
    let actions = json!({
        "Outer": {
            "type": "Foreach",
            "foreach": "@createArray(1, 2)",
            "actions": {
                "Inner": {
                    "type": "Foreach",
                    "foreach": "@createArray(10, 20)",
                    "actions": {
                        "Sum": {
                            "type": "Compose",
                            "inputs": "@add(items('Outer'), item())",
                        },
                        "Send": {
                            "type": "Http",
                            "inputs": {
                                "method": "GET",
                                "uri": "http://api.example/@{outputs('Sum')}",
                            },
                            "runAfter": { "Sum": ["Succeeded"] },
                        },
                    },
                },
            },
        },
    });
    let harness = Harness::new();
    let ended = run(&harness.deploy(workflow(actions))).await;
    assert_eq!(ended.record.status, Status::Succeeded);
    let mut lines = harness.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            "GET /11 at 0",
            "GET /12 at 0",
            "GET /21 at 0",
            "GET /22 at 0"
        ]
    );
}
