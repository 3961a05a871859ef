//! The objects that `workflow()`, `trigger()`, `actions()`, and `result()` return.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Run;
use super::state::Record;
use crate::definition::action::ActionId;
use crate::history::{FiringRecord, Problem};
use crate::status::Status;
use crate::ticks;

/// Result of `workflow()`.
pub(super) fn workflow(run: &Run) -> Value {
    let app = &run.app;
    let id = format!(
        "{}/providers/Microsoft.Logic/workflows/{}",
        app.options.resource_group, app.name
    );
    json!({
        "id": id,
        "name": &*app.name,
        "type": "Microsoft.Logic/workflows",
        "location": app.options.location,
        "tags": {},
        "run": {
            "id": format!("{id}/runs/{}", run.id),
            "name": &*run.id,
            "type": "Microsoft.Logic/workflows/runs",
        },
    })
}

/// Result of `triggerOutputs()`: the bounds of a sliding window, otherwise null.
pub(super) fn trigger_outputs(scheduled: Timestamp, window_end: Option<Timestamp>) -> Value {
    match window_end {
        None => Value::Null,
        Some(end) => json!({
            "body": Value::Null,
            "windowStartTime": ticks::to_text(scheduled),
            "windowEndTime": ticks::to_text(end),
        }),
    }
}

/// Result of `trigger()` in a condition of the trigger itself.
pub(super) fn firing(firing: &FiringRecord, outputs: &Value) -> Value {
    let mut trigger = json!({
        "name": &*firing.trigger,
        "scheduledTime": ticks::to_text(firing.scheduled),
        "startTime": ticks::to_text(firing.fired),
    });
    if !outputs.is_null() {
        trigger["outputs"] = outputs.clone();
    }
    trigger
}

/// Result of `trigger()` in a run.
pub(super) fn trigger(run: &Run) -> Value {
    let mut trigger = json!({
        "name": &*run.app.definition.triggers[run.trigger].name,
        "scheduledTime": ticks::to_text(run.scheduled),
        "startTime": ticks::to_text(run.fired),
        "endTime": ticks::to_text(run.fired),
        "trackingId": tracking_id(run, 0).to_string(),
        "clientTrackingId": &*run.id,
        "originHistoryName": &*run.id,
        "code": "OK",
        "status": Status::Succeeded.name(),
    });
    if run.window_end.is_some() {
        trigger["outputs"] = trigger_outputs(run.scheduled, run.window_end);
    }
    trigger
}

/// The object that `actions()` and `result()` return for an action, including secured values.
pub(super) fn action(run: &Run, id: ActionId, record: &Record) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("name", (*run.app.definition.actions[id].name).into());
    if let Some(inputs) = record.inputs.as_deref() {
        put("inputs", inputs.clone());
    }
    if let Some(outputs) = record.outputs.as_deref() {
        put("outputs", outputs.clone());
    }
    put("startTime", ticks::to_text(record.started).into());
    if let Some(ended) = record.ended {
        put("endTime", ticks::to_text(ended).into());
    }
    put(
        "trackingId",
        tracking_id(run, record.serial).to_string().into(),
    );
    put("clientTrackingId", (*run.id).into());
    if let Some(Problem { code, message }) = record.problem.as_deref() {
        put("error", json!({ "code": code, "message": message }));
    }
    put("code", (*record.code).into());
    put("status", record.status.name().into());
    Value::Object(object)
}

/// Tracking id of one repetition of an action.
pub(super) fn tracking_id(run: &Run, serial: u32) -> Uuid {
    let mut random = fastrand::Rng::with_seed(run.tracking_seed ^ u64::from(serial));
    uuid::Builder::from_random_bytes(random.u128(..).to_be_bytes()).into_uuid()
}
