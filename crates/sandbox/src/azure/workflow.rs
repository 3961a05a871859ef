//! A deployed workflow and its earlier versions.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::groups::Scope;
use super::ids::Ids;
use super::positions::locate;
use super::refusal::Refusal;
use super::{Core, history};
use picletter_logic_apps::definition::{Definition, LoadError};
use picletter_logic_apps::history::RunRecord;
use picletter_logic_apps::recurrence::Recurrence;
use picletter_logic_apps::{LogicApp, Options, Services};

/// A workflow. Earlier versions complete the runs that they have started, which stay in the
/// history.
pub(super) struct Workflow {
    /// The ID in URLs.
    pub(super) key: String,
    /// The deployed versions, oldest first. Versions without runs are removed.
    versions: Vec<Version>,
    deployed_at: Timestamp,
    triggers: Vec<(Arc<str>, Recurrence)>,
}

/// A version of a workflow.
struct Version {
    name: String,
    app: LogicApp,
}

impl Workflow {
    /// The current version.
    pub(super) fn current(&self) -> Option<&LogicApp> {
        self.versions.last().map(|version| &version.app)
    }

    /// The version that a run belongs to.
    pub(super) fn app_for_run(&self, run: &str) -> Option<LogicApp> {
        self.version_for_run(run).map(|version| version.app.clone())
    }

    fn version_for_run(&self, run: &str) -> Option<&Version> {
        let mut versions = self.versions.iter();
        versions.find(|version| version.app.run(run).is_some())
    }

    /// The runs, newest first.
    pub(super) fn runs(&self) -> Vec<RunRecord> {
        let apps = self.versions.iter().map(|version| &version.app);
        let mut runs: Vec<RunRecord> = apps.flat_map(LogicApp::runs).collect();
        runs.sort_by(|one, other| (other.fired, &other.id).cmp(&(one.fired, &one.id)));
        runs
    }

    /// A run as JSON. `id` is the resource ID of the workflow.
    pub(super) fn run_json(&self, run: &RunRecord, id: &str) -> Value {
        let mut json = history::run(run, id);
        let version = self
            .version_for_run(&run.id)
            .map(|version| version.name.as_str());
        json["properties"]["workflow"] = version_reference(id, version.unwrap_or_default());
        json
    }

    /// The triggers: name, and the next time after `now` at which each fires.
    pub(super) fn triggers(&self, now: Timestamp) -> Vec<(Arc<str>, Option<Timestamp>)> {
        let triggers = self.triggers.iter();
        triggers
            .map(|(name, recurrence)| {
                let next = recurrence.next_after(self.deployed_at, now);
                (name.clone(), next.map(|next| next.at))
            })
            .collect()
    }

    /// Makes this the next version of `before`.
    pub(super) fn replace(&mut self, before: Self) {
        self.key = before.key;
        let mut versions = before.versions;
        for version in &versions {
            version.app.stop();
        }
        versions.retain(|version| !version.app.runs().is_empty());
        versions.append(&mut self.versions);
        self.versions = versions;
    }

    /// When a trigger fired last.
    pub(super) fn last_fired(&self, trigger: &str) -> Option<Timestamp> {
        let apps = self.versions.iter().map(|version| &version.app);
        let runs = apps.flat_map(LogicApp::runs);
        let runs = runs.filter(|run| run.trigger.eq_ignore_ascii_case(trigger));
        runs.map(|run| run.fired).max()
    }

    /// Enables or disables the triggers.
    pub(super) fn enable(&self, enabled: bool) {
        if let Some(app) = self.current() {
            if enabled {
                app.enable();
            } else {
                app.disable();
            }
        }
    }

    /// Stops triggers and runs, when the workflow is deleted.
    pub(super) fn end(&self) {
        for Version { app, .. } in &self.versions {
            app.stop();
            app.disable();
            for run in app.runs() {
                app.cancel(&run.id);
            }
        }
    }

    /// The definition of a trigger, `properties.definition.triggers.NAME`.
    pub(super) fn declared<'p>(properties: &'p Value, trigger: &str) -> &'p Value {
        &properties["definition"]["triggers"][trigger]
    }
}

