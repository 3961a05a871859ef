//! Responses about deployments.

use std::collections::BTreeMap;

use picletter_core::deploy::azure::{Deployment, Error, Operation, WhatIfChange};
use serde_json::{Value, json};

use super::{GROUP, SUBSCRIPTION, Vendor, recorded, token};
use crate::recordings::classes::Receiver;
use crate::recordings::recording::Recording;

impl Vendor {
    pub(super) async fn read_deployments(
        &self,
        answer: &Recording,
        receiver: Receiver,
    ) -> Result<Value, Error> {
        let arm = &self.arm;
        match receiver {
            Receiver::Validation => {
                self.replay.on("POST", "/validate", answer);
                arm.validate(&deployment(answer)).await?;
                Ok(json!("valid"))
            }
            Receiver::WhatIf => self.changes(answer, what_if_result()).await,
            Receiver::OperationResult => {
                let first = recorded(Receiver::WhatIf, |one| one.status == 202);
                self.changes(first, answer).await
            }
            Receiver::NewDeployment => {
                let last = if answer.status < 400 {
                    end_of(answer)
                } else {
                    answer
                };
                self.deployed(answer, last).await
            }
            Receiver::Deployment => {
                self.get(answer);
                let is_active = arm.is_deploying(SUBSCRIPTION, GROUP, "mail").await?;
                let mut read = json!({"active": is_active});
                if !is_active {
                    self.replay.clear();
                    self.replay.on("POST", "/oauth2/v2.0/token", &token());
                    read["deployed"] = self.deployed(answer, answer).await?;
                }
                Ok(read)
            }
            Receiver::Operations => {
                let first = recorded(Receiver::NewDeployment, |one| one.status == 201);
                self.replay.on("PUT", "", first);
                self.replay.on("GET", "/operations", answer);
                self.replay.on("GET", "", end_of(first));
                let mut operations = Vec::new();
                let observe = |one: &Operation| {
                    operations.push(json!({
                        "type": one.resource_type, "name": one.name, "state": one.state,
                        "error": one.error,
                    }));
                };
                arm.deploy(&deployment(first), observe).await?;
                Ok(operations.into())
            }
            other => self.read_workflows(answer, other).await,
        }
    }

    /// Requests a what-if analysis: `first` is the response to the POST, `last` the response with the
    /// operation's result.
    async fn changes(&self, first: &Recording, last: &Recording) -> Result<Value, Error> {
        self.replay.on("POST", "/whatIf", first);
        self.replay.on("GET", "/TOKEN", last);
        let changes = self.arm.what_if(&deployment(first)).await?;
        Ok(changes.iter().map(what_if_change_as_json).collect())
    }

    /// Deploys: `first` is the response to the PUT, `last` the response to the later GET of the
    /// deployment.
    async fn deployed(&self, first: &Recording, last: &Recording) -> Result<Value, Error> {
        self.replay.on("PUT", "", first);
        let operations = recorded(Receiver::Operations, |_| true);
        self.replay.on("GET", "/operations", operations);
        self.replay.on("GET", "", last);
        let deployed = self.arm.deploy(&deployment(first), |_| ()).await?;
        Ok(deployed.resources.into())
    }
}

/// The recorded response that shows the end of the deployment; `first` is the recorded response that
/// accepted it.
fn end_of(first: &Recording) -> &'static Recording {
    recorded(Receiver::Deployment, |one| {
        one.body["id"] == first.body["id"]
            && one.body["properties"]["provisioningState"] != "Accepted"
    })
}

fn what_if_result() -> &'static Recording {
    recorded(Receiver::OperationResult, |one| {
        one.body["properties"].is_object()
    })
}

fn deployment(answer: &Recording) -> Deployment {
    Deployment {
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: GROUP.to_owned(),
        name: answer.body["name"].as_str().unwrap_or("mail").to_owned(),
        template: json!({}),
        parameters: BTreeMap::new(),
    }
}

fn what_if_change_as_json(change: &WhatIfChange) -> Value {
    let delta: Vec<_> = change
        .delta
        .iter()
        .map(|one| {
            json!({
                "path": one.path, "type": one.property_change_type,
                "before": one.before, "after": one.after,
            })
        })
        .collect();
    json!({
        "id": change.resource_id, "type": change.change_type,
        "before": change.before, "after": change.after, "delta": delta,
    })
}

/// The value that the client should read, according to the recording itself.
pub(super) fn expected(recording: &Recording, receiver: Receiver) -> Value {
    let body = &recording.body;
    match receiver {
        Receiver::OperationResult => changes(body),
        Receiver::WhatIf => changes(&what_if_result().body),
        Receiver::Validation => json!("valid"),
        Receiver::NewDeployment => resources(&end_of(recording).body),
        Receiver::Deployment => match body["properties"]["provisioningState"].as_str().unwrap() {
            "Accepted" => json!({"active": true}),
            _ => json!({"active": false, "deployed": resources(body)}),
        },
        Receiver::Operations => {
            let operations = body["value"].as_array().unwrap().iter();
            let properties = operations.map(|operation| &operation["properties"]);
            properties
                .filter(|operation| operation["targetResource"].is_object())
                .map(|operation| {
                    let target = &operation["targetResource"];
                    json!({
                        "type": target["resourceType"], "name": target["resourceName"],
                        "state": operation["provisioningState"], "error": null,
                    })
                })
                .collect()
        }
        other => super::workflows::expected(recording, other),
    }
}

fn resources(deployment: &Value) -> Value {
    let resources = deployment["properties"]["outputResources"].as_array();
    let resources = resources.into_iter().flatten();
    resources.map(|one| one["id"].clone()).collect()
}

fn changes(body: &Value) -> Value {
    let changes = body["properties"]["changes"].as_array().unwrap().iter();
    changes
        .map(|change| {
            let delta = change["delta"].as_array().into_iter().flatten();
            let delta: Vec<_> = delta
                .map(|one| {
                    json!({
                        "path": one["path"], "type": one["propertyChangeType"],
                        "before": one["before"], "after": one["after"],
                    })
                })
                .collect();
            json!({
                "id": change["resourceId"], "type": change["changeType"],
                "before": change["before"], "after": change["after"], "delta": delta,
            })
        })
        .collect()
}
