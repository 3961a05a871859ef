//! Removes what a deployment has created, and nothing else.

use jiff::Timestamp;

use super::api_version;
use super::azure::{self, AT_ONCE, Workflow};
use super::clouds::Clouds;
use super::desired::{DesiredJob, DesiredState};
use super::heroku::{self, Authorization};
use super::live::{
    Alert, LiveState, abandoned_runs, active_runs, authorization_id, replaced_authorization_ids,
};
use super::naming::{MADE_APP, is_ours, mark, restore_mark};
use super::resource::{ResourceKind, ResourceName};
use super::revocation::{UNDER_WAY, belongs_to_active_deployment, runs_from_before};
use super::step::{self, CloudError, Progress, Step, StepContext as _, StepError};
use crate::shell::{Picletter, picletter, quoted};

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

/// The command that removes the same resources.
fn command(keep_app: bool) -> &'static str {
    if keep_app {
        "destroy --keep-app"
    } else {
        "destroy"
    }
}

/// Decides which resources are kept, and why.
struct Removable<'a> {
    desired: &'a DesiredState,
    live: &'a LiveState,
    keep_app: bool,
}

impl Removable<'_> {
    /// The command that repeats the removal.
    fn again(&self) -> Picletter<'static> {
        picletter(command(self.keep_app))
    }

    fn workflows(&self) -> impl Iterator<Item = &Workflow> {
        self.live.azure.workflows.iter()
    }

    /// The reason to keep a workflow that starts dynos in another app.
    fn starting_another_app(&self, name: &str) -> Option<String> {
        let mut others = self.live.azure.starting_another_app(self.desired);
        let (workflow, app) =
            others.find(|(workflow, _)| workflow.name.eq_ignore_ascii_case(name))?;
        Some(format!(
            "the workflow {} starts the app {app}, not {}",
            workflow.name, self.desired.app
        ))
    }

    /// The workflows without Picletter's tag. They may still be ours, so they are kept with
    /// everything they need.
    fn unmarked(&self) -> impl Iterator<Item = &Workflow> {
        self.workflows().filter(|workflow| {
            !is_ours(&workflow.tags) && workflow.another_app(&self.desired.app).is_none()
        })
    }

    /// The workflows that are kept.
    fn kept(&self) -> impl Iterator<Item = &Workflow> {
        let workflows = self.workflows();
        workflows.filter(|workflow| self.keeps_workflow(workflow).is_some())
    }

    fn keeps_workflow(&self, workflow: &Workflow) -> Option<String> {
        let unmarked = self.unmarked().find(|it| it.id == workflow.id);
        unmarked
            .map(|workflow| {
                let restore = restore_mark(&workflow.id, self.desired.deployment_tag());
                without_mark(&restore, self.again())
            })
            .or_else(|| self.starting_another_app(&workflow.name))
            .or_else(|| self.foreign_workflow(workflow))
    }

    fn foreign_workflow(&self, workflow: &Workflow) -> Option<String> {
        let other = self.desired.check_deployment(workflow).is_err();
        other.then(|| "its tags assign it to another deployment".to_owned())
    }

    fn keeps_alert(&self, alert: &Alert) -> Option<String> {
        let is_watched = |it: &&Workflow| it.name.eq_ignore_ascii_case(&alert.workflow);
        let subject = self.workflows().find(is_watched);
        let watches = || {
            let workflow = self.unmarked().find(is_watched)?;
            Some(format!("it monitors the workflow {}", workflow.name))
        };
        (!alert.is_ours())
            .then(|| NOT_OURS.to_owned())
            .or_else(|| self.starting_another_app(&alert.workflow))
            .or_else(watches)
            .or_else(|| self.foreign_workflow(subject?))
    }

    /// The reason to keep an authorization: a kept workflow uses or may use its token, or another
    /// app's deployment with the same names may have created it.
    fn keeps_authorization(&self, authorization: &Authorization) -> Option<String> {
        let Authorization {
            id, description, ..
        } = authorization;
        let azure = &self.live.azure;
        if let Some(user) = self.kept().find(|it| authorization_id(it) == Some(id)) {
            return Some(format!(
                "the workflow {}, which is kept, uses its token",
                user.name
            ));
        }
        let names = self.desired.names(&azure.subscription);
        let replaced = |it: &&Workflow| replaced_authorization_ids(it).any(|before| before == id);
        let run_from_before = self.kept().filter(replaced).find_map(|workflow| {
            let mut runs = runs_from_before(self.live);
            runs.find(|active| active.workflow == workflow.name)
        });
        if let Some(active) = run_from_before {
            return Some(format!("run {} may use its token", active.run.id));
        }
        if !description.eq_ignore_ascii_case(&names.authorization_description()) {
            if let Some(workflow) = self.kept().find(replaced) {
                return Some(is_replaced(&workflow.name, id));
            }
            if self.kept().any(|it| it.another_app(names.app).is_some()) {
                return Some(OF_ANOTHER.to_owned());
            }
            let jobs: Vec<&DesiredJob> = self.desired.jobs.iter().collect();
            if belongs_to_active_deployment(authorization, azure, &jobs, Timestamp::now()) {
                return Some(may_be_deploying(self.again()));
            }
        }
        let unmarked = self.unmarked().next()?;
        Some(may_be_used(&unmarked.name, id))
    }

    /// The reason to keep the app: a kept workflow starts dynos in it.
    fn starts_app(&self) -> Option<String> {
        let mut kept = self.kept();
        let workflow = kept.find(|workflow| workflow.starts(&self.desired.app))?;
        Some(format!("the workflow {} starts dynos in it", workflow.name))
    }
}

