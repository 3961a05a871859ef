//! Deployments of a template into a resource group.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/deployments>.

use std::collections::{BTreeMap, HashMap};

use http::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::arm::{Arm, found};
use super::error::{Detail, Error, Refusal};
use super::long_running::{Awaited, Pace, is};
use super::resources::within_group;
use crate::deploy::http::{Answer, Call, Redacted, Repeat};

const API: &str = "2021-04-01";

/// The value of a template parameter.
#[derive(Debug, Clone)]
pub enum Parameter {
    /// A value that is not secret.
    Plain(Value),
    /// A secret, for a parameter of the type `securestring`.
    Secret(SecretString),
}

/// A deployment of a template to a resource group, in mode `Incremental`, which does not change
/// other resources of the group.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The subscription's id.
    pub subscription: String,
    /// The resource group, which must exist.
    pub resource_group: String,
    /// The deployment's name. A later deployment of the same name replaces it.
    pub name: String,
    /// The template.
    pub template: Value,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, Parameter>,
}

/// The operation of a deployment on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The resource's type, such as `Microsoft.Logic/workflows`.
    pub resource_type: String,
    /// The resource's name.
    pub name: String,
    /// `Running`, `Succeeded`, `Failed`, or another Azure state.
    pub state: String,
    /// The innermost reason of its failure.
    pub error: Option<String>,
}

/// A deployment that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The ids of its resources, created or unchanged.
    pub resources: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct DeploymentResponse {
    properties: Properties,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    provisioning_state: String,
    correlation_id: Option<String>,
    error: Option<Value>,
    #[serde(default)]
    output_resources: Vec<OutputResource>,
}

impl Properties {
    fn has_ended(&self) -> bool {
        is_end(&self.provisioning_state)
    }
}

fn is_end(state: &str) -> bool {
    ["Succeeded", "Failed", "Canceled"]
        .iter()
        .any(|end| is(state, end))
}

#[derive(Debug, Deserialize)]
struct OutputResource {
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OperationResponse {
    operation_id: String,
    properties: OperationProperties,
}

impl OperationResponse {
    fn has_ended(&self) -> bool {
        is_end(&self.properties.provisioning_state)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OperationProperties {
    provisioning_state: String,
    status_code: Option<String>,
    status_message: Option<Value>,
    target_resource: Option<TargetResource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetResource {
    resource_type: String,
    resource_name: String,
}

impl Deployment {
    fn path(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Resources/deployments/{}",
            self.subscription, self.resource_group, self.name
        )
    }

    fn body(&self) -> Value {
        let parameters: Map<String, Value> = self
            .parameters
            .iter()
            .map(|(name, parameter)| {
                let value = match parameter {
                    Parameter::Plain(value) => value.clone(),
                    Parameter::Secret(secret) => secret.expose_secret().into(),
                };
                (name.clone(), json!({"value": value}))
            })
            .collect();
        json!({"properties": {
            "mode": "Incremental",
            "template": self.template,
            "parameters": parameters,
        }})
    }
}

impl Arm {
    /// A request about a deployment. Adds the deployment's secrets to the redactor.
    pub(super) fn about(&self, deployment: &Deployment, method: Method, action: &str) -> Call {
        for parameter in deployment.parameters.values() {
            if let Parameter::Secret(secret) = parameter {
                self.redactor().learn(secret);
            }
        }
        let url = self.url(&format!("{}{action}", deployment.path()), API);
        let mut call = Call::new(method, url).json(deployment.body());
        // All requests about deployments are idempotent.
        call.repeat = Repeat::Safe;
        call.redacted = Redacted::Request;
        call
    }

    /// Validates a deployment at Azure without changing anything.
    ///
    /// # Errors
    /// Azure would reject it.
    pub async fn validate(&self, deployment: &Deployment) -> Result<(), Error> {
        let doing = format!("validate the deployment {}", deployment.name);
        let call = self.about(deployment, Method::POST, "/validate");
        let first = self.send(&doing, call).await?;
        let answer = self.follow(&doing, first, Awaited::Result).await?;
        let body: Value = self.parse(&doing, &answer)?;
        if body["error"].is_object() {
            return Err(self.refused(&doing, &answer));
        }
        if !body["properties"].is_object() {
            return Err(self.garbled(
                &doing,
                &answer,
                "the answer does not describe the deployment",
            ));
        }
        Ok(())
    }

    /// Deploys, and waits until the deployment ends. Calls `on_operation` for each change of an
    /// operation. Repeating an interrupted deployment is safe.
    ///
    /// # Errors
    /// Azure rejects it, an operation fails, or it does not end. The error contains the innermost
    /// reasons.
    pub async fn deploy(
        &self,
        deployment: &Deployment,
        mut on_operation: impl FnMut(&Operation),
    ) -> Result<Deployed, Error> {
        let doing = format!("deploy {}", deployment.name);
        let call = self.about(deployment, Method::PUT, "");
        let mut answer = self.exchange(&doing, call).await?;
        let mut seen = if answer.status.is_success() {
            self.parse::<DeploymentResponse>(&doing, &answer)?
                .properties
        } else {
            let refused = self.refused(&doing, &answer);
            // After a retry, the active deployment is the one that the first request started. The
            // answer to that request was lost.
            if !(answer.repeated && refused.code() == Some("DeploymentActive")) {
                return Err(refused);
            }
            Properties::default()
        };
        let mut pace = Pace::new(self.timings());
        let url = self.url(&deployment.path(), API);
        let mut reported = HashMap::new();
        let mut operations = Vec::new();
        let mut correlation = seen.correlation_id.take();
        while !seen.has_ended() {
            self.pause(&doing, &answer, &mut pace).await?;
            let read = Call::new(Method::GET, url.clone());
            let (looked, listed) =
                tokio::join!(self.send(&doing, read), self.operations(&doing, &url));
            answer = looked?;
            operations = listed?;
            report(&operations, &mut reported, self, &mut on_operation);
            seen = self
                .parse::<DeploymentResponse>(&doing, &answer)?
                .properties;
            match (&correlation, &seen.correlation_id) {
                (Some(ours), Some(theirs)) if ours != theirs => {
                    return Err(Error::Replaced { doing });
                }
                _ => correlation = correlation.or(seen.correlation_id.take()),
            }
        }
        let is_complete = is(&seen.provisioning_state, "Succeeded")
            && operations.len() >= seen.output_resources.len()
            && operations.iter().all(OperationResponse::has_ended);
        if !is_complete {
            // Reads the operations that ended since the last poll.
            operations = self.operations(&doing, &url).await?;
            report(&operations, &mut reported, self, &mut on_operation);
        }
        if is(&seen.provisioning_state, "Succeeded") {
            let resources = seen.output_resources.into_iter();
            return Ok(Deployed {
                resources: resources.map(|resource| resource.id).collect(),
            });
        }
        Err(self.failed(&doing, &answer, &seen, &operations))
    }

    /// Whether a deployment of that name is in progress; `false` if there never was one.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn is_deploying(
        &self,
        subscription: &str,
        resource_group: &str,
        name: &str,
    ) -> Result<bool, Error> {
        let doing = format!("read the deployment {name}");
        let path = format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.Resources/deployments/{name}"
        );
        let seen: Option<DeploymentResponse> =
            found(self.read(&doing, self.url(&path, API)).await)?;
        Ok(seen.is_some_and(|seen| !seen.properties.has_ended()))
    }

