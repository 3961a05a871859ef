//! The plan's actions at Azure.

use serde_json::{Map, Value};

use super::{Action, Item, ResourceKind};
use crate::config::known_location;
use crate::deploy::api_version::WORKFLOWS;
use crate::deploy::azure::WorkflowState;
use crate::deploy::compare::{self, Expected};
use crate::deploy::desired::{DesiredJob, DesiredState};
use crate::deploy::live::{LiveState, abandoned_runs, state};
use crate::deploy::step::{CloudError, Step, StepContext as _, StepError};
use crate::shell::picletter;
use picletter_logic_apps::arm::{Resource, ResourceGroup};

pub(super) fn group(desired: &DesiredState, live: &LiveState) -> Result<Item, StepError> {
    let name = &desired.resource_group;
    let mut planned = Item::new(ResourceKind::ResourceGroup, name);
    if live.azure.group.is_none() {
        let Some(location) = &desired.location else {
            return Err(CloudError::NoLocation(name.clone())).in_step(Step::ReadResourceGroup);
        };
        planned.action = Action::CreateResourceGroup {
            location: location.clone(),
        };
        planned.note = Some(match known_location(location) {
            Some(_) => format!("in {location}"),
            None => format!(
                "in {location}, which Picletter does not know: `az account list-locations` lists Azure's \
                 locations"
            ),
        });
    }
    Ok(planned)
}

/// The resource group to which the template is deployed.
pub(in crate::deploy) fn target_group(desired: &DesiredState, live: &LiveState) -> ResourceGroup {
    let existing = live
        .azure
        .group
        .as_ref()
        .map(|group| group.location.clone());
    ResourceGroup {
        subscription_id: live.azure.subscription.clone(),
        name: desired.resource_group.clone(),
        location: existing
            .or_else(|| desired.location.clone())
            .unwrap_or_default(),
    }
}

/// The actions for each job's workflow and alerts, and for those of jobs that are no longer in the
/// file. `current_authorization` is the one whose token the workflows use.
pub(super) fn resources(
    desired: &DesiredState,
    live: &LiveState,
    current_authorization: Option<&str>,
) -> Result<Vec<Item>, StepError> {
    let mut items = Vec::new();
    let mut alerts = Vec::new();
    for job in &desired.jobs {
        let context = JobContext {
            desired,
            job,
            live,
            current_authorization,
        };
        let expected = context.evaluate(job.parameters.clone())?;
        for resource in &expected {
            items.push(match resource.r#type.as_str() {
                "Microsoft.Logic/workflows" => context.workflow(resource)?,
                _ => context.alert(resource),
            });
        }
        alerts.extend(expected);
    }
    items.extend(removed(desired, live));
    // Alerts that are no longer desired, or whose job is removed.
    for alert in &live.azure.alerts {
        let is_desired = alerts.iter().any(|resource| {
            resource.r#type == alert.r#type && resource.name.eq_ignore_ascii_case(&alert.name)
        });
        if is_desired || !alert.is_ours() || stays(desired, live, &alert.workflow) {
            continue;
        }
        let kind = ResourceKind::from_alert_type(alert.r#type);
        let mut planned = Item::new(kind, &alert.name);
        planned.action = Action::DeleteResource {
            id: alert.id.clone(),
            api_version: alert.api_version,
        };
        items.push(planned);
    }
    Ok(items)
}

/// Workflows of jobs that are no longer in the file. Those that start another app are kept.
fn removed<'a>(
    desired: &'a DesiredState,
    live: &'a LiveState,
) -> impl Iterator<Item = Item> + use<'a> {
    live.azure.removed(desired).map(|workflow| {
        let mut planned = Item::new(ResourceKind::Workflow, &workflow.name);
        if let Some(app) = workflow.another_app(&desired.app) {
            planned.add_note(format!("kept, because it starts the app {app}"));
        } else {
            planned.action = Action::DeleteResource {
                id: workflow.id.clone(),
                api_version: WORKFLOWS,
            };
            planned.add_note("no longer in the file");
            let active = abandoned_runs(&live.active_runs, &workflow.name, true);
            if let Some(active) = active {
                planned.add_note(active);
            }
            if workflow.is(WorkflowState::Disabled) {
                planned.add_note("it is paused, but a job that replaces it is not");
            }
        }
        planned
    })
}

