//! The endpoints of Logic Apps: `…/Microsoft.Logic/workflows/NAME/…`.

use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, get_only, ok};
use super::call::Call;
use super::groups::{Groups, Scope};
use super::kinds::WORKFLOWS;
use super::refusal::Refusal;
use super::resources::{self, Resource};
use super::workflow::{Workflow, version_reference};
use super::{Azure, Core};
use super::{history, runs};
use crate::ids::uuid;
use picletter_logic_apps::LogicApp;
use picletter_logic_apps::StartError;
use picletter_logic_apps::history::{ActionRecord, RunRecord};
use picletter_logic_apps::ticks;

impl Groups {
    fn workflow(&self, scope: Scope<'_>, name: &str) -> Result<(&Resource, &Workflow), Refusal> {
        let found = self.existing(scope, &WORKFLOWS, name)?;
        let workflow = found.workflow.as_ref();
        let workflow = workflow.ok_or_else(|| {
            Refusal::not_found(
                "WorkflowNotFound",
                format!("The workflow '{name}' could not be found."),
            )
        })?;
        Ok((found, workflow))
    }
}

impl Azure {
    /// The running workflow with this name, for tests and status displays.
    pub fn workflow(&self, name: &str) -> Option<LogicApp> {
        let state = self.core.state();
        let mut resources = state.groups.resources();
        let named = resources.find(|one| one.workflow.is_some() && one.name == name)?;
        named.workflow.as_ref()?.current().cloned()
    }

    /// A parameter of the workflow with this name, including secret ones, which no response
    /// contains.
    pub fn workflow_parameter(&self, workflow: &str, parameter: &str) -> Option<Value> {
        let state = self.core.state();
        let mut resources = state.groups.resources();
        let named = resources.find(|one| one.workflow.is_some() && one.name == workflow)?;
        let value = &named.properties["parameters"][parameter]["value"];
        (!value.is_null()).then(|| value.clone())
    }
}

impl Core {
    /// Handles a report to the callback URL of a run.
    pub(super) fn handle_callback(&self, request: &Request<Bytes>) -> http::Response<Bytes> {
        let run = request
            .uri()
            .path()
            .split("/runs/")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        let app = {
            let state = self.state();
            state
                .groups
                .workflows()
                .find_map(|workflow| workflow.app_for_run(run))
        };
        match app {
            Some(app) => app.callback(request),
            None => Refusal::not_found(
                "WorkflowRunNotFound",
                format!("The workflow run '{run}' could not be found."),
            )
            .into_bytes(),
        }
    }

