//! Responses about subscriptions, resource groups, and resources.

use std::collections::BTreeMap;

use picletter_core::deploy::azure::{Error, ResourceGroup};
use serde_json::{Value, json};

use super::{GROUP, SUBSCRIPTION, Vendor, WORKFLOW, recorded};
use crate::recordings::classes::Receiver;
use crate::recordings::recording::Recording;

impl Vendor {
    pub(super) async fn read_resources(
        &self,
        answer: &Recording,
        receiver: Receiver,
    ) -> Result<Value, Error> {
        let arm = &self.arm;
        match receiver {
            Receiver::Subscriptions => {
                self.get(answer);
                let all = arm.subscriptions().await?;
                let all = all.into_iter();
                let all =
                    all.map(|one| json!({"id": one.id, "name": one.name, "state": one.state}));
                Ok(all.collect())
            }
            Receiver::Subscription => {
                self.get(answer);
                let one = arm.subscription(Some(SUBSCRIPTION)).await?;
                Ok(json!({"id": one.id, "name": one.name, "state": one.state}))
            }
            Receiver::Provider => {
                self.get(answer);
                let one = arm.provider(SUBSCRIPTION, "Microsoft.Logic").await?;
                Ok(json!({
                    "namespace": one.namespace,
                    "state": one.registration_state,
                    "locations": one.locations("workflows"),
                }))
            }
            Receiver::Permissions => {
                self.get(answer);
                let all = arm.permissions(SUBSCRIPTION, Some(GROUP)).await?;
                let actions = [
                    "Microsoft.Logic/workflows/write",
                    "Microsoft.DevCenter/projects/read",
                ];
                let allows = |action| all.iter().any(|one| one.allows(action));
                Ok(actions.into_iter().map(allows).collect())
            }
            Receiver::Group => {
                self.get(answer);
                let one = arm.resource_group(SUBSCRIPTION, GROUP).await?;
                Ok(one.as_ref().map_or(Value::Null, group))
            }
            Receiver::NewGroup => {
                self.replay.on("PUT", "", answer);
                let tags = BTreeMap::new();
                let one = arm.create_resource_group(SUBSCRIPTION, GROUP, "westeurope", &tags);
                Ok(group(&one.await?))
            }
            Receiver::Resources => {
                self.get(answer);
                let all = arm.resources(SUBSCRIPTION, GROUP).await?;
                let all = all.into_iter();
                let all = all.map(|one| {
                    json!({"id": one.id, "name": one.name, "type": one.r#type, "tags": one.tags})
                });
                Ok(all.collect())
            }
            Receiver::Resource | Receiver::AnyOfArm => {
                self.get(answer);
                // The response to a deployment or PATCH has the format of GET.
                Ok(arm.get(&answer.path, "2023-01-01").await?.into())
            }
            Receiver::Deletion => {
                let last = recorded(Receiver::OperationResult, |one| one.status == 200);
                self.delete(answer, last).await
            }
            Receiver::OperationResult if answer.body.is_null() => {
                let first = recorded(Receiver::Deletion, |one| one.status == 202);
                self.delete(first, answer).await
            }
            Receiver::OperationStatus => {
                let header = "azure-asyncoperation";
                let followed = recorded(Receiver::NewDeployment, |one| {
                    one.headers.contains_key(header)
                });
                let mut first = Recording::bare(202, Value::Null);
                let address = followed.headers[header].clone();
                first.headers.insert(header, address);
                self.delete(&first, answer).await
            }
            other => self.read_deployments(answer, other).await,
        }
    }

    /// Deletes a resource. `first` is the response to the request. If it names an operation, `last` is
    /// the response that reports the operation's end.
    async fn delete(&self, first: &Recording, last: &Recording) -> Result<Value, Error> {
        self.replay.on("DELETE", "", first);
        if last.status == 202 {
            self.replay.once("GET", "/TOKEN", last);
            let last = recorded(Receiver::OperationResult, |one| one.status == 204);
            self.replay.on("GET", "/TOKEN", last);
        }
        self.replay.on("GET", "/TOKEN", last);
        self.replay.on("GET", "/08586545415663494631", last);
        self.replay.on("GET", "", not_found());
        self.arm.delete(WORKFLOW, "2019-05-01").await?;
        Ok(json!("gone"))
    }
}

fn not_found() -> &'static Recording {
    recorded(Receiver::Workflow, |one| one.status == 404)
}

fn group(group: &ResourceGroup) -> Value {
    json!({
        "id": group.id, "name": group.name, "location": group.location, "tags": group.tags,
        "deleting": group.is_being_deleted(),
    })
}

/// What the client should read, based on the recording itself.
pub(crate) fn expected(recording: &Recording, receiver: Receiver) -> Value {
    let body = &recording.body;
    let list = |read: &dyn Fn(&Value) -> Value| -> Value {
        body["value"].as_array().unwrap().iter().map(read).collect()
    };
    let subscription = |item: &Value| json!({"id": item["subscriptionId"], "name": item["displayName"], "state": item["state"]});
    match receiver {
        Receiver::Subscriptions => list(&subscription),
        Receiver::Subscription => subscription(body),
        Receiver::Provider => {
            let types = body["resourceTypes"].as_array().unwrap();
            let workflows = types.iter().find(|one| one["resourceType"] == "workflows");
            let locations = workflows.map_or(Vec::new(), |one| {
                let names = one["locations"].as_array().unwrap().iter();
                let names = names.map(|name| name.as_str().unwrap());
                names
                    .map(|name| name.replace(' ', "").to_lowercase())
                    .collect()
            });
            json!({"namespace": body["namespace"], "state": body["registrationState"], "locations": locations})
        }
        Receiver::Permissions => {
            let everything = body["value"][0]["actions"][0] == "*";
            json!([everything, true])
        }
        Receiver::Group | Receiver::NewGroup => {
            json!({
                "id": body["id"], "name": body["name"], "location": body["location"],
                "tags": super::tags(body), "deleting": body["properties"]["provisioningState"] == "Deleting",
            })
        }
        Receiver::Resources => list(
            &|item| json!({"id": item["id"], "name": item["name"], "type": item["type"], "tags": super::tags(item)}),
        ),
        Receiver::Resource => body.clone(),
        Receiver::Deletion | Receiver::OperationStatus => json!("gone"),
        Receiver::OperationResult if body.is_null() => json!("gone"),
        other => super::deployments::expected(recording, other),
    }
}
