//! Deployments of templates to a resource group.
//!
//! Source: <https://learn.microsoft.com/rest/api/resources/deployments>.

use std::sync::{Arc, Weak};

use axum::response::IntoResponse as _;
use http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, created, get_only, ok};
use super::call::Call;
use super::deployment::{Deployment, Operation, deployment_id};
use super::evaluation::{Evaluated, Step};
use super::groups::{Groups, Scope};
use super::refusal::Refusal;
use super::{Core, State, what_if};
use picletter_logic_apps::Clock;
use picletter_logic_apps::ticks;

const FAILED: &str = "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.";

impl Groups {
    fn deployment(&self, scope: Scope<'_>, name: &str) -> Result<&Deployment, Refusal> {
        let mut deployments = self.group(scope)?.deployments.iter();
        let found = deployments.find(|one| one.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            Refusal::not_found(
                "DeploymentNotFound",
                format!("Deployment '{name}' could not be found."),
            )
        })
    }

    fn active(&mut self, target: &Target) -> Option<&mut Deployment> {
        let scope = Scope {
            subscription: &target.subscription,
            group: &target.group,
        };
        let mut deployments = self.group_mut(scope).ok()?.deployments.iter_mut();
        deployments.find(|one| one.token == target.token)
    }
}

/// Identifies the deployment that a task executes.
struct Target {
    subscription: String,
    group: String,
    token: String,
}

impl Core {
    /// Handles `…/deployments…`; `rest` is in lower case.
    pub(super) fn deployments(
        self: &Arc<Self>,
        call: &Call,
        scope: Scope<'_>,
        name: &str,
        rest: &[&str],
    ) -> Answer {
        let now = self.now();
        self.state().groups.group(scope)?;
        match (&call.method, rest) {
            (&Method::POST, [_, "validate"]) => self.validate(call, scope, name),
            (&Method::POST, [_, "whatif"]) => self.what_if(call, scope),
            (&Method::PUT, [_]) => self.begin(call, scope, name),
            (&Method::HEAD, [_]) => Ok(match self.state().groups.deployment(scope, name) {
                Ok(_) => StatusCode::NO_CONTENT,
                Err(_) => StatusCode::NOT_FOUND,
            }
            .into_response()),
            (_, []) => {
                get_only(call)?;
                let state = self.state();
                let group = state.groups.group(scope)?;
                let all = group.deployments.iter();
                let all: Vec<Value> = all.map(|one| one.json(group.scope(), now)).collect();
                Ok(ok(&json!({ "value": all })))
            }
            (_, [_]) => {
                get_only(call)?;
                let state = self.state();
                let scope = state.groups.group(scope)?.scope();
                Ok(ok(&state.groups.deployment(scope, name)?.json(scope, now)))
            }
            (_, [_, "operations"]) => {
                get_only(call)?;
                let state = self.state();
                let scope = state.groups.group(scope)?.scope();
                let operations = state.groups.deployment(scope, name)?.operations_json(scope);
                Ok(ok(&json!({ "value": operations })))
            }
            (_, [_, "operationstatuses", _]) => {
                get_only(call)?;
                let state = self.state();
                let deployment = state.groups.deployment(scope, name)?;
                let mut status = json!({ "status": deployment.state });
                if let Some(error) = &deployment.error {
                    status["error"] = error.clone();
                }
                Ok(ok(&status))
            }
            _ => Err(Refusal::no_such_path(&call.path)),
        }
    }

    fn validate(&self, call: &Call, scope: Scope<'_>, name: &str) -> Answer {
        let Evaluated {
            mode,
            parameters,
            metadata,
            steps,
            ..
        } = self.evaluate(call, scope)?;
        let now = self.now();
        let mut state = self.state();
        let correlation = state.ids.uuid();
        let resources: Vec<Value> = steps.iter().map(|step| json!({ "id": step.id })).collect();
        let mut json = json!({
            "id": deployment_id(state.groups.group(scope)?.scope(), name),
            "name": name,
            "type": "Microsoft.Resources/deployments",
            "properties": {
                "mode": mode,
                "parameters": parameters,
                "provisioningState": "Succeeded",
                "timestamp": ticks::to_text(now),
                "duration": "PT0S",
                "correlationId": correlation,
                "validatedResources": resources,
            },
        });
        if let Some(properties) = json["properties"].as_object_mut() {
            properties.extend(metadata);
        }
        Ok(ok(&json))
    }

    fn what_if(&self, call: &Call, scope: Scope<'_>) -> Answer {
        let outcome = match self.evaluate(call, scope) {
            Ok(evaluated) => {
                let state = self.state();
                let changes = what_if::changes(state.groups.group(scope)?, &evaluated.steps);
                json!({ "status": "Succeeded", "properties": { "changes": changes } })
            }
            // The immediate response cannot contain errors that are found later.
            Err(refusal) => json!({ "status": "Failed", "error": refusal.error() }),
        };
        let mut state = self.state();
        let State {
            operations, ids, ..
        } = &mut *state;
        let token = operations.begin(ids, self.completion_time(), Some(outcome));
        drop(state);
        Ok(self.accepted(scope.subscription, &token))
    }

