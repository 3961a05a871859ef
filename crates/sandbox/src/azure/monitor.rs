//! Azure Monitor: metric alerts for failed runs, and the mails of their action groups.

use std::collections::VecDeque;
use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use super::groups::{Groups, Scope};
use super::kinds::{self, Kind};
use super::refusal::Refusal;
use super::{Azure, Core, resources};
use picletter_logic_apps::{Event, LogicApp, Status};

/// Maximum length of `groupShortName`: "maximum length 12" (the schema of 2023-01-01).
const MAX_SHORT_NAME_LENGTH: usize = 12;

/// How many failed runs that Azure Monitor has checked are remembered.
const MAX_CHECKED: usize = 100;

/// The required properties of a metric alert, according to the schema of 2018-03-01.
const REQUIRED: [&str; 6] = [
    "criteria",
    "enabled",
    "evaluationFrequency",
    "scopes",
    "severity",
    "windowSize",
];

/// The metrics of `Microsoft.Logic/workflows`.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-logic-workflows-metrics>.
const METRICS: [&str; 29] = [
    "ActionLatency",
    "ActionSuccessLatency",
    "ActionThrottledEvents",
    "ActionsCompleted",
    "ActionsFailed",
    "ActionsSkipped",
    "ActionsStarted",
    "ActionsSucceeded",
    "BillableActionExecutions",
    "BillableTriggerExecutions",
    "BillingUsageNativeOperation",
    "BillingUsageStandardConnector",
    "BillingUsageStorageConsumption",
    "RunFailurePercentage",
    "RunLatency",
    "RunStartThrottledEvents",
    "RunSuccessLatency",
    "RunThrottledEvents",
    "RunsCancelled",
    "RunsCompleted",
    "RunsFailed",
    "RunsStarted",
    "RunsSucceeded",
    "TotalBillableExecutions",
    "TriggersCompleted",
    "TriggersFailed",
    "TriggersFired",
    "TriggersStarted",
    "TriggersSucceeded",
];

/// A mail sent by Azure Monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertMail {
    /// The address of the receiver.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The failed run.
    pub run: String,
    /// When the alert fired.
    pub at: Timestamp,
}

/// The mails, and the last failed runs that were checked, newest last.
#[derive(Default)]
pub(super) struct Monitor {
    outbox: Vec<AlertMail>,
    checked: watch::Sender<VecDeque<String>>,
}

impl Azure {
    /// The mails sent by Azure Monitor, oldest first.
    pub fn outbox(&self) -> Vec<AlertMail> {
        self.core.state().monitor.outbox.clone()
    }

    /// Waits until Azure Monitor has checked a run that has just failed, and returns the mails
    /// about it.
    pub async fn mails_about(&self, run: &str) -> Vec<AlertMail> {
        let mut checked = self.core.state().monitor.checked.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = checked
            .wait_for(|checked| checked.iter().any(|one| one == run))
            .await;
        let mut mails = self.outbox();
        mails.retain(|mail| mail.run == run);
        mails
    }
}

/// The lists of receivers in the JSON of every action group.
const RECEIVERS: [&str; 10] = [
    "emailReceivers",
    "smsReceivers",
    "webhookReceivers",
    "itsmReceivers",
    "azureAppPushReceivers",
    "automationRunbookReceivers",
    "voiceReceivers",
    "logicAppReceivers",
    "azureFunctionReceivers",
    "armRoleReceivers",
];

/// Completes the JSON of an action group or a metric alert with the properties that the request
/// omitted.
pub(super) fn with_defaults(
    mut resource: Value,
    scope: Scope<'_>,
    kind: &Kind,
    name: &str,
) -> Value {
    let properties = &mut resource["properties"];
    if kind.is(&kinds::ACTION_GROUPS) {
        for list in RECEIVERS {
            if properties[list].is_null() {
                properties[list] = json!([]);
            }
        }
        let receivers = properties["emailReceivers"].as_array_mut();
        for receiver in receivers.into_iter().flatten() {
            receiver["status"] = json!("Enabled");
            if receiver["useCommonAlertSchema"].is_null() {
                receiver["useCommonAlertSchema"] = json!(false);
            }
        }
        let id = format!(
            "{}/providers/microsoft.insights/actionGroups/{name}",
            scope.id()
        );
        return json!({
            "id": id,
            "type": "Microsoft.Insights/ActionGroups",
            "name": name,
            "location": "Global",
            "kind": null,
            "tags": resource["tags"],
            "properties": resource["properties"],
            "identity": null,
        });
    }
    // The type of the monitored resource. Always a workflow, since the template monitors nothing
    // else.
    let watched = "microsoft.logic/workflows";
    if properties["targetResourceType"].is_null() {
        properties["targetResourceType"] = json!(watched);
    }
    // Not documented. In recorded traffic, most alerts with static thresholds have this value.
    properties["templateType"] = json!(8);
    if properties["actions"].is_null() {
        properties["actions"] = json!([]);
    }
    let criteria = properties["criteria"]["allOf"].as_array_mut();
    for criterion in criteria.into_iter().flatten() {
        if criterion["metricNamespace"].is_null() {
            criterion["metricNamespace"] = json!(watched);
        }
        if criterion["dimensions"].is_null() {
            criterion["dimensions"] = json!([]);
        }
        if let Some(threshold) = criterion["threshold"].as_f64() {
            criterion["threshold"] = json!(threshold);
        }
    }
    resource
}

