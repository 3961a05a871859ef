//! The live state, read from both clouds at the same time.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use serde_json::Value;

use super::azure::{ResourceGroup, Run, Workflow, WorkflowState};
use super::clouds::Clouds;
use super::desired::DesiredState;
use super::heroku::{App, Authorization, Formation, Release, Scope};
use super::naming::{
    AUTHORIZATION_PREFIX, AUTHORIZATION_TAG, AlertId, MADE_APP, MADE_BY, Names, REPLACED_TAG,
    is_ours,
};
use super::step::{Step, StepContext as _, StepError};
use picletter_oci::ImageId;

/// How many releases are looked at for the one that the image came with.
pub(super) const RELEASES: usize = 50;

/// What exists, as both clouds report it.
#[derive(Debug, Clone)]
pub struct LiveState {
    /// On Heroku.
    pub heroku: LiveHeroku,
    /// On Azure.
    pub azure: LiveAzure,
    /// The workflow's runs that have not ended. They are read only where there are authorizations
    /// that the workflow does not hold, which such runs may need.
    pub active_runs: Vec<Run>,
    /// The workflows of other jobs that start dynos in the same app.
    pub other_jobs: BTreeSet<String>,
}

/// What exists at Heroku.
#[derive(Debug, Clone)]
pub struct LiveHeroku {
    /// The app, where there is one.
    pub app: Option<App>,
    /// Its config vars.
    pub config_vars: BTreeMap<String, SecretString>,
    /// Its formation.
    pub formation: Vec<Formation>,
    /// Its releases, newest first.
    pub releases: Vec<Release>,
    /// The image that the registry holds for the process type.
    pub pushed: Option<ImageId>,
    /// The authorizations of this workflow.
    pub authorizations: Vec<Authorization>,
}

/// What exists at Azure.
#[derive(Debug, Clone)]
pub struct LiveAzure {
    /// The subscription's id.
    pub subscription: String,
    /// The resource group, where there is one.
    pub group: Option<ResourceGroup>,
    /// The workflow, where there is one.
    pub workflow: Option<Workflow>,
    /// The alerts that there are.
    pub alerts: Vec<Alert>,
}

/// A resource that raises the alarm.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Its resource id.
    pub id: String,
    /// Such as `Microsoft.Insights/metricAlerts`.
    pub r#type: &'static str,
    /// Its name.
    pub name: String,
    /// The version of its API.
    pub api_version: &'static str,
    /// As the service describes it.
    pub resource: Value,
}

impl LiveState {
    /// Reads all of it.
    ///
    /// # Errors
    /// Something could not be read.
    pub async fn read(clouds: &Clouds, desired: &DesiredState) -> Result<Self, StepError> {
        let (mut heroku, azure) = tokio::try_join!(
            Box::pin(LiveHeroku::read(clouds, desired)),
            Box::pin(LiveAzure::read(clouds, desired))
        )?;
        let names = desired.names(&azure.subscription);
        let descriptions = heroku.authorizations.iter().map(|one| &one.description);
        let other_jobs = descriptions
            .filter_map(|description| names.other_job(description))
            .map(str::to_owned)
            .collect();
        heroku.authorizations.retain(|one| azure.owns(one, desired));
        let mut unused = heroku.authorizations.iter();
        let active_runs = if unused.any(|one| Some(one.id.as_str()) != azure.authorization()) {
            let active = clouds.arm.active_runs(&names.workflow_id()).await;
            active.in_step(Step::ReadRuns)?
        } else {
            Vec::new()
        };
        Ok(Self {
            heroku,
            azure,
            active_runs,
            other_jobs,
        })
    }

    /// The scope of a new authorization: the wider one where Heroku has required it before.
    pub fn next_scope(&self) -> Scope {
        let authorizations = self.heroku.authorizations.iter();
        let mut scopes = authorizations.flat_map(|authorization| &authorization.scope);
        if scopes.any(|scope| scope == Scope::WriteProtected.name()) {
            Scope::WriteProtected
        } else {
            Scope::Write
        }
    }

    /// Whether a deployment was interrupted before it made the workflow. A resource group and an app
    /// may be shared with other workflows, so they count only while they are empty.
    pub fn is_half_done(&self) -> bool {
        let begun = self.heroku.marked() && self.heroku.formation.is_empty()
            || !self.heroku.authorizations.is_empty();
        begun && self.azure.workflow.is_none()
    }
}