    fn begin(self: &Arc<Self>, call: &Call, scope: Scope<'_>, name: &str) -> Answer {
        let allowed = |c: char| c.is_alphanumeric() || "-_.()".contains(c);
        if name.len() > 64 || !name.chars().all(allowed) {
            return Err(Refusal::bad_request(
                "InvalidDeploymentName",
                format!(
                    "The deployment name '{name}' has invalid characters or is longer than 64."
                ),
            ));
        }
        let evaluated = self.evaluate(call, scope)?;
        let now = self.now();
        let mut state = self.state();
        let (token, correlation) = (state.ids.text(40), state.ids.uuid());
        let group = state.groups.group_mut(scope)?;
        group.check_open()?;
        let mut deployments = group.deployments.iter();
        let before = deployments.position(|one| one.name.eq_ignore_ascii_case(name));
        if let Some(active) = before.map(|before| &group.deployments[before])
            && active.is_active()
        {
            return Err(Refusal::conflict(
                "DeploymentActive",
                format!(
                    "Unable to edit or replace deployment '{name}': previous deployment from '{}' is still active (expiration time is '{}'). Please see https://aka.ms/arm-deploy for usage details.",
                    active.started,
                    active
                        .started
                        .checked_add(jiff::SignedDuration::from_hours(7 * 24))
                        .unwrap_or(Timestamp::MAX),
                ),
            ));
        }
        let deployment = Deployment {
            name: name.to_owned(),
            token: token.clone(),
            correlation,
            mode: evaluated.mode,
            parameters: evaluated.parameters,
            metadata: evaluated.metadata,
            outputs: evaluated.outputs,
            state: "Accepted",
            started: now,
            ended: None,
            operations: Vec::new(),
            error: None,
        };
        let json = deployment.json(group.scope(), now);
        let target = Target {
            subscription: group.subscription.clone(),
            group: group.name.clone(),
            token: token.clone(),
        };
        let status = format!(
            "{}{}/operationStatuses/{token}?api-version=2021-04-01",
            self.setup.url,
            deployment.id(group.scope())
        );
        let mut response = if let Some(before) = before {
            group.deployments[before] = deployment;
            ok(&json)
        } else {
            group.deployments.push(deployment);
            created(&json)
        };
        drop(state);
        // According to recordings, this response has no `Retry-After`, unlike those of other
        // operations.
        if let Ok(status) = HeaderValue::from_str(&status) {
            response.headers_mut().insert(&ASYNC_OPERATION, status);
        }
        let clock = self.setup.clock;
        self.spawn(run_deployment(
            Arc::downgrade(self),
            clock,
            target,
            evaluated.steps,
        ));
        Ok(response)
    }

    /// Records that an operation has begun, and returns when it ends. `None` if the deployment no
    /// longer exists.
    fn begin_operation(&self, target: &Target, step: &Step) -> Option<Timestamp> {
        let now = self.now();
        let mut state = self.state();
        let id = state.ids.text(16).to_ascii_uppercase();
        let deployment = state.groups.active(target)?;
        deployment.state = "Running";
        deployment.operations.push(Operation {
            id,
            kind: step.desired.kind.name,
            target: step.id.clone(),
            name: step.desired.name.clone(),
            started: now,
            ended: None,
            outcome: None,
        });
        Some(self.completion_time())
    }

    /// Deploys a resource. Returns whether it succeeded.
    fn end_operation(self: &Arc<Self>, target: &Target, step: Step) -> bool {
        let now = self.now();
        let mut state = self.state();
        let scope = Scope {
            subscription: &target.subscription,
            group: &target.group,
        };
        let outcome = self.put(&mut state, scope, step.desired);
        let succeeded = outcome.is_ok();
        let deployment = state.groups.active(target);
        if let Some(operation) = deployment.and_then(|it| it.operations.last_mut()) {
            operation.ended = Some(now);
            operation.outcome = Some(outcome);
        }
        succeeded
    }

    fn end_deployment(&self, target: &Target) {
        let now = self.now();
        let mut state = self.state();
        let Some(deployment) = state.groups.active(target) else {
            return;
        };
        let failed = deployment.operations.iter();
        let details: Vec<Value> = failed
            .filter_map(|operation| match &operation.outcome {
                Some(Err(refusal)) => {
                    let mut detail = refusal.error();
                    detail["target"] = json!(operation.target);
                    Some(detail)
                }
                _ => None,
            })
            .collect();
        deployment.ended = Some(now);
        deployment.state = "Succeeded";
        if !details.is_empty() {
            deployment.state = "Failed";
            deployment.error = Some(json!({
                "code": "DeploymentFailed",
                "message": FAILED,
                "details": [{
                    "code": "ResourceDeploymentFailure",
                    "message": "The resource write operation failed to complete successfully, because it reached terminal provisioning state 'Failed'.",
                    "details": details,
                }],
            }));
        }
    }
}

static ASYNC_OPERATION: header::HeaderName =
    header::HeaderName::from_static("azure-asyncoperation");

/// Deploys the resources one after the other, and skips those that depend on a failed one.
async fn run_deployment(core: Weak<Core>, clock: Clock, target: Target, steps: Vec<Step>) {
    let mut skipped: Vec<String> = Vec::new();
    for step in steps {
        let id = step.id.clone();
        if step.after.iter().any(|after| skipped.contains(after)) {
            skipped.push(id);
            continue;
        }
        let due = core
            .upgrade()
            .and_then(|core| core.begin_operation(&target, &step));
        let Some(due) = due else { return };
        clock.sleep_until(due).await;
        let Some(core) = core.upgrade() else { return };
        if !core.end_operation(&target, step) {
            skipped.push(id);
        }
    }
    if let Some(core) = core.upgrade() {
        core.end_deployment(&target);
    }
}
