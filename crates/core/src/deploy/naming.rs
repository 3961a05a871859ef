//! Names, tags, and descriptions that identify what Picletter creates.

use std::collections::BTreeMap;

use crate::shell::quoted;

/// Name and value of the Azure tag on every resource Picletter creates.
pub(crate) const MADE_BY: (&str, &str) = ("made-by", "picletter");
/// The workflow's tag with the id of the Heroku authorization whose token it uses.
pub(crate) const AUTHORIZATION_TAG: &str = "heroku-authorization";
/// The workflow's tag with the fingerprint of the webhook for alerts.
pub(super) const WEBHOOK_TAG: &str = "alert-webhook";
/// The workflow's tag with the ids of the Heroku authorizations whose tokens it used before,
/// separated by spaces. Active runs may still need them.
pub(crate) const REPLACED_TAG: &str = "replaced-heroku-authorizations";
/// The tag with the deployment, `workflow` of `[azure]`, on resources of a job in `[jobs.NAME]`. A
/// workflow without it, or with an empty one, is a separate deployment.
pub(super) const DEPLOYMENT_TAG: &str = "deployment";
/// Prefix of the description of every Heroku authorization Picletter creates.
pub(super) const AUTHORIZATION_PREFIX: &str = "Picletter: ";
/// Separates the deployment's name from the app's in such a description.
const STARTS: &str = " starts ";
/// The config var that marks an app as created by Picletter.
pub(crate) const MADE_APP: &str = "PICLETTER_MADE_APP";

/// Azure's resource type of a rule that raises an alert.
pub(super) const METRIC_ALERT: &str = "Microsoft.Insights/metricAlerts";
/// Azure's resource type of the receivers of alerts.
pub(super) const ACTION_GROUP: &str = "Microsoft.Insights/actionGroups";

/// Names that identify a deployment. The subscription's id comes from Azure, the others from the
/// file.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The subscription's id.
    pub subscription: &'a str,
    /// The resource group.
    pub resource_group: &'a str,
    /// `workflow` of `[azure]`, the prefix of its Logic Apps' names.
    pub deployment: &'a str,
    /// The Heroku app.
    pub app: &'a str,
}

const FAILED_RUNS: &str = "-failed-runs";
const NO_SUCCESS: &str = "-no-success";

/// The alerts of a workflow: resource type, and suffix after the workflow's name.
const ALERTS: [(&str, &str); 3] = [
    (METRIC_ALERT, FAILED_RUNS),
    (METRIC_ALERT, NO_SUCCESS),
    (ACTION_GROUP, "-alerts"),
];

/// The kind of a metric alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertKind {
    /// A run failed.
    FailedRuns,
    /// No run succeeded for a day.
    NoSuccess,
}

/// The kind of the metric alert with that name.
pub(super) fn alert_kind(name: &str) -> Option<AlertKind> {
    let name = name.to_ascii_lowercase();
    if name.ends_with(FAILED_RUNS) {
        Some(AlertKind::FailedRuns)
    } else if name.ends_with(NO_SUCCESS) {
        Some(AlertKind::NoSuccess)
    } else {
        None
    }
}

/// The workflow that an alert resource of that type and name belongs to, if it is one of [`ALERTS`].
pub(super) fn alert_workflow<'n>(r#type: &str, name: &'n str) -> Option<&'n str> {
    let mut suffixes = ALERTS.iter().filter(|(of, _)| *of == r#type);
    suffixes.find_map(|(_, suffix)| {
        let at = name.len().checked_sub(suffix.len())?;
        let (workflow, end) = name.split_at_checked(at)?;
        end.eq_ignore_ascii_case(suffix).then_some(workflow)
    })
}

impl Names<'_> {
    /// The resource id of the workflow of that name.
    pub fn workflow_id(&self, workflow: &str) -> String {
        self.resource_id("Microsoft.Logic/workflows", workflow)
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

    /// The description of the authorization with which the workflows start dynos.
    pub fn authorization_description(&self) -> String {
        let [beginning, end] = self.authorization_frame();
        format!("{beginning}{}{end}", self.app)
    }

    /// Whether an authorization with that description belongs to the deployment, for any app.
    pub(super) fn describes_authorization(&self, description: &str) -> bool {
        let [beginning, end] = self.authorization_frame();
        // Azure's names are case-insensitive.
        let description = description.to_ascii_lowercase();
        description.starts_with(&beginning.to_ascii_lowercase())
            && description.ends_with(&end.to_ascii_lowercase())
    }

    /// The other deployment that starts dynos in the same app, from its authorization's
    /// description.
    pub(super) fn other_deployment<'d>(&self, description: &'d str) -> Option<&'d str> {
        let described = description.strip_prefix(AUTHORIZATION_PREFIX)?;
        let (deployment, started) = described.split_once(STARTS)?;
        let (app, _) = started.split_once(" (")?;
        let is_other = !self.describes_authorization(description);
        (is_other && app == self.app).then_some(deployment)
    }

    /// Prefix and suffix around the app's name. An account may have deployments of the same name in
    /// several subscriptions and groups.
    fn authorization_frame(&self) -> [String; 2] {
        [
            format!("{AUTHORIZATION_PREFIX}{}{STARTS}", self.deployment),
            format!(" ({}/{})", self.subscription, self.resource_group),
        ]
    }
}

/// The name of a workflow's ARM deployment.
pub(super) fn arm_deployment_name(workflow: &str) -> String {
    format!("picletter-{workflow}")
}

/// The scope of fingerprints of a workflow's values. Fingerprints of the same value differ between
/// scopes.
pub(super) fn fingerprint_scope(resource_group: &str, workflow: &str) -> String {
    format!("{resource_group}/{workflow}")
}

/// Whether an Azure resource with these tags was created by Picletter.
pub(super) fn is_ours(tags: &BTreeMap<String, String>) -> bool {
    let (name, value) = MADE_BY;
    tags.get(name).is_some_and(|by| by == value)
}

/// The deployment of a workflow with these tags; by default a separate one.
pub(super) fn deployment_name<'a>(name: &'a str, tags: &'a BTreeMap<String, String>) -> &'a str {
    let deployment = tags.get(DEPLOYMENT_TAG).filter(|tag| !tag.is_empty());
    deployment.map_or(name, String::as_str)
}

/// [`MADE_BY`] as an argument for the Azure CLI.
pub(super) fn mark() -> String {
    let (name, value) = MADE_BY;
    format!("{name}={value}")
}

/// The command, in backticks, that restores the tags of the resource with that id and changes
/// nothing else. Includes the deployment's tag for one of several jobs. Not `az resource tag`,
/// which writes back the whole resource without its secret parameters.
/// Source: <https://learn.microsoft.com/cli/azure/tag#az-tag-update>.
pub(super) fn restore_mark(id: &str, deployment: Option<&str>) -> String {
    let deployment =
        deployment.map(|name| format!(" {}", quoted(&format!("{DEPLOYMENT_TAG}={name}"))));
    format!(
        "`az tag update --resource-id {} --operation Merge --tags {}{}`",
        quoted(id),
        mark(),
        deployment.unwrap_or_default()
    )
}
