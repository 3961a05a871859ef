//! The actual state of both clouds, independent of what commands report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use picletter_core::deploy::live::LiveState;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::command::{File, Operator};

/// The actual state.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Everything except random values, one line each.
    pub(crate) shape: String,
    pub(crate) workflow: Option<WorkflowFacts>,
    /// Whether each alert rule is enabled.
    pub(crate) alerts: BTreeMap<String, bool>,
    /// The IDs of all of Picletter's authorizations in the account.
    pub(crate) authorizations: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct WorkflowFacts {
    pub(crate) is_enabled: bool,
    /// The authorization named in the workflow's tags.
    pub(crate) tagged: Option<String>,
    /// The authorization whose token the workflow uses; `None` if it is revoked.
    pub(crate) used: Option<String>,
}

impl Operator {
    /// Reads the state once no abandoned deployment is running any more.
    pub(crate) async fn facts(&self) -> Facts {
        let (clouds, desired) = (&self.world.clouds, self.desired(File::Base));
        self.settle().await;
        let live = LiveState::read(clouds, &desired).await.unwrap();
        let authorizations = clouds.heroku.authorizations().await.unwrap();
        let sandbox = &self.world.sandbox;
        let workflow = live.azure.workflow(&desired.jobs[0]);
        Facts {
            shape: self.shape(&live),
            workflow: workflow.map(|workflow| {
                let token = sandbox
                    .azure()
                    .workflow_parameter(&workflow.name, "heroku_token");
                let token = token.unwrap();
                WorkflowFacts {
                    is_enabled: workflow.state == "Enabled",
                    tagged: live.azure.authorization(&desired).map(str::to_owned),
                    used: sandbox.heroku().authorization_id(token.as_str().unwrap()),
                }
            }),
            alerts: live
                .azure
                .alerts
                .iter()
                .filter(|alert| alert.r#type.ends_with("metricAlerts"))
                .map(|alert| {
                    let is_on = alert.resource["properties"]["enabled"] == true;
                    (alert.name.clone(), is_on)
                })
                .collect(),
            authorizations: authorizations
                .into_iter()
                .filter(|one| one.description.to_lowercase().contains("picletter"))
                .map(|one| one.id)
                .collect(),
        }
    }

    /// The number of the workflow's runs.
    pub(crate) async fn runs(&self) -> usize {
        let (clouds, desired) = (&self.world.clouds, self.desired(File::Base));
        let id = clouds
            .workflow_id(&desired, &desired.jobs[0].workflow)
            .await
            .unwrap();
        match clouds.arm.runs(&id, 50, None).await {
            Err(error) if error.is_not_found() => 0,
            runs => runs.unwrap().len(),
        }
    }

    /// Checks that no action of any run got a 401.
    pub(crate) async fn check_no_run_was_unauthorized(&self, context: &str) {
        let (clouds, desired) = (&self.world.clouds, self.desired(File::Base));
        let id = clouds
            .workflow_id(&desired, &desired.jobs[0].workflow)
            .await
            .unwrap();
        if clouds.arm.workflow(&id).await.unwrap().is_none() {
            return;
        }
        for run in clouds.arm.runs(&id, 50, None).await.unwrap() {
            for action in clouds.arm.actions(&id, &run.id).await.unwrap() {
                let is_unauthorized = action.code.as_deref() == Some("Unauthorized");
                assert!(
                    !is_unauthorized,
                    "{context}: {} of a run got 401",
                    action.name
                );
            }
        }
    }

    /// Waits for a deployment that a command has started and abandoned.
    async fn settle(&self) {
        let (clouds, desired) = (&self.world.clouds, self.desired(File::Base));
        let workflow = clouds
            .workflow_id(&desired, &desired.jobs[0].workflow)
            .await
            .unwrap();
        let group = workflow.split("/providers/").next().unwrap();
        let name = desired.jobs[0].deployment_name();
        let id = format!("{group}/providers/Microsoft.Resources/deployments/{name}");
        loop {
            let deployment = clouds.arm.get(&id, "2021-04-01").await.unwrap();
            let state = deployment
                .as_ref()
                .map(|it| &it["properties"]["provisioningState"]);
            match state.and_then(Value::as_str) {
                Some("Accepted" | "Running") => tokio::task::yield_now().await,
                _ => return,
            }
        }
    }

    fn shape(&self, live: &LiveState) -> String {
        let mut shape = String::new();
        let heroku = &live.heroku;
        let _ = writeln!(shape, "app: {}", heroku.app.is_some());
        for (name, value) in &heroku.config_vars {
            let _ = writeln!(shape, "config var {name}={}", value.expose_secret());
        }
        for formation in &heroku.formation {
            let _ = writeln!(
                shape,
                "formation: {} {}",
                formation.r#type, formation.quantity
            );
        }
        let azure = &live.azure;
        let _ = writeln!(shape, "group: {}", azure.group.is_some());
        for workflow in &azure.workflows {
            let _ = writeln!(shape, "workflow: {}", workflow.state);
            let _ = writeln!(shape, "{:#}", workflow.definition);
            let _ = writeln!(shape, "{:#}", workflow.parameters);
        }
        for alert in &azure.alerts {
            let properties = &alert.resource["properties"];
            let _ = writeln!(shape, "alert {}: {properties:#}", alert.name);
        }
        self.without_random(shape)
    }
}

impl Facts {
    /// Checks that the workflow, if any, uses a valid token and names its authorization.
    pub(crate) fn check_token(&self) {
        let Some(workflow) = &self.workflow else {
            return;
        };
        assert!(workflow.used.is_some(), "the workflow uses a revoked token");
        assert_eq!(
            workflow.used, workflow.tagged,
            "the workflow names an authorization that it does not use"
        );
    }

    /// Checks that alerts are enabled exactly if the workflow is.
    pub(crate) fn check_alerts(&self) {
        let is_enabled = self.workflow.as_ref().is_some_and(|it| it.is_enabled);
        for (name, is_on) in &self.alerts {
            assert_eq!(
                *is_on, is_enabled,
                "is alert {name} enabled like the workflow"
            );
        }
    }
}

/// The maximum number of differing lines in a message.
const MAX_LINES: usize = 20;

/// The first lines that only one of the two shapes has.
pub(crate) fn difference(found: &str, expected: &str) -> String {
    let only = |lines: &str, others: &str, sign: char| -> String {
        let others: BTreeSet<&str> = others.lines().collect();
        let lines = lines.lines().filter(|line| !others.contains(line));
        lines.fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{sign} {line}");
            text
        })
    };
    let all = only(expected, found, '-') + &only(found, expected, '+');
    all.lines()
        .take(MAX_LINES)
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}
