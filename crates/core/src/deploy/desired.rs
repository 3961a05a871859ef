//! The desired state, built from `picletter.toml` and the secrets.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::azure::{Deployment, Parameter, Workflow, WorkflowState};
use super::fingerprint::fingerprint;
use super::naming::{self, Names};
use super::step::CloudError;
use crate::config::{Config, Job};
use crate::template;
use picletter_logic_apps::arm::{ArmError, Resource, ResourceGroup, find_workflow};
use picletter_oci::ImageId;

/// The state to which a deployment brings both clouds.
#[derive(Debug, Clone)]
pub struct DesiredState {
    /// The Heroku app's name.
    pub app: String,
    /// Its region, if set.
    pub region: Option<String>,
    /// Its team, if set.
    pub team: Option<String>,
    /// The process type whose image is released.
    pub process_type: String,
    /// The size of its dynos, in lower case.
    pub dyno_size: String,
    /// The image to release; `None` keeps the current one.
    pub image: Option<ImageId>,
    /// Whether a job runs Picletter's worker.
    pub runs_picletter_worker: bool,
    /// The app's config vars.
    pub config_vars: BTreeMap<String, SecretString>,
    /// The file's key that sets each config var, by the config var's name.
    pub config_var_keys: BTreeMap<String, String>,
    /// The names of secret config vars, which are printed as fingerprints.
    pub secret_names: BTreeSet<String>,
    /// The subscription, by id or name.
    pub subscription: Option<String>,
    /// The resource group's name.
    pub resource_group: String,
    /// The location in which the resource group is created.
    pub location: Option<String>,
    /// `workflow` of `[azure]`: the deployment's name.
    pub deployment: String,
    /// The jobs, in the order of the file.
    pub jobs: Vec<DesiredJob>,
    /// The webhook to which workflows post failures.
    pub alert_webhook: Option<SecretString>,
    /// The time for which the template is evaluated.
    pub now: Timestamp,
}

/// The desired state of one job: its Logic App.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredJob {
    /// Its name in `[jobs.NAME]`; none in the short form.
    pub name: Option<String>,
    /// The Logic App's name.
    pub workflow: String,
    /// The process type of its dynos.
    pub process_type: String,
    /// The size of its dynos, in lower case.
    pub dyno_size: String,
    /// The template's parameters without the secret ones.
    pub parameters: Map<String, Value>,
    /// If the schedule has not begun: the time in its zone from which the alert for a day without
    /// success can be deployed.
    pub daily_alert_from: Option<String>,
}

impl DesiredJob {
    fn new(config: &Config, job: &Job, now: Timestamp) -> Self {
        Self {
            name: job.name.clone(),
            workflow: job.workflow.clone(),
            process_type: job.process_type.clone(),
            dyno_size: job.dyno_size.clone(),
            parameters: template::parameters(config, job, now),
            daily_alert_from: daily_alert_from(config, job, now),
        }
    }

    /// Its name; in the short form, the name of its Logic App.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.workflow)
    }

    /// A command of `picletter` for this job.
    pub(super) fn command(&self, command: &str) -> String {
        match &self.name {
            Some(name) => format!("{command} {name}"),
            None => command.to_owned(),
        }
    }

    /// The ARM deployment's name.
    pub fn deployment_name(&self) -> String {
        naming::arm_deployment_name(&self.workflow)
    }

    /// Whether the workflow is this job's.
    pub(crate) fn has_workflow(&self, workflow: &Workflow) -> bool {
        // Azure's names are case-insensitive.
        self.workflow.eq_ignore_ascii_case(&workflow.name)
    }
}

/// Ids of Heroku authorizations for a deployed workflow's tags.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthorizationTags<'a> {
    /// The authorization whose token it uses.
    pub authorization: &'a str,
    /// Authorizations whose tokens it used before, separated by spaces.
    pub replaced: &'a str,
}

/// The time from which the alert for a day without success can be deployed, such as `2027-01-01
/// 08:30 Europe/Berlin`. `None` if it can be deployed at `now`.
pub fn daily_alert_from(config: &Config, job: &Job, now: Timestamp) -> Option<String> {
    let at = template::daily_alert_from(config, job, now)?;
    let zone = job.schedule.zone();
    let local = zone.clock().to_datetime(at).strftime("%F %H:%M");
    Some(format!("{local} {}", zone.name()))
}