/// Whether a workflow is kept although its job is no longer in the file.
fn stays(desired: &DesiredState, live: &LiveState, workflow: &str) -> bool {
    let mut removed = live.azure.removed(desired);
    removed
        .any(|it| it.name.eq_ignore_ascii_case(workflow) && it.another_app(&desired.app).is_some())
}

/// A job with the states for its comparison.
struct JobContext<'a> {
    desired: &'a DesiredState,
    job: &'a DesiredJob,
    live: &'a LiveState,
    current_authorization: Option<&'a str>,
}

impl JobContext<'_> {
    /// The resources of the template for these parameters.
    fn evaluate(&self, parameters: Map<String, Value>) -> Result<Vec<Resource>, StepError> {
        let Self { desired, live, .. } = self;
        let job = DesiredJob {
            parameters,
            ..self.job.clone()
        };
        let resources = desired.resources(
            &job,
            self.current_authorization.unwrap_or_default(),
            state(live.azure.workflow(&job)),
            &target_group(desired, live),
        );
        resources.in_step(Step::Validate)
    }

    fn workflow(&self, expected: &Resource) -> Result<Item, StepError> {
        let Self {
            desired, job, live, ..
        } = self;
        let mut planned = self.item(ResourceKind::Workflow, expected);
        if let Some(from) = &job.daily_alert_from {
            planned.add_note(format!(
                "the alert for a day without success is created only after the first run is due, at {from}; \
                 run {} again after that",
                picletter("deploy")
            ));
        }
        let Some(there) = live.azure.workflow(job) else {
            planned.action = Action::Deploy;
            return Ok(planned);
        };
        desired.check_mark(there).in_step(Step::ReadWorkflow)?;
        desired
            .check_deployment(there)
            .in_step(Step::ReadWorkflow)?;
        compare::check_location(desired, live.azure.group.as_ref(), there)
            .in_step(Step::ReadWorkflow)?;
        let scope = desired.scope(job);
        let expected = Expected {
            job: job.name.as_deref(),
            resource: expected,
            parameters: &job.parameters,
            scope: &scope,
            evaluate: |parameters| {
                let group = target_group(desired, live);
                let state = state(Some(there));
                let job = DesiredJob {
                    parameters,
                    ..(*job).clone()
                };
                desired.workflow(
                    &job,
                    self.current_authorization.unwrap_or_default(),
                    state,
                    &group,
                )
            },
        };
        planned.differences = compare::workflow(&expected, there).in_step(Step::Validate)?;
        if self.current_authorization.is_none() {
            planned.add_note("gets the token of a new authorization");
            planned.action = Action::Redeploy;
        }
        if let Some(before) = there.another_app(&desired.app) {
            planned.add_note(format!(
                "it starts the app {before} now, and this file's job replaces that one: choose another \
                 `workflow` in [azure] to keep both; the app {before} stays: to remove it, run `destroy` \
                 with it as `app`"
            ));
        }
        if there.is(WorkflowState::Disabled) {
            planned.add_note(format!(
                "stays paused; resume it with {}",
                picletter(&job.command("resume"))
            ));
        }
        if !planned.differences.is_empty() {
            planned.action = Action::Redeploy;
        }
        Ok(planned)
    }

    fn alert(&self, expected: &Resource) -> Item {
        let kind = ResourceKind::from_alert_type(&expected.r#type);
        let mut planned = self.item(kind, expected);
        let there = self.live.azure.alerts.iter().find(|alert| {
            alert.r#type == expected.r#type && alert.name.eq_ignore_ascii_case(&expected.name)
        });
        match there {
            None => planned.action = Action::Deploy,
            Some(there) => {
                planned.differences = compare::alert(
                    expected,
                    &there.resource,
                    &self.job.parameters,
                    &self.desired.scope(self.job),
                );
                if !planned.differences.is_empty() {
                    planned.action = Action::Redeploy;
                }
            }
        }
        planned
    }

    fn item(&self, kind: ResourceKind, resource: &Resource) -> Item {
        let mut item = Item::new(kind, &resource.name);
        item.job.clone_from(&self.job.name);
        item
    }
}
