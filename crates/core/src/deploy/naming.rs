//! Names, tags, and descriptions that identify what Picletter creates.

use std::collections::BTreeMap;

use crate::config::known_location;
use crate::shell::quoted;

/// Name and value of the Azure tag on every resource Picletter creates.
pub(crate) const MADE_BY: (&str, &str) = ("made-by", "picletter");
/// Name of the workflow's tag that contains the id of its Heroku authorization. The workflow starts
/// dynos with the token of this authorization.
pub(crate) const AUTHORIZATION_TAG: &str = "heroku-authorization";
/// Name of the workflow's tag that contains the fingerprint of the webhook for alerts.
pub(super) const WEBHOOK_TAG: &str = "alert-webhook";
/// Name of the workflow's tag that lists the ids of its earlier Heroku authorizations, separated by
/// spaces. Active runs may still use their tokens.
pub(crate) const REPLACED_TAG: &str = "replaced-heroku-authorizations";
/// Name of the tag that assigns a resource of a job in `[jobs.NAME]` to a deployment. Its value is
/// `workflow` of `[azure]`. A workflow without this tag, or with an empty value, is a deployment of
/// its own.
pub(super) const DEPLOYMENT_TAG: &str = "deployment";
/// Prefix of the description of every Heroku authorization Picletter creates.
pub(super) const AUTHORIZATION_PREFIX: &str = "Picletter: ";
/// Separator between the deployment's name and the app's name in that description.
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

    /// The parts of the description before and after the app's name. They contain the subscription
    /// and the resource group, because deployments in different groups may have the same name.
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

/// The scope for fingerprints of the values of a workflow or a deployment with that name. A value has
/// a different fingerprint in each scope.
pub(super) fn fingerprint_scope(resource_group: &str, name: &str) -> String {
    format!("{resource_group}/{name}")
}

/// Whether an Azure resource with these tags was created by Picletter.
pub(super) fn is_ours(tags: &BTreeMap<String, String>) -> bool {
    let (name, value) = MADE_BY;
    tags.get(name).is_some_and(|by| by == value)
}

/// The name of the deployment that a workflow belongs to, according to its tags. A workflow without
/// [`DEPLOYMENT_TAG`] is a deployment of its own, with the workflow's name.
pub(super) fn deployment_name<'a>(name: &'a str, tags: &'a BTreeMap<String, String>) -> &'a str {
    let deployment = tags.get(DEPLOYMENT_TAG).filter(|tag| !tag.is_empty());
    deployment.map_or(name, String::as_str)
}

/// [`MADE_BY`] as `NAME=VALUE`, the Azure CLI's syntax for tags.
pub(super) fn mark() -> String {
    let (name, value) = MADE_BY;
    format!("{name}={value}")
}

/// The command, in backticks, that prints the location of the resource with that id. `None` if
/// Picletter knows the location, because its name is then not replaced by a fingerprint.
pub(super) fn show_location(id: &str, location: &str) -> Option<String> {
    let is_unknown = known_location(location).is_none();
    is_unknown.then(|| {
        format!(
            "`az resource show --ids {} --query location --output tsv`",
            quoted(id)
        )
    })
}

/// The command, in backticks, that restores Picletter's tags on a resource. `deployment` is the
/// value of [`DEPLOYMENT_TAG`], if the resource needs this tag. `az resource tag` is unsuitable,
/// because it writes back the whole resource without its secret parameters.
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
