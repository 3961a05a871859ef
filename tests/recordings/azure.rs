//! Recorded answers of Azure Resource Manager and Entra, as the client for Azure reads them.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderMap;
use picletter::deploy::azure::{Arm, Credential, Deployment, Error, Run, WhatIfChange};
use picletter::deploy::http::{Http, Timings, Verbosity};
use picletter::deploy::redact::Redactor;
use serde_json::{Value, json};

use crate::Read;
use crate::classes::{Receiver, Service, class_of};
use crate::recording::{Recording, recordings};
use crate::refusals::Refused;
use crate::replay::Replay;

const SUBSCRIPTION: &str = "11111111-2222-4333-8444-555555555555";
const GROUP: &str = "pictures";
const WORKFLOW: &str = "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/pictures/providers/Microsoft.Logic/workflows/daily";

/// A server that replays recordings, and a client of it.
pub(crate) struct Vendor {
    replay: Replay,
    arm: Arm,
}

/// Waits are shortened; nothing else differs from what the commands use.
pub(crate) fn http() -> Http {
    let timings = Timings {
        backoff: Duration::from_millis(1),
        poll: Duration::from_millis(1),
        longest_retry_after: Duration::from_millis(20),
        ..Timings::default()
    };
    Http::new(&[], timings, Verbosity::Quiet, Redactor::default()).unwrap()
}

fn arm(replay: &Replay) -> Arm {
    let http = http();
    let variable = |name: &str| {
        Some(match name {
            "AZURE_AUTHORITY_HOST" => replay.url.to_string(),
            "AZURE_TENANT_ID" => "contoso.onmicrosoft.com".to_owned(),
            "AZURE_CLIENT_ID" => "d3590ed6-52b3-4102-aeff-aad2292ab01c".to_owned(),
            "AZURE_CLIENT_SECRET" => "a~client/secret+of=mine".to_owned(),
            _ => return None,
        })
    };
    let credential = Credential::from_environment(&http, variable).unwrap();
    Arm::new(http, replay.url.clone(), credential)
}

/// A success of sign-in, which no recording has: recorders leave tokens out.
fn token() -> Recording {
    bare(
        200,
        json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "eyJ0eXAi.a.token"}),
    )
}

/// An answer of which only the status and the body matter.
fn bare(status: u16, body: Value) -> Recording {
    Recording {
        service: Service::Azure,
        line: 0,
        source: String::new(),
        method: String::new(),
        path: String::new(),
        status,
        headers: HeaderMap::new(),
        body,
    }
}

/// The first recording of a receiver that fits.
fn recorded(receiver: Receiver, fits: impl Fn(&Recording) -> bool) -> &'static Recording {
    let mut all = recordings().iter();
    all.find(|one| class_of(one).is_some_and(|class| class.receiver == receiver) && fits(one))
        .expect("a recording")
}