    pub(super) fn workflow_endpoint(
        &self,
        call: &Call,
        version: &str,
        scope: Scope<'_>,
        name: &str,
        rest: &[String],
    ) -> Answer {
        let lower: Vec<String> = rest.iter().map(|part| part.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        match (&call.method, &lower[..]) {
            (&Method::POST, ["enable"]) => self.set_state(scope, name, "Enabled"),
            (&Method::POST, ["disable"]) => self.set_state(scope, name, "Disabled"),
            (&Method::POST, ["triggers", _, "run"]) => self.run_trigger(scope, name, &rest[1]),
            (&Method::POST, ["runs", _, "cancel"]) => self.cancel_run(scope, name, &rest[1]),
            (_, ["triggers"]) => {
                get_only(call)?;
                let state = self.state();
                let (found, workflow) = state.groups.workflow(scope, name)?;
                let all = self.triggers(state.groups.group(scope)?.scope(), found, workflow);
                Ok(ok(&json!({ "value": all })))
            }
            (_, ["runs"]) => {
                get_only(call)?;
                let state = self.state();
                let (found, workflow) = state.groups.workflow(scope, name)?;
                let url = format!("{}{}", self.setup.url, call.path);
                let id = resources::id(state.groups.group(scope)?.scope(), &WORKFLOWS, &found.name);
                let to_json = |run: &RunRecord| {
                    let mut json = workflow.run_json(run, &id);
                    let links = self.links(&state, workflow, &run.id, version);
                    links.put_into_run(&mut json);
                    json
                };
                Ok(ok(&runs::page(call, &url, workflow.runs(), to_json)?))
            }
            (_, ["runs", _, rest_of_run @ ..]) => {
                get_only(call)?;
                let state = self.state();
                let (found, workflow) = state.groups.workflow(scope, name)?;
                let run = &rest[1];
                let missing = || run_not_found(name, run);
                let app = workflow.app_for_run(run).ok_or_else(missing)?;
                let links = self.links(&state, workflow, run, version);
                let id = resources::id(state.groups.group(scope)?.scope(), &WORKFLOWS, &found.name);
                let to_json = |action: &ActionRecord| {
                    let mut json = history::action(action, &id, run);
                    links.put_into_action(&mut json);
                    json
                };
                let actions = || app.actions(run).ok_or_else(missing);
                match rest_of_run {
                    [] => {
                        let record = app.run(run).ok_or_else(missing)?;
                        let mut json = workflow.run_json(&record, &id);
                        links.put_into_run(&mut json);
                        Ok(ok(&json))
                    }
                    ["actions"] => {
                        let value: Vec<Value> = actions()?.iter().map(to_json).collect();
                        Ok(ok(&json!({ "value": value })))
                    }
                    ["actions", action] => {
                        let mut actions = actions()?.into_iter();
                        let found = actions.find(|record| record.name.eq_ignore_ascii_case(action));
                        let found = found.ok_or_else(|| {
                            Refusal::not_found(
                                "WorkflowRunActionNotFound",
                                format!(
                                    "The workflow '{name}' run '{run}' action '{}' could not be found.",
                                    rest[3]
                                ),
                            )
                        })?;
                        Ok(ok(&to_json(&found)))
                    }
                    _ => Err(Refusal::no_such_path(&call.path)),
                }
            }
            _ => Err(Refusal::no_such_path(&call.path)),
        }
    }

    fn set_state(&self, scope: Scope<'_>, name: &str, to: &str) -> Answer {
        let now = self.now();
        let mut state = self.state();
        state.groups.workflow(scope, name)?;
        let version = state.groups.version(now);
        if let Some(found) = state.groups.group_mut(scope)?.find_mut(&WORKFLOWS, name)
            && found.state() != to
        {
            found.properties["state"] = json!(to);
            found.touch(version, now);
            if let Some(workflow) = &found.workflow {
                workflow.enable(found.is_enabled());
            }
        }
        Ok(StatusCode::OK.into_response())
    }

    fn triggers(&self, scope: Scope<'_>, found: &Resource, workflow: &Workflow) -> Vec<Value> {
        let id = resources::id(scope, &WORKFLOWS, &found.name);
        let triggers = workflow.triggers(self.now()).into_iter();
        triggers
            .map(|(name, next)| {
                let time = |at: Timestamp| json!(ticks::to_text(at));
                let mut properties = json!({
                    "provisioningState": "Succeeded",
                    "createdTime": time(found.changed()),
                    "changedTime": time(found.changed()),
                    "state": found.state(),
                    "status": "Waiting",
                    "recurrence": Workflow::declared(&found.properties, &name)["recurrence"],
                    "workflow": version_reference(&id, found.version()),
                });
                if let Some(last) = workflow.last_fired(&name) {
                    properties["lastExecutionTime"] = time(last);
                }
                if let Some(next) = next.filter(|_| found.is_enabled()) {
                    properties["nextExecutionTime"] = time(next);
                }
                json!({
                    "id": format!("{id}/triggers/{name}"),
                    "name": &*name,
                    "type": "Microsoft.Logic/workflows/triggers",
                    "properties": properties,
                })
            })
            .collect()
    }

    fn run_trigger(&self, scope: Scope<'_>, name: &str, trigger: &str) -> Answer {
        let state = self.state();
        let (found, workflow) = state.groups.workflow(scope, name)?;
        let missing = || trigger_not_found(name, trigger);
        let app = workflow.current().ok_or_else(missing)?;
        let started = app.run_trigger(trigger);
        if let Err(StartError::ConditionNotMet(_)) = started {
            // As for a polling trigger without data: no run, and no header with its ID.
            return Ok(StatusCode::OK.into_response());
        }
        let run = started.map_err(|error| match error {
            StartError::NoTrigger(_) => missing(),
            StartError::Disabled => Refusal::bad_request(
                "WorkflowTriggerIsNotEnabled",
                format!(
                    "Could not execute workflow '{name}' trigger '{trigger}' with state '{}': trigger is not enabled.",
                    found.state()
                ),
            ),
            StartError::ConditionNotMet(_) | StartError::ConditionFailed { .. } => {
                Refusal::bad_request("InvalidTemplate", format!("{error}."))
            }
            StartError::TooManyWaiting(_) => Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                "WorkflowRunWaitingQueueFull",
                format!("{error}."),
            ),
        })?;
        let location = &found.location;
        let system = format!(
            "/locations/{location}/scaleunits/prod-00/workflows/{}",
            workflow.key
        );
        let tracking = uuid(&mut fastrand::Rng::new());
        let mut response = StatusCode::ACCEPTED.into_response();
        for (header, value) in [
            ("cache-control", "no-cache"),
            ("pragma", "no-cache"),
            ("x-ms-client-tracking-id", &run),
            ("x-ms-correlation-id", &tracking),
            ("x-ms-execution-location", location),
            ("x-ms-tracking-id", &tracking),
            ("x-ms-trigger-history-name", &run),
            ("x-ms-workflow-id", &workflow.key),
            ("x-ms-workflow-name", &found.name),
            ("x-ms-workflow-run-id", &run),
            ("x-ms-workflow-system-id", &system),
            ("x-ms-workflow-version", found.version()),
        ] {
            set_header(&mut response, header, value);
        }
        Ok(response)
    }

    fn cancel_run(&self, scope: Scope<'_>, name: &str, run: &str) -> Answer {
        let state = self.state();
        let (_, workflow) = state.groups.workflow(scope, name)?;
        let app = workflow
            .app_for_run(run)
            .ok_or_else(|| run_not_found(name, run))?;
        if !app.cancel(run) {
            let status = app.run(run).map_or("", |record| record.status.name());
            return Err(Refusal::bad_request(
                "WorkflowRunInvalidStatus",
                format!(
                    "The workflow '{name}' run '{run}' cannot be cancelled because its status is '{status}'."
                ),
            ));
        }
        Ok(StatusCode::OK.into_response())
    }
}

fn set_header(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, value);
    }
}

fn trigger_not_found(workflow: &str, trigger: &str) -> Refusal {
    Refusal::not_found(
        "WorkflowTriggerNotFound",
        format!("The workflow '{workflow}' trigger '{trigger}' could not be found."),
    )
}

fn run_not_found(workflow: &str, run: &str) -> Refusal {
    Refusal::not_found(
        "WorkflowRunNotFound",
        format!("The workflow '{workflow}' run '{run}' could not be found."),
    )
}