    async fn operations(
        &self,
        doing: &str,
        deployment: &Url,
    ) -> Result<Vec<OperationResponse>, Error> {
        let mut url = deployment.clone();
        url.set_path(&format!("{}/operations", deployment.path()));
        self.list(doing, url, usize::MAX).await
    }

    fn failed(
        &self,
        doing: &str,
        answer: &Answer,
        seen: &Properties,
        operations: &[OperationResponse],
    ) -> Error {
        let failed = operations
            .iter()
            .filter(|operation| is(&operation.properties.provisioning_state, "Failed"));
        let mut refusals = failed.filter_map(|operation| {
            let properties = &operation.properties;
            let target = properties.target_resource.as_ref()?;
            let what = format!(
                "{doing} ({} {})",
                target.resource_type, target.resource_name
            );
            let message = properties.status_message.as_ref()?;
            let status = properties
                .status_code
                .as_deref()
                .map_or(answer.status, status);
            let refusal = Refusal::from_error(&what, status, message, self.redactor());
            (!refusal.details.is_empty()).then_some(refusal)
        });
        let mut refusal = refusals.next().unwrap_or_else(|| {
            let error = seen.error.clone().unwrap_or_default();
            Refusal::from_error(doing, answer.status, &error, self.redactor())
        });
        for other in refusals {
            refusal.details.extend(other.details);
        }
        if refusal.details.is_empty() {
            refusal.details.push(Detail {
                code: seen.provisioning_state.clone(),
                message: String::new(),
            });
        }
        refusal.request_id = answer.request_id().map(str::to_owned);
        Error::Refused(Box::new(refusal))
    }
}

/// Reports what changed since the last poll.
fn report(
    operations: &[OperationResponse],
    reported: &mut HashMap<String, String>,
    arm: &Arm,
    on_operation: &mut impl FnMut(&Operation),
) {
    for operation in operations {
        let properties = &operation.properties;
        let state = &properties.provisioning_state;
        let Some(target) = &properties.target_resource else {
            continue;
        };
        if reported.get(&operation.operation_id) == Some(state) {
            continue;
        }
        reported.insert(operation.operation_id.clone(), state.clone());
        let error = properties.status_message.as_ref().and_then(|message| {
            let refusal = Refusal::from_error("", StatusCode::OK, message, arm.redactor());
            refusal.details.first().map(ToString::to_string)
        });
        on_operation(&Operation {
            resource_type: target.resource_type.clone(),
            name: within_group(&target.resource_name).to_owned(),
            state: state.clone(),
            error,
        });
    }
}

/// The status code for an operation's .NET status name.
fn status(name: &str) -> StatusCode {
    match name {
        "Unauthorized" => StatusCode::UNAUTHORIZED,
        "Forbidden" => StatusCode::FORBIDDEN,
        "NotFound" => StatusCode::NOT_FOUND,
        "Conflict" => StatusCode::CONFLICT,
        "TooManyRequests" => StatusCode::TOO_MANY_REQUESTS,
        "InternalServerError" => StatusCode::INTERNAL_SERVER_ERROR,
        "ServiceUnavailable" => StatusCode::SERVICE_UNAVAILABLE,
        other => other.parse().unwrap_or(StatusCode::BAD_REQUEST),
    }
}
