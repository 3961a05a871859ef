//! What has happened, in the shape of the service's REST API 2019-05-01.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::definition::action::{ActionId, Hidden};
use super::run::{Problem, Record, Run, Status, guid};
use super::trigger::Firing;

/// A run as the history has it.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// Its id.
    pub id: Arc<str>,
    /// The trigger that started it.
    pub trigger: Arc<str>,
    /// The time that it is for.
    pub scheduled: Timestamp,
    /// When its trigger fired.
    pub fired: Timestamp,
    /// When its first action could begin; later than `fired` where it waited for its turn.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it stands.
    pub status: Status,
    /// Why it did not succeed.
    pub problem: Option<Problem>,
    /// Executions that the service would bill: the trigger, and every action that was not skipped,
    /// each pass of a loop anew.
    pub billed: u64,
    /// Of a sliding window, its bounds; else null.
    trigger_outputs: Value,
    workflow: String,
}

impl RunRecord {
    pub(crate) fn of(run: &Run) -> Self {
        let state = run.state();
        Self {
            id: run.id.clone(),
            trigger: run.app.definition.triggers[run.trigger].name.clone(),
            scheduled: run.scheduled,
            fired: run.fired,
            started: state.started,
            ended: state.ended,
            status: state.status,
            problem: state.problem.clone(),
            billed: state.billed,
            trigger_outputs: trigger_outputs(run.scheduled, run.window_end),
            workflow: workflow_id(run),
        }
    }

    /// It in the shape of the REST API (`workflowRuns`).
    pub fn to_json(&self) -> Value {
        let correlation = json!({ "clientTrackingId": &*self.id });
        let mut properties = json!({
            "startTime": time(self.fired),
            "status": self.status.name(),
            "correlation": correlation,
            "trigger": {
                "name": &*self.trigger,
                "scheduledTime": time(self.scheduled),
                "startTime": time(self.fired),
                "endTime": time(self.fired),
                "originHistoryName": &*self.id,
                "correlation": correlation,
                "code": "OK",
                "status": Status::Succeeded.name(),
            },
            "outputs": {},
        });
        // Both are absent, not null, until they are known.
        if let Some(started) = self.started {
            properties["waitEndTime"] = time(started).into();
        }
        if let Some(ended) = self.ended {
            properties["endTime"] = time(ended).into();
        }
        if !self.trigger_outputs.is_null() {
            properties["trigger"]["outputs"] = self.trigger_outputs.clone();
        }
        if let Some(problem) = &self.problem {
            properties["code"] = problem.code.clone().into();
            properties["error"] = error_of(problem);
        }
        json!({
            "id": format!("{}/runs/{}", self.workflow, self.id),
            "name": &*self.id,
            "type": "Microsoft.Logic/workflows/runs",
            "properties": properties,
        })
    }
}

fn workflow_id(run: &Run) -> String {
    format!(
        "{}/providers/Microsoft.Logic/workflows/{}",
        run.app.options.resource_group, run.app.name
    )
}

fn error_of(problem: &Problem) -> Value {
    json!({ "code": problem.code, "message": problem.message })
}

/// What `workflow()` yields.
pub(crate) fn workflow_object(run: &Run) -> Value {
    let id = workflow_id(run);
    json!({
        "id": id,
        "name": &*run.app.name,
        "type": "Microsoft.Logic/workflows",
        "location": run.app.options.location,
        "tags": {},
        "run": {
            "id": format!("{id}/runs/{}", run.id),
            "name": &*run.id,
            "type": "Microsoft.Logic/workflows/runs",
        },
    })
}

/// What `triggerOutputs()` yields: of a sliding window, its bounds.
pub(crate) fn trigger_outputs(scheduled: Timestamp, window_end: Option<Timestamp>) -> Value {
    match window_end {
        None => Value::Null,
        Some(end) => json!({
            "body": Value::Null,
            "windowStartTime": time(scheduled),
            "windowEndTime": time(end),
        }),
    }
}

/// What `trigger()` yields in a condition of the trigger itself.
pub(crate) fn firing_object(firing: &Firing, outputs: &Value) -> Value {
    let mut trigger = json!({
        "name": &*firing.trigger,
        "scheduledTime": time(firing.scheduled),
        "startTime": time(firing.fired),
    });
    if !outputs.is_null() {
        trigger["outputs"] = outputs.clone();
    }
    trigger
}

