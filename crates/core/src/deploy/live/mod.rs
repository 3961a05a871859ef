//! The live state, read from both clouds at the same time.

mod azure;

pub use azure::{Alert, LiveAzure, state};
pub(super) use azure::{authorization_id, replaced_authorization_ids, replaced_next};

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;

use super::azure::{READS_AT_ONCE, Run, Workflow};
use super::clouds::Clouds;
use super::concurrent::join_all;
use super::desired::DesiredState;
use super::heroku::{App, Authorization, Formation, Release, Scope};
use super::naming::MADE_APP;
use super::step::{Step, StepContext as _, StepError};
use picletter_oci::ImageId;

/// Number of releases that are searched for that of the image.
pub(super) const RELEASES: usize = 50;

/// The live state of both clouds.
#[derive(Debug, Clone)]
pub struct LiveState {
    /// The state of Heroku.
    pub heroku: LiveHeroku,
    /// The state of Azure.
    pub azure: LiveAzure,
    /// The active runs of workflows whose jobs are no longer in the file. Those of all workflows if
    /// there are authorizations that no workflow uses, because active runs may need them.
    pub active_runs: Vec<ActiveRun>,
    /// Other deployments that start dynos in the same app.
    pub other_deployments: BTreeSet<String>,
}

/// The live state of Heroku.
#[derive(Debug, Clone)]
pub struct LiveHeroku {
    /// The app, if it exists.
    pub app: Option<App>,
    /// Its config vars.
    pub config_vars: BTreeMap<String, SecretString>,
    /// Its formation.
    pub formation: Vec<Formation>,
    /// Its releases, newest first.
    pub releases: Vec<Release>,
    /// The process type's image in the registry.
    pub pushed: Option<ImageId>,
    /// The authorizations of this deployment.
    pub authorizations: Vec<Authorization>,
}

/// An active run of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveRun {
    /// The workflow's name.
    pub workflow: String,
    /// The run.
    pub run: Run,
}

impl LiveState {
    /// Reads the state of both clouds.
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
        let other_deployments = descriptions
            .filter_map(|description| names.other_deployment(description))
            .map(str::to_owned)
            .collect();
        heroku.authorizations.retain(|one| azure.owns(one, desired));
        let mut authorizations = heroku.authorizations.iter();
        let active_runs = if authorizations.any(|one| !azure.uses_authorization(&one.id)) {
            active_runs(clouds, azure.workflows.iter()).await?
        } else {
            active_runs(clouds, azure.removed(desired)).await?
        };
        Ok(Self {
            heroku,
            azure,
            active_runs,
            other_deployments,
        })
    }

    /// The scope of a new authorization: the wider one if Heroku has required it before.
    pub fn next_scope(&self) -> Scope {
        let authorizations = self.heroku.authorizations.iter();
        let mut scopes = authorizations.flat_map(|authorization| &authorization.scope);
        if scopes.any(|scope| scope == Scope::WriteProtected.name()) {
            Scope::WriteProtected
        } else {
            Scope::Write
        }
    }

    /// Whether a deployment was interrupted before it created a workflow. The resource group and
    /// the app count only if they are empty, because other workflows may share them.
    pub fn is_half_done(&self) -> bool {
        let begun = self.heroku.marked() && self.heroku.formation.is_empty()
            || !self.heroku.authorizations.is_empty();
        begun && self.azure.workflows.is_empty()
    }
}

/// The active runs of these workflows, read concurrently.
pub(super) async fn active_runs(
    clouds: &Clouds,
    workflows: impl Iterator<Item = &Workflow>,
) -> Result<Vec<ActiveRun>, StepError> {
    let active = workflows.map(|workflow| async move {
        let runs = clouds.arm.active_runs(&workflow.id).await;
        let runs = runs.in_step(Step::ReadRuns)?.into_iter();
        let runs = runs.map(|run| ActiveRun {
            workflow: workflow.name.clone(),
            run,
        });
        Ok::<_, StepError>(runs.collect::<Vec<_>>())
    });
    let active = join_all(active, READS_AT_ONCE).await.into_iter();
    let active: Vec<Vec<ActiveRun>> = active.collect::<Result<_, _>>()?;
    Ok(active.into_iter().flatten().collect())
}

/// A remark about the active runs of a workflow that is removed; `None` if it has none.
/// `keeps_dynos` is whether the app, and so their dynos, stay.
pub(super) fn abandoned_runs(
    active: &[ActiveRun],
    workflow: &str,
    keeps_dynos: bool,
) -> Option<String> {
    let runs = active.iter().filter(|active| active.workflow == workflow);
    let ids: Vec<&str> = runs.map(|active| active.run.id.as_str()).collect();
    let first = ids.first()?;
    Some(match (ids.len(), keeps_dynos) {
        (1, true) => {
            format!("run {first} is active: its dyno continues, but its outcome is lost")
        }
        (1, false) => {
            format!(
                "run {first} is active: its dyno is stopped with the app, and its outcome is lost"
            )
        }
        (count, true) => format!(
            "{count} runs are active, such as {first}: their dynos continue, but their outcomes are lost"
        ),
        (count, false) => format!(
            "{count} runs are active, such as {first}: their dynos are stopped with the app, and their \
             outcomes are lost"
        ),
    })
}

impl LiveHeroku {
    /// Reads it, with all authorizations of the account.
    async fn read(clouds: &Clouds, desired: &DesiredState) -> Result<Self, StepError> {
        let Clouds {
            heroku, registry, ..
        } = clouds;
        let app = &desired.app;
        // If the app does not exist, the other requests fail too, so their errors are ignored.
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
        // Needed only for jobs with an image. A Fir app has no registry.
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

    /// Whether Picletter created the app: it is marked, or empty as after an interrupted
    /// deployment.
    pub fn made_by_us(&self) -> bool {
        self.marked() || self.is_bare()
    }

    /// Whether the app is marked as created by Picletter.
    pub fn marked(&self) -> bool {
        self.config_vars.contains_key(MADE_APP)
    }

    /// Whether the app exists and is empty, as after an interrupted deployment.
    pub(crate) fn is_bare(&self) -> bool {
        self.app.is_some() && self.config_vars.is_empty() && self.formation.is_empty()
    }

    /// The id of the latest release, which changes with every change of the app.
    pub fn release(&self) -> Option<&str> {
        self.releases.first().map(|release| release.id.as_str())
    }

    /// The formation of a process type; `None` before its first release.
    pub(crate) fn formation_for(&self, process_type: &str) -> Option<&Formation> {
        let mut formation = self.formation.iter();
        formation.find(|formation| formation.r#type == process_type)
    }

    /// Whether dynos of `process_type` run `image`, as far as Heroku reports it.
    pub fn runs(&self, image: &ImageId, process_type: &str) -> bool {
        self.running_image(process_type)
            .is_some_and(|it| it == image.as_str() || image.hex().starts_with(it))
    }

    /// The image of dynos of `process_type`: its id from the formation if reported, otherwise the
    /// first digits of its id from the last release of this process type.
    pub fn running_image(&self, process_type: &str) -> Option<&str> {
        let formation = self.formation_for(process_type)?;
        let reported = formation.docker_image.as_deref();
        if let Some(reported) = reported.filter(|reported| ImageId::parse(reported).is_some()) {
            return Some(reported);
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