/// Checks properties like the service does.
pub(super) fn check(groups: &Groups, kind: &Kind, properties: &Value) -> Result<(), Refusal> {
    let refuse = |message: String| {
        Err(Refusal::by_insights(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            message,
        ))
    };
    if kind.is(&kinds::ACTION_GROUPS) {
        let name = properties["groupShortName"].as_str().unwrap_or_default();
        if name.is_empty() || name.chars().count() > MAX_SHORT_NAME_LENGTH {
            return refuse(format!(
                "The group short name '{name}' must have 1 to {MAX_SHORT_NAME_LENGTH} characters."
            ));
        }
        return Ok(());
    }
    if let Some(missing) = REQUIRED.iter().find(|name| properties[**name].is_null()) {
        return refuse(format!("The property '{missing}' is required."));
    }
    let criteria = properties["criteria"]["allOf"].as_array();
    let metrics = criteria
        .into_iter()
        .flatten()
        .map(|criterion| &criterion["metricName"]);
    let unknown: Vec<&str> = metrics
        .filter_map(Value::as_str)
        .filter(|metric| {
            !METRICS
                .iter()
                .any(|other| other.eq_ignore_ascii_case(metric))
        })
        .collect();
    if !unknown.is_empty() {
        return refuse(format!(
            "The metric names were not found {}.",
            unknown.join(", ")
        ));
    }
    let actions = properties["actions"].as_array().into_iter().flatten();
    let group_ids = actions.filter_map(|action| action["actionGroupId"].as_str());
    let scopes = properties["scopes"].as_array().into_iter().flatten();
    for id in scopes.filter_map(Value::as_str).chain(group_ids) {
        if !groups.has(id) {
            return Err(Refusal::by_insights(
                StatusCode::NOT_FOUND,
                "ResourceNotFound",
                format!("The resource '{id}' that the alert rule refers to was not found."),
            ));
        }
    }
    Ok(())
}

impl Groups {
    fn has(&self, id: &str) -> bool {
        self.with_ids()
            .any(|(other, _)| other.eq_ignore_ascii_case(id))
    }

    fn with_ids(&self) -> impl Iterator<Item = (String, &resources::Resource)> {
        self.all.iter().flat_map(|group| {
            let resources = group.resources.iter();
            resources.map(|one| (resources::id(group.scope(), one.kind, &one.name), one))
        })
    }

    /// The mails about a failed run of a workflow.
    fn mails(&self, workflow: &str, run: &str, at: Timestamp) -> Vec<AlertMail> {
        let mut mails = Vec::new();
        for (_, alert) in self.with_ids() {
            if !(alert.kind.is(&kinds::METRIC_ALERTS)
                && applies_to_failed_runs(&alert.properties, workflow))
            {
                continue;
            }
            let severity = &alert.properties["severity"];
            let subject = format!(
                "Fired:Sev{severity} Azure Monitor Alert {} on {workflow} at {at}",
                alert.name
            );
            for action in alert.properties["actions"].as_array().into_iter().flatten() {
                let id = action["actionGroupId"].as_str().unwrap_or_default();
                let group = self
                    .with_ids()
                    .find(|(other, _)| other.eq_ignore_ascii_case(id));
                let receivers = group
                    .iter()
                    .filter(|(_, group)| group.properties["enabled"] != false)
                    .filter_map(|(_, group)| group.properties["emailReceivers"].as_array())
                    .flatten();
                mails.extend(receivers.filter_map(|receiver| {
                    Some(AlertMail {
                        to: receiver["emailAddress"].as_str()?.to_owned(),
                        subject: subject.clone(),
                        run: run.to_owned(),
                        at,
                    })
                }));
            }
        }
        mails
    }
}

/// Whether an alert applies to failed runs of a workflow.
fn applies_to_failed_runs(alert: &Value, workflow: &str) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    alert["enabled"] == true
        && list(&alert["scopes"])
            .iter()
            .filter_map(Value::as_str)
            .any(|scope| scope.eq_ignore_ascii_case(workflow))
        && list(&alert["criteria"]["allOf"])
            .iter()
            .any(|criterion| criterion["metricName"] == "RunsFailed")
}

impl Core {
    /// Sends the mails about each failed run of a workflow immediately. The real service evaluates a
    /// rule only every few minutes.
    pub(super) fn watch(self: &Arc<Self>, app: &LogicApp, workflow: String) {
        let mut events = app.subscribe();
        let core = Arc::downgrade(self);
        self.spawn(async move {
            loop {
                match events.recv().await {
                    Ok(Event::RunEnded {
                        status: Status::Failed,
                        run,
                        at,
                        ..
                    }) => {
                        let Some(core) = core.upgrade() else { return };
                        let mut state = core.state();
                        let mails = state.groups.mails(&workflow, &run, at);
                        state.monitor.outbox.extend(mails);
                        state.monitor.checked.send_modify(|checked| {
                            if checked.len() == MAX_CHECKED {
                                checked.pop_front();
                            }
                            checked.push_back(run.to_string());
                        });
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }
}
