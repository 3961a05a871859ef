//! Responses about workflows, their triggers, and their runs.

use picletter_core::deploy::azure::{Error, Run, Workflow};
use serde_json::{Value, json};

use super::{Vendor, WORKFLOW, recorded, tags};
use crate::recordings::classes::Receiver;
use crate::recordings::recording::Recording;

impl Vendor {
    pub(super) async fn read_workflows(
        &self,
        answer: &Recording,
        receiver: Receiver,
    ) -> Result<Value, Error> {
        let arm = &self.arm;
        match receiver {
            Receiver::Workflow => {
                self.get(answer);
                let one = arm.workflow(WORKFLOW).await?;
                Ok(one.as_ref().map_or(Value::Null, read))
            }
            Receiver::Workflows => {
                self.get(answer);
                let (subscription, group) = ("11111111-2222-4333-8444-555555555555", "pictures");
                let all = arm.workflows(subscription, group, |_, _| true).await?;
                Ok(all.iter().map(read).collect())
            }
            Receiver::Triggers => {
                self.get(answer);
                let all = arm.triggers(WORKFLOW).await?;
                let all = all.into_iter().map(|one| {
                    json!({
                        "name": one.name, "state": one.state,
                        "next": one.next.map(|time| time.to_string()),
                        "last": one.last.map(|time| time.to_string()),
                    })
                });
                Ok(all.collect())
            }
            Receiver::TriggerRun => {
                self.replay.on("POST", "/run", answer);
                self.replay.on("GET", "/runs", &history());
                let trigger = answer.path.split('/').nth_back(1).unwrap();
                Ok(arm.run_trigger(WORKFLOW, trigger).await?.into())
            }
            Receiver::Enabling => {
                self.replay.on("POST", "/enable", answer);
                let enabled = recorded(Receiver::Workflow, |one| one.status == 200);
                self.replay.on("GET", "", enabled);
                arm.enable(WORKFLOW).await?;
                Ok(json!("Enabled"))
            }
            Receiver::Runs => {
                self.replay.on("GET", "/runs", answer);
                let all = arm.runs(WORKFLOW, 250, None).await?;
                // A single run has the same format.
                let one = &answer.body["value"][0];
                self.replay.on("GET", "", &answer.with_body(one.clone()));
                let one = arm.run(WORKFLOW, one["name"].as_str().unwrap()).await?;
                assert_eq!(one, all[0], "the same run");
                Ok(all.iter().map(run_as_json).collect())
            }
            Receiver::Actions => {
                self.get(answer);
                let all = arm.actions(WORKFLOW, "08586").await?;
                let all = all.into_iter().map(|one| {
                    json!({
                        "name": one.name, "status": one.status,
                        "start": one.start.map(|time| time.to_string()),
                        "end": one.end.map(|time| time.to_string()),
                        "code": one.code, "error": one.error,
                    })
                });
                Ok(all.collect())
            }
            other => panic!("{other:?} is not a function of `Arm`"),
        }
    }
}

/// The history of the run that a recorded response does not name. That response took two seconds;
/// here it takes none, so the history is made older by that time.
fn history() -> Recording {
    let mut history = recorded(Receiver::Runs, |_| true).clone();
    let date = "Tue, 05 Feb 2019 21:20:26 GMT".parse().unwrap();
    history.headers.insert("date", date);
    history
}

fn run_as_json(run: &Run) -> Value {
    json!({
        "id": run.id, "status": run.status,
        "start": run.start.map(|time| time.to_string()),
        "end": run.end.map(|time| time.to_string()),
        "trigger": run.trigger, "code": run.code, "message": run.message,
    })
}

/// The value that the client read.
fn read(one: &Workflow) -> Value {
    json!({
        "id": one.id, "name": one.name, "location": one.location,
        "state": one.state, "version": one.version,
        "changed": one.changed.map(|time| time.to_string()), "tags": one.tags,
        "definition": one.definition, "parameters": one.parameters,
    })
}

/// A workflow as the service describes it, in the format of [`read`].
fn workflow(body: &Value) -> Value {
    let properties = &body["properties"];
    json!({
        "id": body["id"], "name": body["name"], "location": body["location"],
        "state": properties["state"], "version": properties["version"],
        "changed": properties["changedTime"], "tags": tags(body),
        "definition": properties["definition"], "parameters": properties["parameters"],
    })
}

/// The value that the client should read, according to the recording itself.
pub(super) fn expected(recording: &Recording, receiver: Receiver) -> Value {
    let body = &recording.body;
    let list = |read: &dyn Fn(&Value) -> Value| -> Value {
        body["value"].as_array().unwrap().iter().map(read).collect()
    };
    match receiver {
        Receiver::Workflow => workflow(body),
        Receiver::Workflows => list(&workflow),
        Receiver::Triggers => list(&|trigger| {
            let properties = &trigger["properties"];
            json!({
                "name": trigger["name"], "state": properties["state"],
                "next": properties["nextExecutionTime"], "last": properties["lastExecutionTime"],
            })
        }),
        Receiver::TriggerRun => match recording.headers.get("x-ms-workflow-run-id") {
            Some(run) => run.to_str().unwrap().into(),
            // Found in the history.
            None => history().body["value"][0]["name"].clone(),
        },
        Receiver::Enabling => json!("Enabled"),
        Receiver::Runs => list(&|run| {
            let properties = &run["properties"];
            json!({
                "id": run["name"], "status": properties["status"],
                "start": properties["startTime"], "end": properties["endTime"],
                "trigger": properties["trigger"]["name"],
                "code": properties["code"], "message": null,
            })
        }),
        Receiver::Actions => list(&|action| {
            let properties = &action["properties"];
            json!({
                "name": action["name"], "status": properties["status"],
                "start": properties["startTime"], "end": properties["endTime"],
                "code": properties["code"], "error": null,
            })
        }),
        other => panic!("{other:?} has no recorded success"),
    }
}