/// What `trigger()` yields in a run.
pub(crate) fn trigger_object(run: &Run) -> Value {
    let mut trigger = json!({
        "name": &*run.app.definition.triggers[run.trigger].name,
        "scheduledTime": time(run.scheduled),
        "startTime": time(run.fired),
        "endTime": time(run.fired),
        "trackingId": tracking_id(run, 0),
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

/// What `actions()` and `result()` yield of an action: all of it, for the run's own use.
pub(crate) fn result_object(run: &Run, id: ActionId, record: &Record) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("name", (*run.app.definition.actions[id].name).into());
    if let Some(inputs) = record.inputs.as_deref() {
        put("inputs", inputs.clone());
    }
    if let Some(outputs) = record.outputs.as_deref() {
        put("outputs", outputs.clone());
    }
    put("startTime", time(record.started).into());
    if let Some(ended) = record.ended {
        put("endTime", time(ended).into());
    }
    put("trackingId", tracking_id(run, record.serial).into());
    put("clientTrackingId", (*run.id).into());
    if let Some(problem) = &record.problem {
        put("error", error_of(problem));
    }
    put("code", (*record.code).into());
    put("status", record.status.name().into());
    Value::Object(object)
}

/// Every action of a run.
pub(crate) fn actions(run: &Run) -> Vec<Value> {
    let state = run.state();
    let ended = state.ended.is_some();
    (0..run.app.definition.actions.len())
        .filter_map(|id| {
            let record = state.record(0, id).or_else(|| {
                let mut past = state.past.iter().rev();
                past.find(|(of, _)| *of == id).map(|(_, record)| record)
            });
            match record {
                Some(record) => Some(action(run, id, record)),
                // What stands in a branch that was not taken was skipped with it.
                None if ended => Some(resource(
                    run,
                    id,
                    &json!({ "status": Status::Skipped.name(), "code": "ActionSkipped" }),
                )),
                None => None,
            }
        })
        .collect()
}

/// Every pass of one action.
pub(crate) fn passes(run: &Run, id: ActionId) -> Vec<Value> {
    let state = run.state();
    state
        .past
        .iter()
        .filter(|(of, _)| *of == id)
        .map(|(_, record)| record)
        .chain(state.record(0, id))
        .map(|record| action(run, id, record))
        .collect()
}

fn resource(run: &Run, id: ActionId, properties: &Value) -> Value {
    let name = &*run.app.definition.actions[id].name;
    json!({
        "id": format!("{}/runs/{}/actions/{name}", workflow_id(run), run.id),
        "name": name,
        "type": "Microsoft.Logic/workflows/runs/actions",
        "properties": properties,
    })
}

fn action(run: &Run, id: ActionId, record: &Record) -> Value {
    let action = &run.app.definition.actions[id];
    let mut properties = json!({
        "startTime": time(record.started),
        "correlation": {
            "actionTrackingId": tracking_id(run, record.serial),
            "clientTrackingId": &*run.id,
        },
        "status": record.status.name(),
        "code": &*record.code,
    });
    if let Some(ended) = record.ended {
        properties["endTime"] = time(ended).into();
    }
    if let Some(problem) = &record.problem {
        properties["error"] = error_of(problem);
    }
    if let Some(inputs) = record.inputs.as_deref().filter(|_| !action.hidden.inputs) {
        properties["inputs"] = inputs.clone();
    }
    if let Some(outputs) = record.outputs.as_deref().filter(|_| !action.hidden.outputs) {
        properties["outputs"] = outputs.clone();
    }
    if action.hidden != Hidden::default() {
        let hidden = [
            ("inputs", action.hidden.inputs),
            ("outputs", action.hidden.outputs),
        ];
        let hidden = hidden.iter().filter(|(_, hidden)| *hidden);
        let names: Vec<_> = hidden.map(|(name, _)| *name).collect();
        properties["secureData"] = json!({ "properties": names });
    }
    if !record.attempts.is_empty() {
        let attempts = record.attempts.iter().map(|attempt| {
            json!({
                "startTime": time(attempt.started),
                "endTime": time(attempt.ended),
                "code": &*attempt.code,
            })
        });
        properties["retryHistory"] = attempts.collect();
    }
    if let Some(passes) = record.passes {
        properties["repetitionCount"] = passes.into();
    }
    if !record.indexes.is_empty() {
        let indexes = record.indexes.iter().map(|(of, index)| {
            json!({
                "scopeName": &*run.app.definition.actions[*of].name,
                "itemIndex": index,
            })
        });
        properties["repetitionIndexes"] = indexes.collect();
    }
    resource(run, id, &properties)
}

/// A time as the service writes it: to .NET's tick of 100 ns.
pub fn time(time: Timestamp) -> String {
    let below = time.subsec_nanosecond() % 100;
    let ticks = time.checked_sub(SignedDuration::from_nanos(below.into()));
    ticks.unwrap_or(time).to_string()
}

fn tracking_id(run: &Run, serial: u32) -> String {
    let mut random = fastrand::Rng::with_seed(run.tracking ^ u64::from(serial));
    guid(random.u128(..))
}