fn not_found() -> &'static Recording {
    recorded(Receiver::Workflow, |one| one.status == 404)
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let replay = Replay::start().await;
        let arm = arm(&replay);
        Self { replay, arm }
    }

    /// What the client makes of an answer.
    pub(crate) async fn read(&self, recording: &Recording, receiver: Receiver) -> Read {
        let answer = &complete(recording);
        self.replay.clear();
        if receiver == Receiver::SignIn {
            self.replay.on("POST", "/oauth2/v2.0/token", answer);
            let read = arm(&self.replay).subscriptions().await;
            return refusable(read.map(|_| Value::Null));
        }
        self.replay.on("POST", "/oauth2/v2.0/token", &token());
        if answer.status >= 400 {
            for method in ["GET", "PUT", "POST", "DELETE"] {
                self.replay.on(method, "", answer);
            }
        }
        refusable(self.call(answer, receiver).await)
    }

    async fn call(&self, answer: &Recording, receiver: Receiver) -> Result<Value, Error> {
        let arm = &self.arm;
        let get = || {
            self.replay.once("GET", "", answer);
            // Where a list goes on, its next page is empty.
            if answer.body["nextLink"].is_string() {
                self.replay.on("GET", "", &bare(200, json!({"value": []})));
            }
            self.replay.on("GET", "", answer);
        };
        match receiver {
            Receiver::Subscriptions => {
                get();
                let all = arm.subscriptions().await?;
                let all = all.into_iter();
                let all =
                    all.map(|one| json!({"id": one.id, "name": one.name, "state": one.state}));
                Ok(all.collect())
            }
            Receiver::Subscription => {
                get();
                let one = arm.subscription(Some(SUBSCRIPTION)).await?;
                Ok(json!({"id": one.id, "name": one.name, "state": one.state}))
            }
            Receiver::Provider => {
                get();
                let one = arm.provider(SUBSCRIPTION, "Microsoft.Logic").await?;
                Ok(json!({
                    "namespace": one.namespace,
                    "state": one.registration_state,
                    "locations": one.locations("workflows"),
                }))
            }
            Receiver::Permissions => {
                get();
                let all = arm.permissions(SUBSCRIPTION, Some(GROUP)).await?;
                let actions = [
                    "Microsoft.Logic/workflows/write",
                    "Microsoft.DevCenter/projects/read",
                ];
                let allows = |action| all.iter().any(|one| one.allows(action));
                Ok(actions.into_iter().map(allows).collect())
            }
            Receiver::Group => {
                get();
                let one = arm.resource_group(SUBSCRIPTION, GROUP).await?;
                Ok(one.map_or(Value::Null, |one| {
                    let deleting = one.is_being_deleted();
                    json!({"id": one.id, "name": one.name, "location": one.location, "tags": one.tags, "deleting": deleting})
                }))
            }
            Receiver::NewGroup => {
                self.replay.on("PUT", "", answer);
                let tags = BTreeMap::new();
                let one = arm
                    .create_resource_group(SUBSCRIPTION, GROUP, "westeurope", &tags)
                    .await?;
                let deleting = one.is_being_deleted();
                Ok(
                    json!({"id": one.id, "name": one.name, "location": one.location, "tags": one.tags, "deleting": deleting}),
                )
            }
            Receiver::Resources => {
                get();
                let all = arm.resources(SUBSCRIPTION, GROUP).await?;
                let all = all.into_iter();
                let all = all.map(|one| {
                    json!({"id": one.id, "name": one.name, "type": one.r#type, "tags": one.tags})
                });
                Ok(all.collect())
            }
            Receiver::Resource | Receiver::AnyOfArm => {
                get();
                // What a deployment or PATCH gets has the form of what GET does.
                Ok(arm.get(&answer.path, "2023-01-01").await?.into())
            }
            Receiver::Deletion => {
                let last = recorded(Receiver::OperationResult, |one| one.status == 200);
                self.deleted(answer, last).await
            }
            Receiver::OperationResult if answer.body["properties"].is_object() => {
                let first = recorded(Receiver::WhatIf, |one| one.status == 202);
                self.what_if(first, answer).await
            }
            Receiver::OperationResult => {
                let first = recorded(Receiver::Deletion, |one| one.status == 202);
                self.deleted(first, answer).await
            }
            Receiver::OperationStatus => {
                let header = "azure-asyncoperation";
                let followed = recorded(Receiver::NewDeployment, |one| {
                    one.headers.contains_key(header)
                });
                let mut first = bare(202, Value::Null);
                let address = followed.headers[header].clone();
                first.headers.insert(header, address);
                self.deleted(&first, answer).await
            }
            Receiver::Validation => {
                self.replay.on("POST", "/validate", answer);
                arm.validate(&deployment(answer)).await?;
                Ok(json!("valid"))
            }
            Receiver::WhatIf => {
                let last = recorded(Receiver::OperationResult, |one| {
                    one.body["properties"].is_object()
                });
                self.what_if(answer, last).await
            }
            Receiver::NewDeployment => {
                let id = &answer.body["id"];
                let last = recordings().iter().find(|one| {
                    class_of(one).is_some_and(|class| class.receiver == Receiver::Deployment)
                        && one.body["id"] == *id
                        && one.body["properties"]["provisioningState"] != "Accepted"
                });
                self.deployed(answer, last.unwrap_or(answer)).await
            }
            Receiver::Deployment => {
                get();
                let goes_on = arm.is_deploying(SUBSCRIPTION, GROUP, "mail").await?;
                let mut read = json!({"goes on": goes_on});
                if !goes_on {
                    self.replay.clear();
                    self.replay.on("POST", "/oauth2/v2.0/token", &token());
                    read["deployed"] = self.deployed(answer, answer).await?;
                }
                Ok(read)
            }
            Receiver::Operations => {
                let first = recorded(Receiver::NewDeployment, |one| one.status == 201);
                let last = recorded(Receiver::Deployment, |one| {
                    one.body["id"] == first.body["id"]
                });
                self.replay.on("PUT", "", first);
                self.replay.on("GET", "/operations", answer);
                self.replay.on("GET", "", last);
                let mut operations = Vec::new();
                let observe = |one: &picletter::deploy::azure::Operation| {
                    operations.push(json!({"type": one.resource_type, "name": one.name, "state": one.state, "error": one.error}));
                };
                arm.deploy(&deployment(first), observe).await?;
                Ok(operations.into())
            }
            Receiver::Workflow => {
                get();
                let one = arm.workflow(WORKFLOW).await?;
                Ok(one.map_or(Value::Null, |one| {
                    json!({
                        "id": one.id, "name": one.name, "location": one.location,
                        "state": one.state, "version": one.version,
                        "changed": one.changed.map(|time| time.to_string()), "tags": one.tags,
                        "definition": one.definition, "parameters": one.parameters,
                    })
                }))
            }
            Receiver::Triggers => {
                get();
                let all = arm.triggers(WORKFLOW).await?;
                let all = all.into_iter().map(|one| {
                    let time = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
                    json!({"name": one.name, "state": one.state, "next": time(one.next), "last": time(one.last)})
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
                // One run is read in the same form.
                let one = &answer.body["value"][0];
                self.replay.on("GET", "", &answer.with_body(one.clone()));
                let one = arm.run(WORKFLOW, one["name"].as_str().unwrap()).await?;
                assert_eq!(one, all[0], "the same run");
                Ok(all.iter().map(run).collect())
            }
            Receiver::Actions => {
                get();
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

    /// Deletes something: `first` is the answer, `last` the end of the operation where it names one,
    /// and then it is gone.
    async fn deleted(&self, first: &Recording, last: &Recording) -> Result<Value, Error> {
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

    async fn what_if(&self, first: &Recording, last: &Recording) -> Result<Value, Error> {
        self.replay.on("POST", "/whatIf", first);
        self.replay.on("GET", "/TOKEN", last);
        let changes = self.arm.what_if(&deployment(first)).await?;
        Ok(changes.iter().map(change).collect())
    }

    /// Deploys: `first` is the answer to PUT, `last` the later one.
    async fn deployed(&self, first: &Recording, last: &Recording) -> Result<Value, Error> {
        self.replay.on("PUT", "", first);
        let operations = recorded(Receiver::Operations, |_| true);
        self.replay.on("GET", "/operations", operations);
        self.replay.on("GET", "", last);
        let deployed = self.arm.deploy(&deployment(first), |_| ()).await?;
        Ok(deployed.resources.into())
    }
}

/// Transcribed recordings name only some headers, but Resource Manager identifies each answer.
fn complete(recording: &Recording) -> Recording {
    let mut answer = recording.clone();
    let headers = &mut answer.headers;
    headers
        .entry("x-ms-request-id")
        .or_insert(http::HeaderValue::from_static(
            "00000000-0000-0000-0000-000000000000",
        ));
    answer
}

/// The recorded history of the run that a trigger's recorded answer does not name. The service took
/// two seconds to answer there; here it takes none, so the history is that much older.
fn history() -> Recording {
    let mut history = recorded(Receiver::Runs, |_| true).clone();
    let date = "Tue, 05 Feb 2019 21:20:26 GMT".parse().unwrap();
    history.headers.insert("date", date);
    history
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

fn run(run: &Run) -> Value {
    json!({
        "id": run.id, "status": run.status,
        "start": run.start.map(|time| time.to_string()),
        "end": run.end.map(|time| time.to_string()),
        "trigger": run.trigger, "code": run.code, "message": run.message,
    })
}

fn change(change: &WhatIfChange) -> Value {
    let delta: Vec<_> = change
        .delta
        .iter()
        .map(|one| json!({"path": one.path, "type": one.property_change_type, "before": one.before, "after": one.after}))
        .collect();
    json!({
        "id": change.resource_id, "type": change.change_type,
        "before": change.before, "after": change.after, "delta": delta,
    })
}

fn refusable(read: Result<Value, Error>) -> Read {
    read.map_err(|error| {
        let kind = match &error {
            Error::SignIn(_) => "sign-in",
            Error::Refused(_) => "refused",
            Error::StartUnknown { .. } => "start unknown",
            _ => "another",
        };
        Refused::new(kind, &error)
    })
}

/// What the client should read, out of the recording itself.
pub(crate) fn expected(recording: &Recording, receiver: Receiver) -> Value {
    let body = &recording.body;
    let list = |of: &dyn Fn(&Value) -> Value| -> Value {
        body["value"].as_array().unwrap().iter().map(of).collect()
    };
    let tags = |of: &Value| match &of["tags"] {
        Value::Null => json!({}),
        tags => tags.clone(),
    };
    let subscription = |of: &Value| json!({"id": of["subscriptionId"], "name": of["displayName"], "state": of["state"]});
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
                "tags": tags(body), "deleting": body["properties"]["provisioningState"] == "Deleting",
            })
        }
        Receiver::Resources => list(
            &|of| json!({"id": of["id"], "name": of["name"], "type": of["type"], "tags": tags(of)}),
        ),
        Receiver::Resource => body.clone(),
        Receiver::Deletion | Receiver::OperationStatus => json!("gone"),
        Receiver::OperationResult if body.is_null() => json!("gone"),
        Receiver::OperationResult => changes(body),
        Receiver::WhatIf => {
            let last = recorded(Receiver::OperationResult, |one| {
                one.body["properties"].is_object()
            });
            changes(&last.body)
        }
        Receiver::Validation => json!("valid"),
        Receiver::NewDeployment => {
            let last = recordings().iter().find(|one| {
                class_of(one).is_some_and(|class| class.receiver == Receiver::Deployment)
                    && one.body["id"] == body["id"]
                    && one.body["properties"]["provisioningState"] == "Succeeded"
            });
            resources(&last.expect("its end").body)
        }
        Receiver::Deployment => match body["properties"]["provisioningState"].as_str().unwrap() {
            "Accepted" => json!({"goes on": true}),
            _ => json!({"goes on": false, "deployed": resources(body)}),
        },
        Receiver::Operations => {
            let operations = body["value"].as_array().unwrap().iter();
            let of_resources = operations.map(|of| &of["properties"]);
            of_resources
                .filter(|of| of["targetResource"].is_object())
                .map(|of| {
                    let target = &of["targetResource"];
                    json!({"type": target["resourceType"], "name": target["resourceName"], "state": of["provisioningState"], "error": null})
                })
                .collect()
        }
        Receiver::Workflow => {
            let properties = &body["properties"];
            json!({
                "id": body["id"], "name": body["name"], "location": body["location"],
                "state": properties["state"], "version": properties["version"],
                "changed": properties["changedTime"], "tags": tags(body),
                "definition": properties["definition"], "parameters": properties["parameters"],
            })
        }
        Receiver::Triggers => list(&|of| {
            let properties = &of["properties"];
            json!({
                "name": of["name"], "state": properties["state"],
                "next": properties["nextExecutionTime"], "last": properties["lastExecutionTime"],
            })
        }),
        Receiver::TriggerRun => match recording.headers.get("x-ms-workflow-run-id") {
            Some(run) => run.to_str().unwrap().into(),
            // Found in the history.
            None => history().body["value"][0]["name"].clone(),
        },
        Receiver::Enabling => json!("Enabled"),
        Receiver::Runs => list(&|of| {
            let properties = &of["properties"];
            json!({
                "id": of["name"], "status": properties["status"],
                "start": properties["startTime"], "end": properties["endTime"],
                "trigger": properties["trigger"]["name"],
                "code": properties["code"], "message": null,
            })
        }),
        Receiver::Actions => list(&|of| {
            let properties = &of["properties"];
            json!({
                "name": of["name"], "status": properties["status"],
                "start": properties["startTime"], "end": properties["endTime"],
                "code": properties["code"], "error": null,
            })
        }),
        other => panic!("{other:?} has no success that is recorded"),
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
        .map(|of| {
            let delta = of["delta"].as_array().into_iter().flatten();
            let delta: Vec<_> = delta
                .map(|one| json!({"path": one["path"], "type": one["propertyChangeType"], "before": one["before"], "after": one["after"]}))
                .collect();
            json!({
                "id": of["resourceId"], "type": of["changeType"],
                "before": of["before"], "after": of["after"], "delta": delta,
            })
        })
        .collect()
}
