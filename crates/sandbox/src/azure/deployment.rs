//! A deployment and its operations as the service shows them.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/deployments/get> and
//! `/rest/api/resources/deployment-operations/list`.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::groups::Place;
use super::refusal::Refusal;
use picletter_logic_apps::ticks;

/// A deployment, while it goes on and afterwards.
pub(super) struct Deployment {
    pub(super) name: String,
    /// Tells it from others of its name.
    pub(super) token: String,
    pub(super) correlation: String,
    pub(super) mode: &'static str,
    pub(super) parameters: Value,
    pub(super) facts: Map<String, Value>,
    pub(super) outputs: Value,
    pub(super) state: &'static str,
    pub(super) started: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) operations: Vec<Operation>,
    pub(super) error: Option<Value>,
}

/// What a deployment does to one resource.
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
    pub(super) fn id(&self, place: Place<'_>) -> String {
        deployment_id(place, &self.name)
    }

    pub(super) fn is_active(&self) -> bool {
        self.ended.is_none()
    }

    pub(super) fn shown(&self, place: Place<'_>, now: Timestamp) -> Value {
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
            properties.extend(self.facts.clone());
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
            "id": self.id(place),
            "name": self.name,
            "type": "Microsoft.Resources/deployments",
            "properties": properties,
        })
    }

    /// Its operations; the last one, without a target, is the evaluation of the outputs.
    pub(super) fn operations_shown(&self, place: Place<'_>) -> Vec<Value> {
        let id = self.id(place);
        let operations = self.operations.iter();
        let mut shown: Vec<Value> = operations
            .map(|operation| operation.shown(&id, &self.correlation))
            .collect();
        if self.state == "Succeeded" {
            let operation = self.token.get(..16).unwrap_or_default();
            shown.push(json!({
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
        shown
    }
}

impl Operation {
    fn shown(&self, deployment: &str, tracking_id: &str) -> Value {
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
            // By .NET's names: `BadRequest`, `NotFound`.
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

pub(super) fn deployment_id(place: Place<'_>, name: &str) -> String {
    format!(
        "{}/providers/Microsoft.Resources/deployments/{name}",
        place.id()
    )
}
