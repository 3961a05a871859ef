//! Removes what a deployment has made, and nothing else.

use serde::Serialize;

use super::apply::{Progress, step};
use super::azure;
use super::clouds::{CloudError, Clouds, During as _, Step, StepError};
use super::heroku;
use super::live::{Ids, Live, WORKFLOWS};
use super::plan::{Cloud, kind, kind_of, made_by_us};
use super::wanted::{MADE_APP, Wanted};

/// How often what came meanwhile is removed.
const ROUNDS: usize = 3;

/// A thing that is removed, or kept for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// Where it is.
    pub cloud: Cloud,
    /// What kind of thing it is.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Why it is kept; none where it is removed.
    pub kept: Option<String>,
}

/// What is removed, in the order in which it is done: first what starts dynos.
#[derive(Debug, Clone)]
pub struct Removals {
    /// Each thing.
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
        wanted: &Wanted,
        live: &Live,
        keep_app: bool,
    ) -> Result<Self, StepError> {
        let mut list = Vec::new();
        let mut add = |cloud, kind, name: &str, kept: Option<String>| {
            list.push(Removal {
                cloud,
                kind,
                name: name.to_owned(),
                kept,
            });
        };
        let others_app = live.azure.another_app(wanted);
        let others_app =
            others_app.map(|app| format!("the workflow starts the app {app}, not {}", wanted.app));
        // What belongs to the schedule of another app stays with it.
        let unless = |ours: bool| {
            let foreign = (!ours).then(|| "Picletter did not make it".to_owned());
            foreign.or_else(|| others_app.clone())
        };
        let unmarked = |marked: bool| {
            (!marked)
                .then(|| format!("it has no config var {MADE_APP}, by which Picletter's are known"))
        };
        if live.azure.workflow.is_some() {
            let kept = unless(live.azure.workflow_made_by_us());
            add(Cloud::Azure, kind::WORKFLOW, &wanted.workflow, kept);
        }
        for alert in &live.azure.alerts {
            let kept = unless(made_by_us(&alert.resource));
            add(Cloud::Azure, kind_of(alert.r#type), &alert.name, kept);
        }
        for authorization in &live.heroku.authorizations {
            add(
                Cloud::Heroku,
                kind::AUTHORIZATION,
                &authorization.description,
                others_app.clone(),
            );
        }
        if live.azure.group.is_some() {
            let kept = match unless(live.azure.group_made_by_us()) {
                None => others(clouds, wanted, live).await?,
                foreign => foreign,
            };
            add(
                Cloud::Azure,
                kind::RESOURCE_GROUP,
                &wanted.resource_group,
                kept,
            );
        }
        if live.heroku.app.is_some() {
            let kept = if keep_app {
                Some("--keep-app".to_owned())
            } else {
                unmarked(live.heroku.marked()).or_else(|| other_jobs(live))
            };
            add(Cloud::Heroku, kind::APP, &wanted.app, kept);
        }
        Ok(Self { list, keep_app })
    }

    /// Whether there is nothing to remove.
    pub fn is_empty(&self) -> bool {
        self.list.iter().all(|removal| removal.kept.is_some())
    }

    fn removes(&self, kind: &str, name: &str) -> bool {
        self.list
            .iter()
            .any(|removal| removal.kind == kind && removal.name == name && removal.kept.is_none())
    }

    /// Removes them, then reads both clouds again: a deployment at the same time may have made more,
    /// which is removed too. What is gone already is not an error, so an interrupted removal can be
    /// repeated. Gives why the resource group stays after all, where something has come into it meanwhile.
    ///
    /// # Errors
    /// A step failed, and those before it are done; or there is still something to remove after some
    /// rounds, which is named.
    pub async fn apply(
        &self,
        clouds: &Clouds,
        wanted: &Wanted,
        live: &Live,
        progress: &dyn Progress,
    ) -> Result<Option<String>, StepError> {
        self.remove(clouds, wanted, live, progress).await?;
        let mut rounds = 1;
        loop {
            progress.begin(Step::CheckRemoved);
            let live = Live::read(clouds, wanted).await?;
            let left = Self::new(clouds, wanted, &live, self.keep_app).await?;
            progress.done(Step::CheckRemoved);
            if left.is_empty() {
                let stays = |removal: Removal| {
                    let is_group = removal.kind == kind::RESOURCE_GROUP;
                    removal
                        .kept
                        .filter(|_| is_group && self.removes(removal.kind, &removal.name))
                };
                return Ok(left.list.into_iter().find_map(stays));
            }
            if rounds == ROUNDS {
                return Err(CloudError::StillThere(left.names())).during(Step::CheckRemoved);
            }
            left.remove(clouds, wanted, &live, progress).await?;
            rounds += 1;
        }
    }

    /// What is to be removed, for people.
    fn names(&self) -> Vec<String> {
        let removed = self.list.iter().filter(|removal| removal.kept.is_none());
        removed
            .map(|removal| format!("{} {}", removal.kind, removal.name))
            .collect()
    }

    async fn remove(
        &self,
        clouds: &Clouds,
        wanted: &Wanted,
        live: &Live,
        progress: &dyn Progress,
    ) -> Result<(), StepError> {
        let ids = Ids::new(&live.azure.subscription, wanted);
        if self.removes(kind::WORKFLOW, &wanted.workflow) {
            let deleting = clouds.arm.delete(&ids.workflow, WORKFLOWS);
            step(progress, Step::DeleteWorkflow, tried(deleting)).await?;
        }
        for alert in &live.azure.alerts {
            if self.removes(kind_of(alert.r#type), &alert.name) {
                let deleting = clouds.arm.delete(&alert.id, alert.api_version);
                step(progress, Step::DeleteAlerts, tried(deleting)).await?;
            }
        }
        for authorization in &live.heroku.authorizations {
            if !self.removes(kind::AUTHORIZATION, &authorization.description) {
                continue;
            }
            let revoking = clouds.heroku.delete_authorization(&authorization.id);
            step(progress, Step::RevokeAuthorization, revoking).await?;
        }
        let group = &wanted.resource_group;
        // Looked at again: deleting a group deletes whatever has come into it.
        if self.removes(kind::RESOURCE_GROUP, group)
            && others(clouds, wanted, live).await?.is_none()
        {
            let deleting = clouds
                .arm
                .delete_resource_group(&live.azure.subscription, group);
            step(progress, Step::DeleteResourceGroup, tried(deleting)).await?;
        }
        // Last, since what was started before runs there.
        if self.removes(kind::APP, &wanted.app) {
            step(progress, Step::DeleteApp, delete_app(clouds, &wanted.app)).await?;
        }
        Ok(())
    }
}

/// Names the other jobs for which the app stays.
fn other_jobs(live: &Live) -> Option<String> {
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
    wanted: &Wanted,
    live: &Live,
) -> Result<Option<String>, StepError> {
    let Live { azure, .. } = live;
    let held = clouds
        .arm
        .resources(&azure.subscription, &wanted.resource_group)
        .await
        .during(Step::ReadResources)?;
    let ids = Ids::new(&azure.subscription, wanted);
    let alerts = azure.alerts.iter();
    let mut ours: Vec<&str> = alerts
        .filter(|alert| made_by_us(&alert.resource))
        .map(|alert| alert.id.as_str())
        .collect();
    if azure.workflow_made_by_us() {
        ours.push(&ids.workflow);
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
