//! Removes what a deployment has made, and nothing else.

use super::clouds::Clouds;
use super::desired::DesiredState;
use super::heroku;
use super::live::LiveState;
use super::naming::{MADE_APP, mark, restore_mark};
use super::resource::{ResourceKind, ResourceName};
use super::step::{self, CloudError, Progress, Step, StepContext as _, StepError};
use super::{api_version, azure};
use crate::shell::{picletter, quoted};

/// How often what came meanwhile is removed.
const ROUNDS: usize = 3;

/// A resource that is removed, or kept for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The resource.
    pub target: Target,
    /// Why it is kept; none where it is removed.
    pub kept: Option<String>,
}

/// A resource to remove, with what its deletion needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The Logic App.
    Workflow {
        /// Its resource id.
        id: String,
        /// Its name.
        name: String,
    },
    /// A resource that raises or receives alerts.
    Alert {
        /// Its resource id.
        id: String,
        /// The version of its resource type's API.
        api_version: &'static str,
        /// Its kind and name.
        resource: ResourceName,
    },
    /// A Heroku authorization.
    Authorization {
        /// Its id.
        id: String,
        /// Its description, which others may have too.
        description: String,
    },
    /// The resource group of that name.
    ResourceGroup(String),
    /// The Heroku app of that name.
    App(String),
}

impl Target {
    /// The resource's kind and name, for display.
    pub fn resource(&self) -> ResourceName {
        let (kind, name) = match self {
            Self::Workflow { name, .. } => (ResourceKind::Workflow, name),
            Self::Alert { resource, .. } => return resource.clone(),
            Self::Authorization { description, .. } => (ResourceKind::Authorization, description),
            Self::ResourceGroup(name) => (ResourceKind::ResourceGroup, name),
            Self::App(name) => (ResourceKind::App, name),
        };
        ResourceName {
            kind,
            name: name.clone(),
        }
    }
}

/// What is removed, in the order in which it is done: first what starts dynos.
#[derive(Debug, Clone)]
pub struct Removals {
    /// Each resource.
    pub list: Vec<Removal>,
    keep_app: bool,
}