impl DesiredState {
    /// The desired state of `config` at `now`. `secrets` are added to the config vars.
    pub fn new(
        config: &Config,
        secrets: BTreeMap<String, SecretString>,
        alert_webhook: Option<SecretString>,
        image: Option<ImageId>,
        now: Timestamp,
    ) -> Self {
        let secret_names = secrets.keys().cloned().collect();
        let public = config.config_vars().into_iter();
        let mut config_vars: BTreeMap<_, _> = public
            .map(|(name, value)| (name, SecretString::from(value)))
            .collect();
        config_vars.extend(secrets);
        // The image is released for the worker's process type. Without a worker, it is released for
        // the first job's process type.
        let mut jobs = config.jobs.iter();
        let released = jobs.find(|job| job.runs_picletter_worker());
        let released = released.or_else(|| config.jobs.first());
        Self {
            app: config.heroku.app.clone(),
            region: config.heroku.region.clone(),
            team: config.heroku.team.clone(),
            process_type: released
                .map(|job| job.process_type.clone())
                .unwrap_or_default(),
            dyno_size: released
                .map(|job| job.dyno_size.clone())
                .unwrap_or_default(),
            image,
            runs_picletter_worker: config.runs_picletter_worker(),
            config_vars,
            config_var_keys: config.config_var_keys(),
            secret_names,
            subscription: config.azure.subscription.clone(),
            resource_group: config.azure.resource_group.clone(),
            location: config.azure.location.clone(),
            deployment: config.azure.workflow.clone(),
            jobs: config
                .jobs
                .iter()
                .map(|job| DesiredJob::new(config, job, now))
                .collect(),
            alert_webhook,
            now,
        }
    }

    /// Sets the API at which workflows start dynos, instead of `https://api.heroku.com`.
    pub fn start_dynos_at(&mut self, heroku: &str) {
        for job in &mut self.jobs {
            let url = heroku.trim_end_matches('/').into();
            job.parameters.insert("heroku_api_url".to_owned(), url);
        }
    }

    /// Whether Picletter releases the app's image. Otherwise the command runs in the app's current
    /// release, and Picletter does not change the app's releases, stack, and formation.
    pub(crate) fn brings_image(&self) -> bool {
        self.runs_picletter_worker || self.image.is_some()
    }

    /// Names that identify the deployment, in the subscription of that id.
    pub fn names<'a>(&'a self, subscription: &'a str) -> Names<'a> {
        Names {
            subscription,
            resource_group: &self.resource_group,
            deployment: &self.deployment,
            app: &self.app,
        }
    }

    /// Checks that the workflow belongs to this deployment and starts dynos in this file's app.
    ///
    /// # Errors
    /// It belongs to another deployment, or starts dynos in another app.
    pub(crate) fn check_workflow(&self, workflow: &Workflow) -> Result<(), CloudError> {
        self.check_deployment(workflow)?;
        match workflow.another_app(&self.app) {
            None => Ok(()),
            Some(live) => Err(CloudError::AnotherApp {
                workflow: workflow.name.clone(),
                live: live.to_owned(),
                app: self.app.clone(),
            }),
        }
    }

    /// A command of `picletter` for the job with that workflow.
    pub(super) fn command_on(&self, command: &str, workflow: &str) -> String {
        let mut jobs = self.jobs.iter();
        let job = jobs.find(|job| job.workflow.eq_ignore_ascii_case(workflow));
        job.map_or_else(|| command.to_owned(), |job| job.command(command))
    }

    /// Whether a workflow belongs to the deployment, or has the name of a job's workflow.
    pub fn concerns(&self, name: &str, tags: &BTreeMap<String, String>) -> bool {
        let is_ours = naming::is_ours(tags)
            && naming::deployment_name(name, tags).eq_ignore_ascii_case(&self.deployment);
        let mut jobs = self.jobs.iter();
        is_ours || jobs.any(|job| job.workflow.eq_ignore_ascii_case(name))
    }

    /// Checks that a live workflow, found by the name of a job's workflow, has Picletter's tag.
    ///
    /// # Errors
    /// It lacks the tag.
    pub(super) fn check_mark(&self, workflow: &Workflow) -> Result<(), CloudError> {
        if naming::is_ours(&workflow.tags) {
            return Ok(());
        }
        Err(CloudError::NotOurs {
            name: workflow.name.clone(),
            restore: naming::restore_mark(&workflow.id, self.deployment_tag()),
        })
    }

