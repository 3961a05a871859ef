//! The desired state, built from `picletter.toml` and the secrets.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::azure::{Deployment, Parameter, Workflow, WorkflowState};
use super::fingerprint::fingerprint;
use super::naming::{self, Names};
use super::step::CloudError;
use crate::config::Config;
use crate::template;
use picletter_logic_apps::arm::{ArmError, Resource, ResourceGroup, Template};
use picletter_oci::ImageId;

/// What a deployment makes both clouds match.
#[derive(Debug, Clone)]
pub struct DesiredState {
    /// The Heroku app's name.
    pub app: String,
    /// Its region, where one is named.
    pub region: Option<String>,
    /// The team that it belongs to, where one is named.
    pub team: Option<String>,
    /// The process type whose image is released.
    pub process_type: String,
    /// The size of its dynos, in lower case.
    pub dyno_size: String,
    /// The image that dynos are to run; where none is given the released one stays.
    pub image: Option<ImageId>,
    /// Whether the job is the worker that this program comes with.
    pub own_worker: bool,
    /// The app's config vars.
    pub config_vars: BTreeMap<String, SecretString>,
    /// What those of the file are called there, by their names.
    pub config_var_keys: BTreeMap<String, String>,
    /// Which of them are secret: shown as fingerprints.
    pub secret_names: BTreeSet<String>,
    /// The subscription, by id or name.
    pub subscription: Option<String>,
    /// The resource group's name.
    pub resource_group: String,
    /// The resource group's location where it is created.
    pub location: Option<String>,
    /// The Logic App's name.
    pub workflow: String,
    /// The template's parameters except for the secret ones.
    pub parameters: Map<String, Value>,
    /// When the alert on a day without success can first be deployed, in the schedule's zone, if the
    /// schedule has not begun.
    pub daily_alert_from: Option<String>,
    /// The webhook to which the workflow posts failures.
    pub alert_webhook: Option<SecretString>,
    /// The time for which the template is evaluated.
    pub now: Timestamp,
}

/// Ids of the Heroku authorizations that a deployed workflow's tags name.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthorizationTags<'a> {
    /// The one whose token it holds.
    pub authorization: &'a str,
    /// Those that it held before, separated by spaces.
    pub replaced: &'a str,
}

/// When the alert on a day without success can first be deployed, such as `2027-01-01 08:30
/// Europe/Berlin`, if that is after `now`.
pub fn daily_alert_from(config: &Config, now: Timestamp) -> Option<String> {
    let at = template::daily_alert_from(config, now)?;
    let zone = config.schedule.zone();
    let local = zone.clock().to_datetime(at).strftime("%F %H:%M");
    Some(format!("{local} {}", zone.name()))
}

impl DesiredState {
    /// The desired state of `config` at `now`, with `secrets` as further config vars.
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
        Self {
            app: config.heroku.app.clone(),
            region: config.heroku.region.clone(),
            team: config.heroku.team.clone(),
            process_type: config.heroku.process_type.clone(),
            dyno_size: config.heroku.dyno_size.clone(),
            image,
            own_worker: config.runs_own_worker(),
            config_vars,
            config_var_keys: config.config_var_keys(),
            secret_names,
            subscription: config.azure.subscription.clone(),
            resource_group: config.azure.resource_group.clone(),
            location: config.azure.location.clone(),
            workflow: config.azure.workflow.clone(),
            parameters: template::parameters(config, now),
            daily_alert_from: daily_alert_from(config, now),
            alert_webhook,
            now,
        }
    }

    /// Has the workflow start dynos at this address instead of `https://api.heroku.com`, as a client
    /// that was pointed elsewhere does.
    pub fn start_dynos_at(&mut self, heroku: &str) {
        let url = heroku.trim_end_matches('/').into();
        self.parameters.insert("heroku_api_url".to_owned(), url);
    }

    /// Whether the app's image is Picletter's to release. A command of one's own runs in what others
    /// release to the app, whose releases, stack and formation are theirs then.
    pub fn brings_image(&self) -> bool {
        self.own_worker || self.image.is_some()
    }

    /// Names that identify the deployment, in the subscription of that id.
    pub fn names<'a>(&'a self, subscription: &'a str) -> Names<'a> {
        Names {
            subscription,
            resource_group: &self.resource_group,
            workflow: &self.workflow,
            app: &self.app,
        }
    }

    /// The workflow starts dynos in this file's app, so that it may be run and switched by it.
    ///
    /// # Errors
    /// It starts them in another.
    pub fn check_app(&self, workflow: &Workflow) -> Result<(), CloudError> {
        match workflow.another_app(&self.app) {
            None => Ok(()),
            Some(live) => Err(CloudError::AnotherApp {
                workflow: self.workflow.clone(),
                live: live.to_owned(),
                app: self.app.clone(),
            }),
        }
    }

    /// The ARM deployment's name.
    pub fn deployment_name(&self) -> String {
        naming::deployment_name(&self.workflow)
    }

    /// The scope of fingerprints of what the workflow holds.
    pub(super) fn scope(&self) -> String {
        naming::fingerprint_scope(&self.resource_group, &self.workflow)
    }

    /// The template's parameters except for the secret ones, for a workflow in `state` that holds the
    /// token of one authorization in place of others.
    pub fn parameters_for(
        &self,
        tags: &AuthorizationTags<'_>,
        state: WorkflowState,
    ) -> Map<String, Value> {
        let webhook = self.alert_webhook.as_ref();
        let webhook = webhook.map(|webhook| fingerprint(&self.scope(), webhook));
        let mut parameters = self.parameters.clone();
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

    /// The resources that the template comes to, with `-` in place of its secrets.
    ///
    /// # Errors
    /// The template does not take the parameters.
    pub fn resources(
        &self,
        authorization: &str,
        state: WorkflowState,
        group: &ResourceGroup,
    ) -> Result<Vec<Resource>, ArmError> {
        let tags = AuthorizationTags {
            authorization,
            replaced: "",
        };
        let mut parameters = self.parameters_for(&tags, state);
        let webhook = if self.alert_webhook.is_some() {
            "-"
        } else {
            ""
        };
        parameters.insert("heroku_token".to_owned(), json!("-"));
        parameters.insert("alert_webhook".to_owned(), json!(webhook));
        let template = Template::parse(template::TEMPLATE)?;
        let deployment = template.deploy(&parameters, group, self.now)?;
        Ok(deployment.resources)
    }

    /// The workflow among them.
    ///
    /// # Errors
    /// The template does not take the parameters.
    pub(super) fn workflow(
        &self,
        authorization: &str,
        state: WorkflowState,
        group: &ResourceGroup,
    ) -> Result<Resource, ArmError> {
        let resources = self.resources(authorization, state, group)?;
        template::workflow_of(resources)
    }

    /// The deployment of the template, which sets the workflow to `state`; `secrets` are the token by
    /// which the workflow starts dynos, and the webhook of alerts.
    pub fn deployment(
        &self,
        subscription: &str,
        tags: &AuthorizationTags<'_>,
        state: WorkflowState,
        secrets: [Parameter; 2],
    ) -> Deployment {
        let plain = self.parameters_for(tags, state);
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
            name: self.deployment_name(),
            template: template::json(),
            parameters,
        }
    }
}