impl Removals {
    /// What there is to remove of `live`. The resource group is removed where Picletter created it
    /// and nothing else is in it, the app where Picletter created it and no other job uses it, unless
    /// `keep_app`.
    ///
    /// # Errors
    /// What the resource group holds cannot be read.
    pub async fn new(
        clouds: &Clouds,
        desired: &DesiredState,
        live: &LiveState,
        keep_app: bool,
    ) -> Result<Self, StepError> {
        let mut list = Vec::new();
        let mut add = |target, kept: Option<String>| list.push(Removal { target, kept });
        let others_app = live.azure.another_app(desired);
        let others_app =
            others_app.map(|app| format!("the workflow starts the app {app}, not {}", desired.app));
        // What belongs to the schedule of another app stays with it.
        let unless = |ours: bool| {
            let foreign = (!ours).then(|| "Picletter did not make it".to_owned());
            foreign.or_else(|| others_app.clone())
        };
        let unmarked = |marked: bool| {
            (!marked)
                .then(|| format!("it has no config var {MADE_APP}, by which Picletter's are known"))
        };
        let name = &desired.workflow;
        let id = desired.names(&live.azure.subscription).workflow_id();
        // A workflow without the tag may be ours all the same, and stays with all that it needs.
        let unmarked_workflow = live.azure.workflow.as_ref();
        let unmarked_workflow =
            unmarked_workflow.filter(|_| !live.azure.workflow_made_by_us() && others_app.is_none());
        if live.azure.workflow.is_some() {
            let kept = unmarked_workflow.map(|_| without_mark(&id));
            let target = Target::Workflow {
                id: id.clone(),
                name: name.clone(),
            };
            add(target, kept.or_else(|| others_app.clone()));
        }
        for alert in &live.azure.alerts {
            let watches = unmarked_workflow.map(|_| format!("it watches the workflow {name}"));
            let kept = unless(alert.is_ours()).or(watches);
            let target = Target::Alert {
                id: alert.id.clone(),
                api_version: alert.api_version,
                resource: ResourceName {
                    kind: ResourceKind::from_alert_type(alert.r#type),
                    name: alert.name.clone(),
                },
            };
            add(target, kept);
        }
        for authorization in &live.heroku.authorizations {
            let target = Target::Authorization {
                id: authorization.id.clone(),
                description: authorization.description.clone(),
            };
            let held = unmarked_workflow.map(|_| may_be_held(name, &authorization.id));
            add(target, others_app.clone().or(held));
        }
        if live.azure.group.is_some() {
            let kept = match unless(live.azure.group_made_by_us()) {
                None => others(clouds, desired, live).await?,
                foreign => foreign,
            };
            add(Target::ResourceGroup(desired.resource_group.clone()), kept);
        }
        if live.heroku.app.is_some() {
            let kept = if keep_app {
                Some("--keep-app".to_owned())
            } else {
                let starts = unmarked_workflow.filter(|workflow| workflow.starts(&desired.app));
                let starts = starts.map(|_| format!("the workflow {name} starts dynos in it"));
                let others = || other_jobs(live);
                unmarked(live.heroku.marked()).or_else(others).or(starts)
            };
            add(Target::App(desired.app.clone()), kept);
        }
        Ok(Self { list, keep_app })
    }

    /// Whether there is nothing to remove.
    pub fn is_empty(&self) -> bool {
        self.list.iter().all(|removal| removal.kept.is_some())
    }

    /// The resources that are removed.
    fn removed(&self) -> impl Iterator<Item = &Target> {
        let removed = self.list.iter().filter(|removal| removal.kept.is_none());
        removed.map(|removal| &removal.target)
    }

    /// Removes them, then reads both clouds again: a deployment at the same time may have made more,
    /// which is removed too. What is gone already is not an error, so an interrupted removal can be
    /// repeated. Gives what stays, each with the reason; something may have come meanwhile.
    ///
    /// # Errors
    /// A step failed, and those before it are done; or there is still something to remove after some
    /// rounds, which is named.
    pub async fn apply(
        &self,
        clouds: &Clouds,
        desired: &DesiredState,
        live: &LiveState,
        progress: &dyn Progress,
    ) -> Result<Vec<Removal>, StepError> {
        self.remove(clouds, desired, live, progress).await?;
        let mut rounds = 1;
        loop {
            progress.begin(Step::CheckRemoved);
            let live = LiveState::read(clouds, desired).await?;
            let left = Self::new(clouds, desired, &live, self.keep_app).await?;
            progress.done(Step::CheckRemoved);
            if left.is_empty() {
                return Ok(left.list);
            }
            if rounds == ROUNDS {
                let left = left.removed().map(Target::resource).collect();
                return Err(CloudError::StillThere(left)).in_step(Step::CheckRemoved);
            }
            left.remove(clouds, desired, &live, progress).await?;
            rounds += 1;
        }
    }

    async fn remove(
        &self,
        clouds: &Clouds,
        desired: &DesiredState,
        live: &LiveState,
        progress: &dyn Progress,
    ) -> Result<(), StepError> {
        for target in self.removed() {
            match target {
                Target::Workflow { id, .. } => {
                    let deleting = clouds.arm.delete(id, api_version::WORKFLOWS);
                    step::run(progress, Step::DeleteWorkflow, tried(deleting)).await?;
                }
                Target::Alert {
                    id, api_version, ..
                } => {
                    let deleting = clouds.arm.delete(id, api_version);
                    step::run(progress, Step::DeleteAlerts, tried(deleting)).await?;
                }
                Target::Authorization { id, .. } => {
                    let revoking = clouds.heroku.delete_authorization(id);
                    step::run(progress, Step::RevokeAuthorization, revoking).await?;
                }
                Target::ResourceGroup(group) => {
                    // Looked at again: deleting a group deletes whatever has come into it.
                    if others(clouds, desired, live).await?.is_none() {
                        let subscription = &live.azure.subscription;
                        let deleting = clouds.arm.delete_resource_group(subscription, group);
                        step::run(progress, Step::DeleteResourceGroup, tried(deleting)).await?;
                    }
                }
                // Last, since what was started before runs there.
                Target::App(app) => {
                    step::run(progress, Step::DeleteApp, delete_app(clouds, app)).await?;
                }
            }
        }
        Ok(())
    }
}

/// Why a workflow without the tag stays, and how to go on.
fn without_mark(id: &str) -> String {
    format!(
        "it has no tag {}, by which Picletter's are known; if it is yours, restore the tag with {} and \
         run {} again",
        mark(),
        restore_mark(id),
        picletter("destroy")
    )
}

/// Why an authorization stays with a workflow without the tag, and how to go on.
fn may_be_held(workflow: &str, id: &str) -> String {
    format!(
        "the workflow {workflow} may hold its token; if it does not, revoke it with \
         `heroku authorizations:revoke {}`",
        quoted(id)
    )
}

/// Names the other jobs for which the app stays.
fn other_jobs(live: &LiveState) -> Option<String> {
    let jobs: Vec<&str> = live.other_jobs.iter().map(String::as_str).collect();
    (!jobs.is_empty()).then(|| format!("other workflows start dynos in it: {}", jobs.join(", ")))
}

/// Deletes something at Azure. What is still there afterwards, or again, is for the next round.
async fn tried(
    deleting: impl Future<Output = Result<(), azure::Error>>,
) -> Result<(), azure::Error> {
    match deleting.await {
        Err(azure::Error::NoEffect { .. }) => Ok(()),
        tried => tried,
    }
}

/// Deletes the app, which may be gone already: not found is believed where it cannot be read either.
async fn delete_app(clouds: &Clouds, app: &str) -> Result<(), heroku::Error> {
    match clouds.heroku.delete_app(app).await {
        Err(error) if error.is_not_found() && clouds.heroku.app(app).await?.is_none() => Ok(()),
        deleted => deleted,
    }
}

/// Names what the resource group holds beside what a deployment makes.
async fn others(
    clouds: &Clouds,
    desired: &DesiredState,
    live: &LiveState,
) -> Result<Option<String>, StepError> {
    let LiveState { azure, .. } = live;
    let held = clouds
        .arm
        .resources(&azure.subscription, &desired.resource_group)
        .await
        .in_step(Step::ReadResources)?;
    let workflow = desired.names(&azure.subscription).workflow_id();
    let alerts = azure.alerts.iter();
    let mut ours: Vec<&str> = alerts
        .filter(|alert| alert.is_ours())
        .map(|alert| alert.id.as_str())
        .collect();
    if azure.workflow_made_by_us() {
        ours.push(&workflow);
    }
    let ours = |id: &str| ours.iter().any(|our| our.eq_ignore_ascii_case(id));
    let names: Vec<&str> = held
        .iter()
        .filter(|resource| !ours(&resource.id))
        .map(|resource| resource.name.as_str())
        .collect();
    Ok(match names.as_slice() {
        [] => None,
        names => Some(format!("it also holds {}", names.join(", "))),
    })
}
