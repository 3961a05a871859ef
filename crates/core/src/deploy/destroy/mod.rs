//! Removes what a deployment has created, and nothing else.

mod keep;

use keep::{NOT_OURS, Removable, command, other_deployments, others, without_config_var};

use super::api_version;
use super::azure::{self, AT_ONCE};
use super::clouds::Clouds;
use super::desired::DesiredState;
use super::heroku;
use super::live::{LiveState, abandoned_runs, active_runs};
use super::resource::{ResourceKind, ResourceName};
use super::step::{self, CloudError, Progress, Step, StepContext as _, StepError};

/// Maximum number of removal rounds. Each round after the first removes resources that a concurrent
/// deployment created during the previous one.
const ROUNDS: usize = 3;

/// A resource that is removed, or kept for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The resource.
    pub target: Target,
    /// Why it is kept; `None` if it is removed.
    pub kept: Option<String>,
    /// The effect of the removal on the workflow's active runs.
    pub note: Option<String>,
}

/// A resource to remove, with the data for its deletion.
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
        /// Its description, which need not be unique.
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

/// The removals in their order. Resources that start dynos come first.
#[derive(Debug, Clone)]
pub struct Removals {
    /// Each resource.
    pub list: Vec<Removal>,
    keep_app: bool,
}

impl Removals {
    /// The removals for `live`. The resource group is removed if Picletter created it and it
    /// contains nothing else; the app is removed if Picletter created it, no other job uses it, and
    /// `keep_app` is `false`.
    ///
    /// # Errors
    /// The resources of the resource group, or the active runs, cannot be read.
    pub async fn new(
        clouds: &Clouds,
        desired: &DesiredState,
        live: &LiveState,
        keep_app: bool,
    ) -> Result<Self, StepError> {
        let mut list = Vec::new();
        let mut add = |target, kept: Option<String>| {
            list.push(Removal {
                target,
                kept,
                note: None,
            });
        };
        let removable = Removable {
            desired,
            live,
            keep_app,
        };
        for workflow in &live.azure.workflows {
            let target = Target::Workflow {
                id: workflow.id.clone(),
                name: workflow.name.clone(),
            };
            add(target, removable.keeps_workflow(workflow));
        }
        for alert in &live.azure.alerts {
            let target = Target::Alert {
                id: alert.id.clone(),
                api_version: alert.api_version,
                resource: ResourceName {
                    kind: ResourceKind::from_alert_type(alert.r#type),
                    name: alert.name.clone(),
                },
            };
            add(target, removable.keeps_alert(alert));
        }
        for authorization in &live.heroku.authorizations {
            let target = Target::Authorization {
                id: authorization.id.clone(),
                description: authorization.description.clone(),
            };
            add(target, removable.keeps_authorization(authorization));
        }
        if live.azure.group.is_some() {
            let kept = if live.azure.group_made_by_us() {
                others(clouds, &removable).await?
            } else {
                Some(NOT_OURS.to_owned())
            };
            add(Target::ResourceGroup(desired.resource_group.clone()), kept);
        }
        if live.heroku.app.is_some() {
            let kept = if keep_app {
                Some("--keep-app".to_owned())
            } else {
                let unmarked = || (!live.heroku.marked()).then(without_config_var);
                let others = || other_deployments(live);
                unmarked()
                    .or_else(others)
                    .or_else(|| removable.starts_app())
            };
            add(Target::App(desired.app.clone()), kept);
        }
        let mut removals = Self { list, keep_app };
        removals.add_notes(clouds, live).await?;
        Ok(removals)
    }

    /// Adds the notes on the active runs of the workflows that are removed.
    async fn add_notes(&mut self, clouds: &Clouds, live: &LiveState) -> Result<(), StepError> {
        let ids = self.removed().filter_map(|target| match target {
            Target::Workflow { id, .. } => Some(id),
            _ => None,
        });
        let ids: Vec<&String> = ids.collect();
        let workflows = live.azure.workflows.iter();
        let workflows = workflows.filter(|workflow| ids.contains(&&workflow.id));
        let active = active_runs(clouds, workflows).await?;
        let keeps_app = !self.removed().any(|it| matches!(it, Target::App(_)));
        for Removal { target, note, .. } in &mut self.list {
            if let Target::Workflow { name, .. } = target {
                *note = abandoned_runs(&active, name, keeps_app);
            }
        }
        Ok(())
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

    /// Removes the resources. Then reads both clouds again, and removes resources that a concurrent
    /// deployment has created meanwhile. A missing resource is not an error, so an interrupted
    /// removal can be repeated. Returns the kept resources with reasons.
    ///
    /// # Errors
    /// A step failed (earlier ones are done), or resources remain after the last round.
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
                let left = CloudError::StillThere {
                    resources: left.removed().map(Target::resource).collect(),
                    command: command(self.keep_app),
                };
                return Err(left).in_step(Step::CheckRemoved);
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
        let arm = &clouds.arm;
        let (mut workflows, mut alerts, mut authorizations) = (Vec::new(), Vec::new(), Vec::new());
        for target in self.removed() {
            match target {
                Target::Workflow { id, .. } => {
                    workflows.push(ignore_no_effect(arm.delete(id, api_version::WORKFLOWS)));
                }
                Target::Alert {
                    id, api_version, ..
                } => alerts.push(ignore_no_effect(arm.delete(id, api_version))),
                Target::Authorization { id, .. } => {
                    authorizations.push(clouds.heroku.delete_authorization(id));
                }
                Target::ResourceGroup(_) | Target::App(_) => {}
            }
        }
        step::run_each(progress, Step::DeleteWorkflow, workflows, AT_ONCE).await?;
        step::run_each(progress, Step::DeleteAlerts, alerts, AT_ONCE).await?;
        step::run_each(progress, Step::RevokeAuthorization, authorizations, AT_ONCE).await?;
        for target in self.removed() {
            match target {
                Target::Workflow { .. } | Target::Alert { .. } | Target::Authorization { .. } => {}
                Target::ResourceGroup(group) => {
                    // Deleting a group deletes all its resources, so this checks again that it has
                    // no others.
                    let removable = Removable {
                        desired,
                        live,
                        keep_app: self.keep_app,
                    };
                    if others(clouds, &removable).await?.is_none() {
                        let subscription = &live.azure.subscription;
                        let deleting = clouds.arm.delete_resource_group(subscription, group);
                        step::run(
                            progress,
                            Step::DeleteResourceGroup,
                            ignore_no_effect(deleting),
                        )
                        .await?;
                    }
                }
                // The app comes last, because the dynos of active runs are in it.
                Target::App(app) => {
                    step::run(progress, Step::DeleteApp, delete_app(clouds, app)).await?;
                }
            }
        }
        Ok(())
    }
}

/// Deletes a resource at Azure. If it still exists afterwards, the next round deletes it.
async fn ignore_no_effect(
    deleting: impl Future<Output = Result<(), azure::Error>>,
) -> Result<(), azure::Error> {
    match deleting.await {
        Err(azure::Error::NoEffect { .. }) => Ok(()),
        tried => tried,
    }
}

/// Deletes the app. If Heroku answers that the app does not exist, a read has to confirm it.
async fn delete_app(clouds: &Clouds, app: &str) -> Result<(), heroku::Error> {
    match clouds.heroku.delete_app(app).await {
        Err(error) if error.is_not_found() && clouds.heroku.app(app).await?.is_none() => Ok(()),
        deleted => deleted,
    }
}