impl Alert {
    /// Whether Picletter created it.
    pub(super) fn is_ours(&self) -> bool {
        self.resource["tags"][MADE_BY.0] == MADE_BY.1
    }
}

impl LiveHeroku {
    /// With all authorizations of the account.
    async fn read(clouds: &Clouds, desired: &DesiredState) -> Result<Self, StepError> {
        let Clouds {
            heroku, registry, ..
        } = clouds;
        let app = &desired.app;
        // Of an app that does not exist the others are not found either: what counts is the app.
        let (found, config_vars, formation, releases, authorizations, pushed) = tokio::join!(
            heroku.app(app),
            heroku.config_vars(app),
            heroku.formation(app),
            heroku.releases(app, RELEASES),
            heroku.authorizations(),
            registry.released_image(app, &desired.process_type),
        );
        let authorizations = authorizations.in_step(Step::ReadAuthorizations)?;
        let Some(found) = found.in_step(Step::ReadApp)? else {
            return Ok(Self {
                app: None,
                config_vars: BTreeMap::new(),
                formation: Vec::new(),
                releases: Vec::new(),
                // The registry may refuse to report an app that does not exist yet.
                pushed: pushed.unwrap_or_default(),
                authorizations,
            });
        };
        // It matters only to a job that brings an image, and a Fir app has no registry.
        let pushed = if desired.brings_image() && found.takes_images() {
            pushed
        } else {
            Ok(None)
        };
        let app_state = || -> Result<Self, StepError> {
            Ok(Self {
                app: Some(found),
                config_vars: config_vars.in_step(Step::ReadConfigVars)?,
                formation: formation.in_step(Step::ReadFormation)?,
                releases: releases.in_step(Step::ReadReleases)?,
                pushed: pushed.in_step(Step::ReadImage)?,
                authorizations,
            })
        };
        app_state().map_err(StepError::removed_meanwhile)
    }

    /// Whether Picletter created the app: it is marked, or as empty as an interrupted deployment leaves
    /// it.
    pub fn made_by_us(&self) -> bool {
        self.marked() || self.is_bare()
    }

    /// Whether the app is marked as created by Picletter.
    pub fn marked(&self) -> bool {
        self.config_vars.contains_key(MADE_APP)
    }

    /// Whether there is an app with nothing in it: a deployment may have left it, or a person.
    pub fn is_bare(&self) -> bool {
        self.app.is_some() && self.config_vars.is_empty() && self.formation.is_empty()
    }

    /// The id of the latest release; it changes with every change of the app.
    pub fn release(&self) -> Option<&str> {
        self.releases.first().map(|release| release.id.as_str())
    }

    /// The formation of a process type, which has one once an image of it was released.
    pub fn formation_of(&self, process_type: &str) -> Option<&Formation> {
        let mut formation = self.formation.iter();
        formation.find(|formation| formation.r#type == process_type)
    }

    /// Whether `image` is what dynos of `process_type` run, as far as Heroku tells.
    pub fn runs(&self, image: &ImageId, process_type: &str) -> bool {
        self.running_image(process_type)
            .is_some_and(|it| it == image.as_str() || image.hex().starts_with(it))
    }

    /// The image that dynos of `process_type` run: its id by the formation where that has a word for
    /// it, else its id's first digits by the last release that deployed this process type.
    pub fn running_image(&self, process_type: &str) -> Option<&str> {
        let formation = self.formation_of(process_type)?;
        let told = formation.docker_image.as_deref();
        if let Some(told) = told.filter(|told| ImageId::parse(told).is_some()) {
            return Some(told);
        }
        let deployed = format!("Deployed {process_type} (");
        let short = self
            .releases
            .iter()
            .filter(|release| release.status != "failed")
            .find_map(|release| release.description.strip_prefix(&deployed))?;
        short.strip_suffix(')').filter(|short| short.len() >= 12)
    }
}

impl LiveAzure {
    pub(super) async fn read(clouds: &Clouds, desired: &DesiredState) -> Result<Self, StepError> {
        let arm = &clouds.arm;
        let subscription = clouds.subscription_id(desired).await;
        let subscription = subscription.in_step(Step::FindSubscription)?;
        let names = desired.names(&subscription);
        let workflow = names.workflow_id();
        let (group, workflow, alerts) = tokio::join!(
            arm.resource_group(&subscription, &desired.resource_group),
            arm.workflow(&workflow),
            alerts(clouds, &names),
        );
        Ok(Self {
            group: group.in_step(Step::ReadResourceGroup)?,
            workflow: workflow.in_step(Step::ReadWorkflow)?,
            alerts: alerts?,
            subscription,
        })
    }

