//! Load errors: invalid definitions are rejected with the path and a suggestion.

use std::fmt::Write as _;

use picletter_logic_apps::definition::Definition;
use serde_json::{Value, json};

use crate::workflow::harness::{START, step, triggered, workflow};

/// Returns the load error of an invalid definition.
pub(crate) fn load_error(properties: Value) -> String {
    let loaded = Definition::load(&properties, START.parse().unwrap());
    let message = loaded
        .map(|_| ())
        .expect_err("a wrong definition")
        .to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

fn load_errors(cases: impl IntoIterator<Item = Value>) -> String {
    let mut list = String::new();
    for case in cases {
        writeln!(list, "{}", load_error(case)).unwrap();
    }
    list
}

fn actions(cases: impl IntoIterator<Item = Value>) -> String {
    load_errors(cases.into_iter().map(workflow))
}

fn one(action: Value) -> Value {
    json!({ "It": action })
}

fn compose(expression: &str) -> Value {
    json!({ "type": "Compose", "inputs": expression })
}

fn http(inputs: Value) -> Value {
    let mut all = json!({ "method": "GET", "uri": "http://a.example/" });
    let map = all.as_object_mut().unwrap();
    map.extend(inputs.as_object().unwrap().clone());
    json!({ "type": "Http", "inputs": all })
}

fn with(mut action: Value, key: &str, value: Value) -> Value {
    action[key] = value;
    action
}

#[test]
fn unknown_words_are_rejected_with_a_suggestion() {
    insta::assert_snapshot!(
        "unknown",
        actions([
            one(json!({ "type": "Htpp", "inputs": {} })),
            one(json!({ "type": "Bicycle", "inputs": {} })),
            one(json!({ "type": "Response", "inputs": {} })),
            one(json!({ "type": "ApiConnection", "inputs": {} })),
            one(json!({ "inputs": {} })),
            one(json!({ "type": 1 })),
            one(json!([])),
            one(with(compose("x"), "runafter", json!({}))),
            one(with(compose("x"), "foo", json!({}))),
            one(http(json!({ "url": "x" }))),
            one(http(json!({ "retryPolicy": { "type": "expnential" } }))),
            one(with(
                http(json!({})),
                "operationOptions",
                json!("DisableAsyncPatern")
            )),
            one(with(
                http(json!({})),
                "runtimeConfiguration",
                json!({ "concurrency": {} })
            )),
            one(compose("@lenght('a')")),
            one(compose("@parameters('x')")),
            one(compose("@outputs('X')")),
            one(compose("@variables('x')")),
            json!({ "A": compose("x"), "B": step(false, json!({ "A": ["Suceeded"] })) }),
            one(
                json!({ "type": "Wait", "inputs": { "interval": { "count": 1, "unit": "Minutes" } } })
            ),
            one(json!({ "type": "If", "expression": { "equal": [1, 1] } })),
            one(json!({ "type": "If", "expression": { "equals": [1] } })),
            one(json!({ "type": "If", "expression": { "empty": [1, 2] } })),
            one(json!({ "type": "If", "expression": "true" })),
            one(
                json!({ "type": "ParseJson", "inputs": { "content": 1, "schema": { "oneOf": [] } } })
            ),
        ])
    );
}

#[test]
fn syntax_errors_contain_the_path() {
    insta::assert_snapshot!(
        "syntax",
        actions([
            one(compose("@concat('a'")),
            one(compose("@{concat('a', }")),
            one(json!({ "type": "Compose", "inputs": { "env": { "URL": "a@{b" } } })),
            one(http(json!({ "body": { "env": { "URL": "@concat(" } } }))),
            one(compose("@add(1)")),
            one(json!({
                "type": "Scope",
                "actions": { "Run": http(json!({ "headers": { "X": "@nope()" } })) },
            })),
        ])
    );
}

#[test]
fn references_must_name_an_action_that_has_ended() {
    let scope = |kind: &str, inner: Value| json!({ "type": kind, "foreach": [1], "expression": "@equals(1, 1)", "actions": { "Inner": inner } });
    let scoped = |mut scope: Value, unwanted: &[&str], after: Value| {
        for key in unwanted {
            scope.as_object_mut().unwrap().remove(*key);
        }
        json!({ "Scope": scope, "After": after })
    };
    let inner = || scope("Foreach", step(false, json!({})));
    let mut after = compose("@outputs('Inner')");
    after["runAfter"] = json!({ "Scope": ["Succeeded"] });
    insta::assert_snapshot!(
        "references",
        actions([
            json!({ "A": compose("x"), "B": compose("@outputs('A')") }),
            json!({ "A": compose("@outputs('B')"), "B": step(false, json!({ "A": ["Succeeded"] })) }),
            one(compose("@outputs('It')")),
            one(compose("@outputs(concat('I', 't'))")),
            scoped(inner(), &["expression"], after.clone()),
            scoped(
                scope("Scope", compose("@result('Scope')")),
                &["foreach", "expression"],
                compose("x")
            ),
            scoped(
                scope("Scope", compose("x")),
                &["foreach", "expression"],
                compose("@outputs('Inner')")
            ),
            one(compose("@item()")),
            one(compose("@items('It')")),
            json!({ "Loop": {
            "type": "Until",
            "expression": "@equals(1, 1)",
            "actions": { "In": http(json!({ "body": { "env": { "X": "@items('Loop')" } } })) },
        } }),
            one(compose("@listCallbackUrl()")),
            one(http(json!({ "body": "@listCallbackUrl()" }))),
            json!({ "A": compose("x"), "B": step(false, json!({ "C": ["Succeeded"] })) }),
            json!({
                "Scope": { "type": "Scope", "actions": { "Inner": compose("x") } },
                "B": step(false, json!({ "Inner": ["Succeeded"] })),
            }),
            json!({ "A": step(false, json!({ "B": ["Succeeded"] })), "B": step(false, json!({ "A": [] })) }),
            json!({
                "Free": compose("x"),
                "A": step(false, json!({ "C": ["Succeeded"] })),
                "B": step(false, json!({ "A": ["Succeeded"] })),
                "C": step(false, json!({ "B": ["Succeeded"], "Free": ["Succeeded"] })),
                "D": step(false, json!({ "C": ["Succeeded"] })),
            }),
            one(step(false, json!({ "It": ["Succeeded"] }))),
            json!({ "A": compose("x"), "Scope": { "type": "Scope", "actions": { "a": compose("x") } } }),
        ])
    );
}

#[test]
fn actions_of_an_until_can_be_referenced_in_and_after_it() {
    let properties = workflow(json!({
        "Start": {
            "type": "Until",
            "expression": "@and(equals(outputs('Verdict'), 'x'), less(iterationIndexes('Start'), 3))",
            "actions": {
                "Guard": {
                    "type": "If",
                    "expression": "@equals(1, 1)",
                    "actions": { "Run": compose("x") },
                    "else": { "actions": { "Other": compose("x") } },
                },
                "Verdict": with(
                    compose("@{outputs('Run')}@{actions('Other').status}@{iterationIndexes('Start')}"),
                    "runAfter",
                    json!({ "Guard": ["Succeeded", "Failed", "Skipped", "TimedOut"] }),
                ),
            },
        },
        "Outcome": with(
            compose("@{outputs('Verdict')}@{body('Run')}@{result('Start')}"),
            "runAfter",
            json!({ "Start": ["Succeeded"] }),
        ),
    }));
    Definition::load(&properties, START.parse().unwrap()).unwrap();
}

#[test]
fn action_inputs_are_validated() {
    insta::assert_snapshot!(
        "inputs",
        actions([
            one(json!({ "type": "Http" })),
            one(json!({ "type": "Http", "inputs": { "method": "GET" } })),
            one(http(json!({ "method": "FETCH" }))),
            one(http(json!({ "uri": "a.example" }))),
            one(http(json!({ "uri": "file:///etc/passwd" }))),
            one(http(json!({ "headers": [] }))),
            one(http(
                json!({ "authentication": { "type": "ManagedServiceIdentity" } })
            )),
            one(http(
                json!({ "authentication": { "type": "Basic", "username": "u" } })
            )),
            one(http(json!({ "retryPolicy": "none" }))),
            one(http(
                json!({ "retryPolicy": { "type": "fixed", "count": 91, "interval": "PT5S" } })
            )),
            one(http(
                json!({ "retryPolicy": { "type": "fixed", "count": 0, "interval": "PT5S" } })
            )),
            one(http(
                json!({ "retryPolicy": { "type": "fixed", "count": 1, "interval": "PT4S" } })
            )),
            one(http(
                json!({ "retryPolicy": { "type": "fixed", "count": 1, "interval": "P2D" } })
            )),
            one(http(
                json!({ "retryPolicy": { "type": "fixed", "count": 1 } })
            )),
            one(http(
                json!({ "retryPolicy": { "type": "none", "count": 1 } })
            )),
            one(with(http(json!({})), "limit", json!({ "timeout": "30s" }))),
            one(with(http(json!({})), "limit", json!({ "timeout": "P1M" }))),
            one(with(http(json!({})), "limit", json!({ "count": 1 }))),
            one(with(compose("x"), "limit", json!({ "timeout": "PT1S" }))),
            one(with(
                compose("x"),
                "runtimeConfiguration",
                json!({ "secureData": { "properties": ["outputs"] } })
            )),
            one(json!({ "type": "Scope", "actions": {}, "runtimeConfiguration": {} })),
            one(json!({ "type": "Wait", "inputs": {} })),
            one(
                json!({ "type": "Wait", "inputs": { "interval": { "count": -1, "unit": "Day" } } })
            ),
            one(json!({ "type": "Wait", "inputs": { "until": { "timestamp": "tomorrow" } } })),
            one(
                json!({ "type": "Until", "expression": "@equals(1, 1)", "limit": { "count": 5001 } })
            ),
            one(json!({ "type": "Until", "actions": {} })),
            one(
                json!({ "type": "Foreach", "foreach": [], "operationOptions": "Sequential", "runtimeConfiguration": { "concurrency": { "repetitions": 1 } } })
            ),
            one(
                json!({ "type": "Foreach", "foreach": [], "runtimeConfiguration": { "concurrency": { "repetitions": 51 } } })
            ),
            one(json!({ "type": "Switch", "expression": 1, "cases": { "A": { "case": [] } } })),
            one(
                json!({ "type": "Switch", "expression": 1, "cases": { "A": { "case": 1 }, "B": { "case": 1 } } })
            ),
            one(json!({ "type": "Terminate", "inputs": { "runStatus": "Skipped" } })),
            one(
                json!({ "type": "Terminate", "inputs": { "runStatus": "Cancelled", "runError": {} } })
            ),
            one(
                json!({ "type": "Until", "expression": "@equals(1, 1)", "actions": {
            "Scope": { "type": "Scope", "actions": {
                "Stop": { "type": "Terminate", "inputs": { "runStatus": "Cancelled" } },
            } },
        } })
            ),
        ])
    );
}

#[test]
fn variables_are_declared_once_at_the_top_level_before_use() {
    let declare = |kind: &str| json!({ "type": "InitializeVariable", "inputs": { "variables": [{ "name": "x", "type": kind }] } });
    let change = |kind: &str, value: Value, after: Value| json!({ "type": kind, "inputs": { "name": "X", "value": value }, "runAfter": after });
    let declared = || json!({ "D": ["Succeeded"] });
    insta::assert_snapshot!(
        "variables",
        actions([
            one(change("SetVariable", json!(1), json!({}))),
            one(declare("Number")),
            json!({ "D": declare("Integer"), "E": declare("Integer") }),
            json!({ "D": declare("Integer"), "It": change("SetVariable", json!(1), json!({})) }),
            json!({ "D": declare("Integer"), "It": compose("@variables('x')") }),
            json!({ "D": declare("Integer"), "It": change("AppendToArrayVariable", json!(1), declared()) }),
            json!({ "D": declare("String"), "It": change("IncrementVariable", json!(1), declared()) }),
            json!({ "D": declare("Integer"), "It": change("SetVariable", json!("@add(variables('x'), 1)"), declared()) }),
            one(json!({ "type": "Scope", "actions": { "D": declare("Integer") } })),
        ])
    );
}

#[test]
fn parameters_are_validated() {
    let case = |declared: Value, given: Value| {
        let mut properties = workflow(json!({}));
        properties["definition"]["parameters"] = declared;
        properties["parameters"] = given;
        properties
    };
    insta::assert_snapshot!(
        "parameters",
        load_errors([
            case(json!({ "token": { "type": "securestring" } }), json!({})),
            case(
                json!({ "token": { "type": "securestring" } }),
                json!({ "tokn": { "value": "geheim" } })
            ),
            case(
                json!({ "token": { "type": "securestring" } }),
                json!({ "token": { "value": 4711 } })
            ),
            case(
                json!({ "token": { "type": "securestring" } }),
                json!({ "token": "geheim" })
            ),
            case(
                json!({ "token": { "type": "text" } }),
                json!({ "token": { "value": "geheim" } })
            ),
            case(
                json!({ "n": { "type": "int", "allowedValues": [1] } }),
                json!({ "n": { "value": 2 } })
            ),
            case(json!({ "n": { "typ": "int" } }), json!({})),
        ])
    );
}

#[test]
fn triggers_are_validated() {
    let trigger = |kind: &str, recurrence: Value| {
        let trigger = json!({ "type": kind, "recurrence": recurrence });
        triggered(json!({ "T": trigger }), json!({}))
    };
    let recurrence = |recurrence| trigger("Recurrence", recurrence);
    let every =
        |frequency: &str, interval: u32| json!({ "frequency": frequency, "interval": interval });
    let day = |key: &str, value: Value| with(every("Day", 1), key, value);
    let concurrent = |key: &str, value: Value| {
        let mut properties = recurrence(every("Day", 1));
        properties["definition"]["triggers"]["T"][key] = value;
        properties
    };
    let waiting = |runs: u32| {
        let mut properties = trigger("SlidingWindow", every("Hour", 1));
        properties["definition"]["triggers"]["T"]["runtimeConfiguration"] =
            json!({ "concurrency": { "maximumWaitingRuns": runs } });
        properties
    };
    insta::assert_snapshot!(
        "triggers",
        load_errors([
            trigger("Request", json!({})),
            trigger("Recurence", json!({})),
            recurrence(every("Year", 1)),
            recurrence(every("Days", 1)),
            recurrence(every("Month", 17)),
            recurrence(every("Day", 501)),
            recurrence(every("Hour", 12_001)),
            recurrence(every("Minute", 72_001)),
            recurrence(every("Second", 10_000_000)),
            recurrence(every("Second", 0)),
            recurrence(json!({ "frequency": "Day" })),
            recurrence(with(
                every("Hour", 1),
                "schedule",
                json!({ "minutes": [1] })
            )),
            recurrence(day("schedule", json!({ "weekDays": ["Monday"] }))),
            recurrence(day("schedule", json!({ "hours": [24] }))),
            recurrence(day("schedule", json!({ "minute": [1] }))),
            recurrence(day("timeZone", json!("Europe/Berlin"))),
            recurrence(day("startTime", json!("2026-01-01T00:00:00"))),
            recurrence(day("startTime", json!("2026-01-01T00:00:00+02:00"))),
            recurrence(day("startTime", json!("2026-01-01"))),
            recurrence(day("startTime", json!("2076-01-01T00:00:00Z"))),
            trigger("SlidingWindow", every("Day", 1)),
            trigger(
                "SlidingWindow",
                with(every("Hour", 1), "schedule", json!({}))
            ),
            concurrent(
                "runtimeConfiguration",
                json!({ "concurrency": { "runs": 51 } })
            ),
            concurrent(
                "runtimeConfiguration",
                json!({ "concurrency": { "runs": 1, "maximumWaitingRuns": 5 } })
            ),
            waiting(9),
            waiting(101),
            with_single_instance(concurrent(
                "runtimeConfiguration",
                json!({ "concurrency": { "runs": 1 } })
            )),
            concurrent("conditions", json!({})),
            concurrent("conditions", json!(["@true"])),
            concurrent("conditions", json!([{ "expression": "true" }])),
            concurrent("conditions", json!([{ "expression": "@body('A')" }])),
            concurrent("conditions", json!([{ "expression": "@parameters('a')" }])),
            recurrence(with(
                every("Month", 1),
                "schedule",
                json!({ "monthDays": [-1], "hours": [8] })
            )),
            concurrent("runtimeConfiguration", json!({ "secureData": {} })),
        ])
    );
}

fn with_single_instance(mut properties: Value) -> Value {
    properties["definition"]["triggers"]["T"]["operationOptions"] = "SingleInstance".into();
    properties
}

#[test]
fn structure_is_validated() {
    let changed = |key: &str, value: Value| {
        let mut properties = workflow(json!({}));
        properties["definition"][key] = value;
        properties
    };
    insta::assert_snapshot!(
        "structure",
        load_errors([
            json!(null),
            json!({}),
            json!({ "definition": [] }),
            json!({ "definition": {} }),
            json!({ "definition": { "triggers": {} }, "state": "On" }),
            json!({ "definition": { "triggers": {} }, "sku": {} }),
            changed("outputs", json!({ "a": 1 })),
            changed("actons", json!({})),
            changed("actions", json!([])),
            changed("actions", json!({ "": compose("x") })),
        ])
    );
}
