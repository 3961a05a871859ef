//! Names, tags, and descriptions that identify what Picletter creates.

use std::collections::BTreeMap;

use super::api_version;
use crate::shell::quoted;

/// Name and value of the Azure tag on every resource Picletter creates.
pub const MADE_BY: (&str, &str) = ("made-by", "picletter");
/// The workflow's tag with the id of the Heroku authorization whose token it holds.
pub const AUTHORIZATION_TAG: &str = "heroku-authorization";
/// The workflow's tag with the fingerprint of the alerts' webhook.
pub(super) const WEBHOOK_TAG: &str = "alert-webhook";
/// The workflow's tag with the ids of the Heroku authorizations whose tokens it held before, separated
/// by spaces: runs that began with one of them may still need it.
pub const REPLACED_TAG: &str = "replaced-heroku-authorizations";
/// Prefix of the description of every Heroku authorization Picletter creates.
pub(super) const AUTHORIZATION_PREFIX: &str = "Picletter: ";
/// What separates the workflow's name from the app's in such a description.
const STARTS: &str = " starts ";
/// The config var that marks an app as created by Picletter.
pub const MADE_APP: &str = "PICLETTER_MADE_APP";

/// Azure's resource type of a rule that raises an alert.
pub(super) const METRIC_ALERT: &str = "Microsoft.Insights/metricAlerts";
/// Azure's resource type of the receivers of alerts.
pub(super) const ACTION_GROUP: &str = "Microsoft.Insights/actionGroups";

/// Names that identify a deployment. The subscription's id is known once Azure has reported it; the
/// others are in the file.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The subscription's id.
    pub subscription: &'a str,
    /// The resource group.
    pub resource_group: &'a str,
    /// The Logic App.
    pub workflow: &'a str,
    /// The Heroku app.
    pub app: &'a str,
}

/// An alert resource of a deployment.
pub(super) struct AlertId {
    /// Its resource id.
    pub(super) id: String,
    /// Such as `Microsoft.Insights/metricAlerts`.
    pub(super) r#type: &'static str,
    /// Its name.
    pub(super) name: String,
    /// The version of its resource type's API.
    pub(super) api_version: &'static str,
}

impl Names<'_> {
    /// The workflow's resource id.
    pub fn workflow_id(&self) -> String {
        self.resource_id("Microsoft.Logic/workflows", self.workflow)
    }

    /// The alerts, those that refer to another before it.
    pub(super) fn alerts(&self) -> [AlertId; 3] {
        [
            (METRIC_ALERT, "failed-runs", api_version::METRIC_ALERTS),
            (METRIC_ALERT, "no-success", api_version::METRIC_ALERTS),
            (ACTION_GROUP, "alerts", api_version::ACTION_GROUPS),
        ]
        .map(|(r#type, suffix, api_version)| {
            let name = format!("{}-{suffix}", self.workflow);
            AlertId {
                id: self.resource_id(r#type, &name),
                r#type,
                name,
                api_version,
            }
        })
    }

    fn resource_id(&self, r#type: &str, name: &str) -> String {
        let Self {
            subscription,
            resource_group,
            ..
        } = self;
        format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/{type}/{name}"
        )
    }

    /// The description of the authorization by which the workflow starts dynos.
    pub fn authorization_description(&self) -> String {
        let [beginning, end] = self.authorization_frame();
        format!("{beginning}{}{end}", self.app)
    }

    /// Whether an authorization of that description is the workflow's, whichever app it starts.
    pub(super) fn describes_authorization(&self, description: &str) -> bool {
        let [beginning, end] = self.authorization_frame();
        // Azure's names are case-insensitive.
        let description = description.to_ascii_lowercase();
        description.starts_with(&beginning.to_ascii_lowercase())
            && description.ends_with(&end.to_ascii_lowercase())
    }

    /// The workflow of another job that starts dynos in the same app, by the description of its
    /// authorization.
    pub(super) fn other_job<'d>(&self, description: &'d str) -> Option<&'d str> {
        let described = description.strip_prefix(AUTHORIZATION_PREFIX)?;
        let (workflow, started) = described.split_once(STARTS)?;
        let (app, _) = started.split_once(" (")?;
        let is_other = !self.describes_authorization(description);
        (is_other && app == self.app).then_some(workflow)
    }

    /// What precedes and follows the app's name. An account may start dynos from several
    /// subscriptions and groups, with workflows of the same name.
    fn authorization_frame(&self) -> [String; 2] {
        [
            format!("{AUTHORIZATION_PREFIX}{}{STARTS}", self.workflow),
            format!(" ({}/{})", self.subscription, self.resource_group),
        ]
    }
}

/// The name of the ARM deployment that deploys a workflow.
pub(super) fn deployment_name(workflow: &str) -> String {
    format!("picletter-{workflow}")
}

/// The scope of fingerprints of a workflow's values: the same value has another fingerprint elsewhere.
pub(super) fn fingerprint_scope(resource_group: &str, workflow: &str) -> String {
    format!("{resource_group}/{workflow}")
}

/// Whether an Azure resource with these tags was created by Picletter.
pub(super) fn is_ours(tags: &BTreeMap<String, String>) -> bool {
    let (name, value) = MADE_BY;
    tags.get(name).is_some_and(|by| by == value)
}

/// [`MADE_BY`] as the Azure CLI takes it.
pub(super) fn mark() -> String {
    let (name, value) = MADE_BY;
    format!("{name}={value}")
}

/// The command that restores the tag on the resource with that id, in backticks, and leaves all else as
/// it is. Not `az resource tag`: that writes the whole resource as it was read, without its secret
/// parameters.
/// Source: <https://learn.microsoft.com/cli/azure/tag#az-tag-update>.
pub(super) fn restore_mark(id: &str) -> String {
    format!(
        "`az tag update --resource-id {} --operation Merge --tags {}`",
        quoted(id),
        mark()
    )
}