impl Core {
    /// Loads a workflow without starting it.
    pub(super) fn read_workflow(
        &self,
        ids: &mut Ids,
        scope: Scope<'_>,
        name: &str,
        location: &str,
        version: &str,
        properties: &Value,
    ) -> Result<Workflow, LoadError> {
        let services = Services {
            clock: self.setup.clock,
            transport: self.setup.transport.clone(),
            callback_base: self.setup.url.clone(),
            seed: ids.seed(),
            options: Options {
                resource_group: scope.id(),
                location: location.to_owned(),
                ..Options::default()
            },
        };
        let deployed_at = self.now();
        let definition = Definition::load(properties, deployed_at)?;
        let triggers = definition.recurrences();
        let triggers = triggers
            .map(|(name, recurrence)| (name.clone(), recurrence.clone()))
            .collect();
        let app = LogicApp::deploy(name, properties, services)?;
        Ok(Workflow {
            key: ids.hex(),
            versions: vec![Version {
                name: version.to_owned(),
                app,
            }],
            deployed_at,
            triggers,
        })
    }

    /// Starts a workflow.
    pub(super) fn start_workflow(self: &Arc<Self>, workflow: &Workflow, id: String) {
        if let Some(app) = workflow.current() {
            self.watch(app, id);
            app.start();
        }
    }
}

/// The error for a workflow that cannot be loaded from the request body `text`. As in the service,
/// structural errors contain a position in the JSON; errors in references do not.
pub(super) fn invalid(error: &LoadError, text: &str) -> Refusal {
    if !error.is_structural {
        return Refusal::bad_request(
            "InvalidTemplate",
            format!("The template validation failed: '{error}'."),
        );
    }
    let outermost = error.path.split('.').next().unwrap_or_default();
    let path = match outermost {
        "properties" => error.path.clone(),
        "definition" | "parameters" => format!("properties.{}", error.path),
        "triggers" => format!("properties.definition.{}", error.path),
        _ => format!("properties.definition.actions.{}", error.path),
    };
    let position = locate(text, &path);
    Refusal::bad_request(
        "InvalidRequestContent",
        format!(
            "The request content is not valid and could not be deserialized: '{}. {position}.'.",
            error.message
        ),
    )
}

/// A reference to a version of a workflow.
pub(super) fn version_reference(workflow: &str, version: &str) -> Value {
    json!({
        "id": format!("{workflow}/versions/{version}"),
        "name": version,
        "type": "Microsoft.Logic/workflows/versions",
    })
}

/// The properties of a workflow without its secret parameters, which no response contains.
pub(super) fn without_secrets(properties: &Value) -> Value {
    let mut json = properties.clone();
    let declared = &properties["definition"]["parameters"];
    let parameters = json.get_mut("parameters");
    if let Some(parameters) = parameters.and_then(Value::as_object_mut) {
        parameters.retain(|name, _| !is_secure(&declared[name]["type"]));
    }
    json
}

fn is_secure(r#type: &Value) -> bool {
    let name = r#type.as_str().unwrap_or_default();
    name.eq_ignore_ascii_case("securestring") || name.eq_ignore_ascii_case("secureobject")
}

/// Adds the properties that the service adds to a workflow.
pub(super) fn add_service_properties(workflow: &Workflow, url: &str, properties: &mut Value) {
    properties["accessEndpoint"] = json!(format!("{url}/workflows/{}", workflow.key));
    properties["endpointsConfiguration"] = json!({
        "workflow": { "outgoingIpAddresses": [], "accessEndpointIpAddresses": [] },
        "connector": { "outgoingIpAddresses": [] },
    });
    if properties["parameters"].is_null() {
        properties["parameters"] = json!({});
    }
    let triggers = properties["definition"]["triggers"].as_object_mut();
    for trigger in triggers
        .into_iter()
        .flat_map(|triggers| triggers.values_mut())
    {
        if trigger["recurrence"].is_object() {
            trigger["evaluatedRecurrence"] = trigger["recurrence"].clone();
        }
    }
}