/// The reason to keep resources that Picletter did not create.
const NOT_OURS: &str = "Picletter did not create it";

/// The reason to keep an authorization that is not for this file's app.
const OF_ANOTHER: &str = "its description names another app or workflow";

/// The reason to keep an app without Picletter's config var.
fn without_config_var() -> String {
    format!("it lacks the config var {MADE_APP}, which marks Picletter's apps")
}

/// The reason to keep a workflow without the tag, and the commands that restore the tag and remove
/// the workflow.
fn without_mark(restore: &str, again: Picletter<'_>) -> String {
    format!(
        "it lacks the tag {}, which marks Picletter's workflows; if it is yours, restore the tag with \
         {restore} and run {again} again",
        mark()
    )
}

/// The reason to keep an authorization that a workflow without the tag may use, and how to revoke
/// it.
fn may_be_used(workflow: &str, id: &str) -> String {
    format!(
        "the workflow {workflow} may use its token; if it does not, revoke it with \
         `heroku authorizations:revoke {}`",
        quoted(id)
    )
}

/// The reason to keep an authorization for another app that a kept workflow has replaced, and how to
/// revoke it.
fn is_replaced(workflow: &str, id: &str) -> String {
    format!(
        "{OF_ANOTHER}, and the workflow {workflow}, which is kept, has replaced it; to revoke it, run \
         `heroku authorizations:revoke {}`",
        quoted(id)
    )
}

/// The reason to keep a new authorization that is not for this file's app, and how to revoke it.
fn may_be_deploying(again: Picletter<'_>) -> String {
    format!(
        "it may belong to a deployment that is in progress; run {again} again after {} minutes to revoke it",
        UNDER_WAY.as_mins()
    )
}

/// The reason to keep the app: other deployments use it.
fn other_deployments(live: &LiveState) -> Option<String> {
    let names = live.other_deployments.iter().map(String::as_str);
    let names: Vec<&str> = names.collect();
    let why = || format!("other deployments start dynos of it: {}", names.join(", "));
    (!names.is_empty()).then(why)
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

/// The reason to keep the resource group: it contains resources that are not removed.
async fn others(clouds: &Clouds, removable: &Removable<'_>) -> Result<Option<String>, StepError> {
    let azure = &removable.live.azure;
    let resources = clouds
        .arm
        .resources(&azure.subscription, &removable.desired.resource_group)
        .await
        .in_step(Step::ReadResources)?;
    let workflows = azure.workflows.iter();
    let workflows = workflows.filter(|workflow| removable.keeps_workflow(workflow).is_none());
    let alerts = azure.alerts.iter().filter(|alert| alert.is_ours());
    let ours: Vec<&str> = workflows
        .map(|workflow| workflow.id.as_str())
        .chain(alerts.map(|alert| alert.id.as_str()))
        .collect();
    let ours = |id: &str| ours.iter().any(|our| our.eq_ignore_ascii_case(id));
    let names: Vec<&str> = resources
        .iter()
        .filter(|resource| !ours(&resource.id))
        .map(|resource| resource.name.as_str())
        .collect();
    Ok(match names.as_slice() {
        [] => None,
        names => Some(format!("it also contains {}", names.join(", "))),
    })
}
