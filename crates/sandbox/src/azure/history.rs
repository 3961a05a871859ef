//! Runs and their actions as JSON of the service, with their contents inline. Responses link to the
//! contents instead; see [`Links`](super::contents::Links).
//!
//! Source: <https://learn.microsoft.com/rest/api/logic/workflow-runs/get> and
//! `/rest/api/logic/workflow-run-actions/get`, API version 2019-05-01.

use picletter_logic_apps::history::{ActionRecord, Content, Problem, RunRecord};
use picletter_logic_apps::{Status, ticks};
use serde_json::{Value, json};

/// A run of the workflow with the resource id `workflow`.
pub(super) fn run(record: &RunRecord, workflow: &str) -> Value {
    let correlation = json!({ "clientTrackingId": &*record.id });
    let mut properties = json!({
        "startTime": ticks::to_text(record.fired),
        "status": record.status.name(),
        "correlation": correlation,
        "trigger": {
            "name": &*record.trigger,
            "scheduledTime": ticks::to_text(record.scheduled),
            "startTime": ticks::to_text(record.fired),
            "endTime": ticks::to_text(record.fired),
            "originHistoryName": &*record.id,
            "correlation": correlation,
            "code": "OK",
            "status": Status::Succeeded.name(),
        },
        "outputs": {},
    });
    // Both are absent, not null, as long as they are unknown.
    if let Some(started) = record.started {
        properties["waitEndTime"] = ticks::to_text(started).into();
    }
    if let Some(ended) = record.ended {
        properties["endTime"] = ticks::to_text(ended).into();
    }
    let outputs = trigger_outputs(record);
    if !outputs.is_null() {
        properties["trigger"]["outputs"] = outputs;
    }
    if let Some(problem) = &record.problem {
        properties["code"] = problem.code.clone().into();
        properties["error"] = error(problem);
    }
    json!({
        "id": format!("{workflow}/runs/{}", record.id),
        "name": &*record.id,
        "type": "Microsoft.Logic/workflows/runs",
        "properties": properties,
    })
}

/// The outputs of the trigger of a run: the bounds of a sliding window, otherwise null.
pub(super) fn trigger_outputs(record: &RunRecord) -> Value {
    match record.window_end {
        None => Value::Null,
        Some(end) => json!({
            "body": Value::Null,
            "windowStartTime": ticks::to_text(record.scheduled),
            "windowEndTime": ticks::to_text(end),
        }),
    }
}

/// An action of the run `run` of the workflow with the resource id `workflow`.
pub(super) fn action(record: &ActionRecord, workflow: &str, run: &str) -> Value {
    let mut properties = json!({});
    if let Some(started) = record.started {
        properties["startTime"] = ticks::to_text(started).into();
    }
    if let Some(tracking_id) = record.tracking_id {
        properties["correlation"] = json!({
            "actionTrackingId": tracking_id.to_string(),
            "clientTrackingId": run,
        });
    }
    properties["status"] = record.status.name().into();
    properties["code"] = (*record.code).into();
    if let Some(ended) = record.ended {
        properties["endTime"] = ticks::to_text(ended).into();
    }
    if let Some(problem) = &record.problem {
        properties["error"] = error(problem);
    }
    let contents = [("inputs", &record.inputs), ("outputs", &record.outputs)];
    for (name, content) in contents {
        if let Some(value) = content.value() {
            properties[name] = value.clone();
        }
    }
    let redacted = contents.iter().filter(|(_, it)| **it == Content::Redacted);
    let redacted: Vec<&str> = redacted.map(|(name, _)| *name).collect();
    if !redacted.is_empty() {
        properties["secureData"] = json!({ "properties": redacted });
    }
    if !record.attempts.is_empty() {
        let attempts = record.attempts.iter().map(|attempt| {
            json!({
                "startTime": ticks::to_text(attempt.started),
                "endTime": ticks::to_text(attempt.ended),
                "code": &*attempt.code,
            })
        });
        properties["retryHistory"] = attempts.collect();
    }
    if let Some(repetitions) = record.repetitions {
        properties["repetitionCount"] = repetitions.into();
    }
    if !record.loops.is_empty() {
        let loops = record.loops.iter();
        let loops = loops.map(|it| json!({ "scopeName": &*it.name, "itemIndex": it.index }));
        properties["repetitionIndexes"] = loops.collect();
    }
    json!({
        "id": format!("{workflow}/runs/{run}/actions/{}", record.name),
        "name": &*record.name,
        "type": "Microsoft.Logic/workflows/runs/actions",
        "properties": properties,
    })
}

fn error(problem: &Problem) -> Value {
    json!({ "code": problem.code, "message": problem.message })
}
