//! Deployments and their operations, as JSON of the service.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/deployments/get> and
//! `/rest/api/resources/deployment-operations/list`.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::groups::Scope;
use super::refusal::Refusal;
use picletter_logic_apps::ticks;

/// An active or completed deployment.
pub(super) struct Deployment {
    pub(super) name: String,
    /// Distinguishes it from other deployments with the same name.
    pub(super) token: String,
    pub(super) correlation: String,
    pub(super) mode: &'static str,
    pub(super) parameters: Value,
    pub(super) metadata: Map<String, Value>,
    pub(super) outputs: Value,
    pub(super) state: &'static str,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) operations: Vec<Operation>,
    pub(super) error: Option<Value>,
}

/// The deployment of a single resource.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) target: String,
    pub(super) name: String,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) outcome: Option<Result<StatusCode, Refusal>>,
}

impl Deployment {
    pub(super) fn id(&self, scope: Scope<'_>) -> String {
        deployment_id(scope, &self.name)
    }

    pub(super) fn is_active(&self) -> bool {
        self.ended.is_none()
    }

    pub(super) fn json(&self, scope: Scope<'_>, now: Timestamp) -> Value {
        let until = self.ended.unwrap_or(now);
        let mut properties = json!({
            "mode": self.mode,
            "parameters": self.parameters,
            "provisioningState": self.state,
            "timestamp": ticks::to_text(until),
            "duration": until.duration_since(self.started).to_string(),
            "correlationId": self.correlation,
        });
        if let Some(properties) = properties.as_object_mut() {
            properties.extend(self.metadata.clone());
        }
        if self.state == "Succeeded" {
            properties["outputs"] = self.outputs.clone();
            let resources = self.operations.iter();
            properties["outputResources"] = resources
                .map(|operation| json!({ "id": operation.target }))
                .collect();
        }
        if let Some(error) = &self.error {
            properties["error"] = error.clone();
        }
        json!({
            "id": self.id(scope),
            "name": self.name,
            "type": "Microsoft.Resources/deployments",
            "properties": properties,
        })
    }

    /// The operations as JSON. The last one, without a target, is the evaluation of the outputs.
    pub(super) fn operations_json(&self, scope: Scope<'_>) -> Vec<Value> {
        let id = self.id(scope);
        let operations = self.operations.iter();
        let mut json: Vec<Value> = operations
            .map(|operation| operation.json(&id, &self.correlation))
            .collect();
        if self.state == "Succeeded" {
            let operation = self.token.get(..16).unwrap_or_default();
            json.push(json!({
                "id": format!("{id}/operations/{operation}"),
                "operationId": operation,
                "properties": {
                    "provisioningOperation": "EvaluateDeploymentOutput",
                    "provisioningState": "Succeeded",
                    "timestamp": self.ended.map(ticks::to_text),
                    "duration": "PT0S",
                    "trackingId": self.correlation,
                    "statusCode": "OK",
                },
            }));
        }
        json
    }
}

impl Operation {
    fn json(&self, deployment: &str, tracking_id: &str) -> Value {
        let (state, code) = match &self.outcome {
            None => ("Running", None),
            Some(Ok(code)) => ("Succeeded", Some(*code)),
            Some(Err(refusal)) => ("Failed", Some(refusal.status)),
        };
        let until = self.ended.unwrap_or(self.started);
        let mut properties = json!({
            "provisioningOperation": "Create",
            "provisioningState": state,
            "timestamp": ticks::to_text(until),
            "duration": until.duration_since(self.started).to_string(),
            "trackingId": tracking_id,
            "targetResource": {
                "id": self.target,
                "resourceType": self.kind,
                "resourceName": self.name,
            },
        });
        if let Some(reason) = code.and_then(|code| code.canonical_reason()) {
            // As named by .NET: `BadRequest`, `NotFound`.
            properties["statusCode"] = json!(reason.replace(' ', ""));
        }
        if let Some(Err(refusal)) = &self.outcome {
            properties["statusMessage"] = json!({ "status": "Failed", "error": refusal.error() });
        }
        json!({
            "id": format!("{deployment}/operations/{}", self.id),
            "operationId": self.id,
            "properties": properties,
        })
    }
}

pub(super) fn deployment_id(scope: Scope<'_>, name: &str) -> String {
    format!(
        "{}/providers/Microsoft.Resources/deployments/{name}",
        scope.id()
    )
}
