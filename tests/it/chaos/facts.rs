//! What there really is on both clouds, whatever a command says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use picletter::deploy::live::LiveState;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::command::{File, Operator};

/// What there is.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// All of it but what is drawn anew each time, a line for each thing.
    pub(crate) shape: String,
    pub(crate) workflow: Option<WorkflowFacts>,
    /// Whether each alert rule is on.
    pub(crate) alerts: BTreeMap<String, bool>,
    /// The ids of all authorizations that Picletter has made in the account.
    pub(crate) authorizations: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct WorkflowFacts {
    pub(crate) is_enabled: bool,
    /// The authorization that it says it holds.
    pub(crate) tagged: Option<String>,
    /// The authorization whose token it really uses; none where that is revoked.
    pub(crate) used: Option<String>,
}

impl Operator {
    /// What there is, once no deployment goes on that somebody has left.
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

    /// How many runs there have been of the workflow.
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

    /// No action of any run was answered with 401.
    pub(crate) async fn check_no_run_was_refused(&self, said: &str) {
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
                let refused = action.code.as_deref() == Some("Unauthorized");
                assert!(!refused, "{said}: {} of a run got 401", action.name);
            }
        }
    }

    /// Waits for the deployment that a command has begun and left.
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
        self.without_drawn(shape)
    }
}

impl Facts {
    /// The workflow, where there is one, starts dynos by a token that is not revoked, and says which.
    pub(crate) fn check_token(&self) {
        let Some(workflow) = &self.workflow else {
            return;
        };
        assert!(
            workflow.used.is_some(),
            "the workflow uses a token that is revoked"
        );
        assert_eq!(
            workflow.used, workflow.tagged,
            "the workflow names another authorization than the one that it uses"
        );
    }

    /// Alerts are on exactly while the workflow is.
    pub(crate) fn check_alerts(&self) {
        let is_enabled = self.workflow.as_ref().is_some_and(|it| it.is_enabled);
        for (name, is_on) in &self.alerts {
            assert_eq!(*is_on, is_enabled, "alert {name} against the workflow");
        }
    }
}

/// How many lines of a difference are shown.
const LINES: usize = 20;

/// The first lines that only one of two shapes has.
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
        .take(LINES)
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}
