//! Decides which resources `destroy` keeps, and why.

use jiff::Timestamp;

use crate::deploy::azure::Workflow;
use crate::deploy::clouds::Clouds;
use crate::deploy::desired::{DesiredJob, DesiredState};
use crate::deploy::heroku::Authorization;
use crate::deploy::live::{Alert, LiveState, authorization_id, replaced_authorization_ids};
use crate::deploy::naming::{MADE_APP, is_ours, mark, restore_mark};
use crate::deploy::revocation::{UNDER_WAY, belongs_to_active_deployment, runs_from_before};
use crate::deploy::step::{Step, StepContext as _, StepError};
use crate::shell::{Picletter, picletter, quoted};

/// The command that removes the same resources.
pub(super) fn command(keep_app: bool) -> &'static str {
    if keep_app {
        "destroy --keep-app"
    } else {
        "destroy"
    }
}

/// Decides which resources are kept, and why.
pub(super) struct Removable<'a> {
    pub(super) desired: &'a DesiredState,
    pub(super) live: &'a LiveState,
    pub(super) keep_app: bool,
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

    pub(super) fn keeps_workflow(&self, workflow: &Workflow) -> Option<String> {
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

    pub(super) fn keeps_alert(&self, alert: &Alert) -> Option<String> {
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
    pub(super) fn keeps_authorization(&self, authorization: &Authorization) -> Option<String> {
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
    pub(super) fn starts_app(&self) -> Option<String> {
        let mut kept = self.kept();
        let workflow = kept.find(|workflow| workflow.starts(&self.desired.app))?;
        Some(format!("the workflow {} starts dynos in it", workflow.name))
    }
}

/// The reason to keep resources that Picletter did not create.
pub(super) const NOT_OURS: &str = "Picletter did not create it";

/// The reason to keep an authorization that is not for this file's app.
const OF_ANOTHER: &str = "its description names another app or workflow";

/// The reason to keep an app without Picletter's config var.
pub(super) fn without_config_var() -> String {
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
pub(super) fn other_deployments(live: &LiveState) -> Option<String> {
    let names = live.other_deployments.iter().map(String::as_str);
    let names: Vec<&str> = names.collect();
    let why = || format!("other deployments start dynos of it: {}", names.join(", "));
    (!names.is_empty()).then(why)
}

/// The reason to keep the resource group: it contains resources that are not removed.
pub(super) async fn others(
    clouds: &Clouds,
    removable: &Removable<'_>,
) -> Result<Option<String>, StepError> {
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