    /// Checks that a live workflow, found by the name of a job's workflow, does not belong to
    /// another deployment.
    ///
    /// # Errors
    /// It belongs to another deployment.
    pub(super) fn check_deployment(&self, workflow: &Workflow) -> Result<(), CloudError> {
        let deployment = naming::deployment_name(&workflow.name, &workflow.tags);
        if !naming::is_ours(&workflow.tags) || deployment.eq_ignore_ascii_case(&self.deployment) {
            return Ok(());
        }
        Err(CloudError::ForeignWorkflow {
            name: workflow.name.clone(),
            restore: naming::restore_mark(&workflow.id, self.deployment_tag()),
        })
    }

    /// The value of the tag `deployment`; none in the short form.
    pub(super) fn deployment_tag(&self) -> Option<&str> {
        let mut jobs = self.jobs.iter();
        jobs.any(|job| job.name.is_some())
            .then_some(self.deployment.as_str())
    }

    /// The scope of fingerprints in the job's workflow.
    pub(super) fn scope(&self, job: &DesiredJob) -> String {
        naming::fingerprint_scope(&self.resource_group, &job.workflow)
    }

    /// The scope of fingerprints of locations, which is the same for all jobs.
    pub(super) fn location_scope(&self) -> String {
        naming::fingerprint_scope(&self.resource_group, &self.deployment)
    }

    /// The template's parameters without the secret ones, for a workflow in `state` with `tags`.
    pub fn parameters_for(
        &self,
        job: &DesiredJob,
        tags: &AuthorizationTags<'_>,
        state: WorkflowState,
    ) -> Map<String, Value> {
        let webhook = self.alert_webhook.as_ref();
        let webhook = webhook.map(|webhook| fingerprint(&self.scope(job), webhook));
        let mut parameters = job.parameters.clone();
        for (name, value) in [
            ("heroku_authorization", tags.authorization),
            ("replaced_heroku_authorizations", tags.replaced),
            (
                "alert_webhook_fingerprint",
                webhook.as_deref().unwrap_or_default(),
            ),
            ("state", state.name()),
        ] {
            parameters.insert(name.to_owned(), json!(value));
        }
        parameters
    }

    /// The resources of the template, evaluated for the job. The values of secrets are `-`.
    ///
    /// # Errors
    /// The template rejects the parameters.
    pub fn resources(
        &self,
        job: &DesiredJob,
        authorization: &str,
        state: WorkflowState,
        group: &ResourceGroup,
    ) -> Result<Vec<Resource>, ArmError> {
        let tags = AuthorizationTags {
            authorization,
            replaced: "",
        };
        let mut parameters = self.parameters_for(job, &tags, state);
        let webhook = if self.alert_webhook.is_some() {
            "-"
        } else {
            ""
        };
        parameters.insert("heroku_token".to_owned(), json!("-"));
        parameters.insert("alert_webhook".to_owned(), json!(webhook));
        let deployment = template::parsed()?.deploy(&parameters, group, self.now)?;
        Ok(deployment.resources)
    }

    /// The workflow among [`DesiredState::resources`].
    ///
    /// # Errors
    /// The template rejects the parameters.
    pub(super) fn workflow(
        &self,
        job: &DesiredJob,
        authorization: &str,
        state: WorkflowState,
        group: &ResourceGroup,
    ) -> Result<Resource, ArmError> {
        let resources = self.resources(job, authorization, state, group)?;
        find_workflow(resources)
    }

    /// The ARM deployment of the template for the job, with its workflow in `state`. `secrets` are
    /// the Heroku token that the workflow uses and the webhook for alerts, in this order.
    pub fn deployment(
        &self,
        job: &DesiredJob,
        subscription: &str,
        tags: &AuthorizationTags<'_>,
        state: WorkflowState,
        secrets: [Parameter; 2],
    ) -> Deployment {
        let plain = self.parameters_for(job, tags, state);
        let plain = plain.into_iter();
        let mut parameters: BTreeMap<String, Parameter> = plain
            .map(|(name, value)| (name, Parameter::Plain(value)))
            .collect();
        for (name, secret) in ["heroku_token", "alert_webhook"].into_iter().zip(secrets) {
            parameters.insert(name.to_owned(), secret);
        }
        Deployment {
            subscription: subscription.to_owned(),
            resource_group: self.resource_group.clone(),
            name: job.deployment_name(),
            template: template::json(),
            parameters,
        }
    }
}
