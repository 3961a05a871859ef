//! What a deployment would change at Azure.

use super::{Action, Item, ResourceKind};
use crate::deploy::compare::{self, Expected};
use crate::deploy::desired::DesiredState;
use crate::deploy::live::LiveState;
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
        planned.note = Some(format!("in {location}"));
    }
    Ok(planned)
}

/// Where the template is deployed.
pub(in crate::deploy) fn place(desired: &DesiredState, live: &LiveState) -> ResourceGroup {
    let there = live
        .azure
        .group
        .as_ref()
        .map(|group| group.location.clone());
    ResourceGroup {
        subscription_id: live.azure.subscription.clone(),
        name: desired.resource_group.clone(),
        location: there
            .or_else(|| desired.location.clone())
            .unwrap_or_default(),
    }
}

pub(super) fn resources(
    desired: &DesiredState,
    live: &LiveState,
    held: Option<&str>,
) -> Result<Vec<Item>, StepError> {
    let expected = desired
        .resources(
            held.unwrap_or_default(),
            live.azure.state(),
            &place(desired, live),
        )
        .in_step(Step::Validate)?;
    let mut items = Vec::new();
    for resource in &expected {
        items.push(match resource.r#type.as_str() {
            "Microsoft.Logic/workflows" => {
                let mut planned = workflow(resource, desired, live, held)?;
                if let Some(from) = &desired.daily_alert_from {
                    planned.add_note(format!(
                        "no alert on a day without success before the first run is due, at {from}; \
                         run {} after that to create it",
                        picletter("deploy")
                    ));
                }
                planned
            }
            _ => alert(resource, desired, live),
        });
    }
    // Alerts that are no longer asked for.
    for alert in &live.azure.alerts {
        let desired = expected.iter().any(|resource| {
            resource.r#type == alert.r#type && resource.name.eq_ignore_ascii_case(&alert.name)
        });
        if !desired && alert.is_ours() {
            let kind = ResourceKind::from_alert_type(alert.r#type);
            let mut planned = Item::new(kind, &alert.name);
            planned.action = Action::DeleteResource {
                id: alert.id.clone(),
                api_version: alert.api_version,
            };
            items.push(planned);
        }
    }
    Ok(items)
}

pub(super) fn workflow(
    expected: &Resource,
    desired: &DesiredState,
    live: &LiveState,
    held: Option<&str>,
) -> Result<Item, StepError> {
    let mut planned = Item::new(ResourceKind::Workflow, &expected.name);
    let Some(there) = &live.azure.workflow else {
        planned.action = Action::Deploy;
        return Ok(planned);
    };
    if !live.azure.workflow_made_by_us() {
        return Err(CloudError::NotOurs {
            name: expected.name.clone(),
            id: desired.names(&live.azure.subscription).workflow_id(),
        })
        .in_step(Step::ReadWorkflow);
    }
    let place = place(desired, live);
    let expected = Expected {
        resource: expected,
        parameters: &desired.parameters,
        scope: &desired.scope(),
        evaluate: |parameters| {
            let desired = DesiredState {
                parameters,
                ..desired.clone()
            };
            desired.workflow(held.unwrap_or_default(), live.azure.state(), &place)
        },
    };
    planned.differences = compare::workflow(&expected, there).in_step(Step::Validate)?;
    if held.is_none() {
        planned.add_note("it gets a new authorization's token");
        planned.action = Action::Redeploy;
    }
    if let Some(before) = live.azure.another_app(desired) {
        planned.add_note(format!(
            "the app {before} stays: `destroy` with it as `app` removes it"
        ));
    }
    if live.azure.is_paused() {
        planned.add_note(format!(
            "it is paused, and stays so: {} starts it",
            picletter("resume")
        ));
    }
    if !planned.differences.is_empty() {
        planned.action = Action::Redeploy;
    }
    Ok(planned)
}

pub(super) fn alert(expected: &Resource, desired: &DesiredState, live: &LiveState) -> Item {
    let kind = ResourceKind::from_alert_type(&expected.r#type);
    let mut planned = Item::new(kind, &expected.name);
    let there = live.azure.alerts.iter().find(|alert| {
        alert.r#type == expected.r#type && alert.name.eq_ignore_ascii_case(&expected.name)
    });
    match there {
        None => planned.action = Action::Deploy,
        Some(there) => {
            planned.differences = compare::alert(
                expected,
                &there.resource,
                &desired.parameters,
                &desired.scope(),
            );
            if !planned.differences.is_empty() {
                planned.action = Action::Redeploy;
            }
        }
    }
    planned
}