    /// The id of the authorization whose token the workflow holds, by its tag.
    pub fn authorization(&self) -> Option<&str> {
        let tags = &self.workflow.as_ref()?.tags;
        tags.get(AUTHORIZATION_TAG).map(String::as_str)
    }

    /// Whether an authorization is this workflow's.
    pub(super) fn owns(&self, authorization: &Authorization, desired: &DesiredState) -> bool {
        let Authorization {
            id, description, ..
        } = authorization;
        let is_named = self.authorization() == Some(id) || self.was_held(id);
        // The tags alone do not do: others may write them, and what is not held is revoked.
        desired
            .names(&self.subscription)
            .describes_authorization(description)
            || is_named && description.starts_with(AUTHORIZATION_PREFIX)
    }

    /// Whether the workflow held the token of that authorization before, by its tag.
    pub(super) fn was_held(&self, authorization: &str) -> bool {
        self.replaced()
            .split_whitespace()
            .any(|id| id == authorization)
    }

    /// The ids of the authorizations that the workflow held before, by its tag.
    fn replaced(&self) -> &str {
        let tags = self.workflow.as_ref().map(|workflow| &workflow.tags);
        let replaced = tags.and_then(|tags| tags.get(REPLACED_TAG));
        replaced.map(String::as_str).unwrap_or_default()
    }

    /// The same once a deployment has given the workflow another: what it holds now, and of those
    /// before what still exists, the latest first.
    pub(super) fn replaced_next(&self, existing: &[Authorization]) -> String {
        let held = self.authorization().into_iter();
        let ids = held.chain(self.replaced().split_whitespace());
        let mut ids: Vec<&str> = ids
            .filter(|id| existing.iter().any(|one| one.id == *id))
            .collect();
        // "Tag values are limited to 256 characters": six ids.
        // Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>.
        while ids.iter().map(|id| id.len() + 1).sum::<usize>() > 256 {
            ids.pop();
        }
        ids.join(" ")
    }

    /// The app in which the workflow starts dynos, where it is not the desired one.
    pub(super) fn another_app(&self, desired: &DesiredState) -> Option<&str> {
        self.workflow.as_ref()?.another_app(&desired.app)
    }

    /// Whether there is a workflow that does not run on schedule.
    pub fn is_paused(&self) -> bool {
        let workflow = self.workflow.as_ref();
        workflow.is_some_and(|workflow| workflow.is(WorkflowState::Disabled))
    }

    /// The workflow's state, which is kept: a paused one stays paused.
    pub fn state(&self) -> WorkflowState {
        if self.is_paused() {
            WorkflowState::Disabled
        } else {
            WorkflowState::Enabled
        }
    }

    /// Whether Picletter created the resource group.
    pub fn group_made_by_us(&self) -> bool {
        self.group
            .as_ref()
            .is_some_and(|group| is_ours(&group.tags))
    }

    /// Whether Picletter created the workflow.
    pub fn workflow_made_by_us(&self) -> bool {
        let workflow = self.workflow.as_ref();
        workflow.is_some_and(|workflow| is_ours(&workflow.tags))
    }
}

/// Reads the alerts that exist.
pub(super) async fn alerts(clouds: &Clouds, names: &Names<'_>) -> Result<Vec<Alert>, StepError> {
    let read = |alert: AlertId| async move {
        let resource = clouds.arm.get(&alert.id, alert.api_version).await;
        let resource = resource.in_step(Step::ReadAlerts)?;
        Ok::<_, StepError>(resource.map(|resource| Alert {
            id: alert.id,
            r#type: alert.r#type,
            name: alert.name,
            api_version: alert.api_version,
            resource,
        }))
    };
    let [first, second, third] = names.alerts().map(read);
    let (first, second, third) = tokio::try_join!(first, second, third)?;
    Ok([first, second, third].into_iter().flatten().collect())
}
