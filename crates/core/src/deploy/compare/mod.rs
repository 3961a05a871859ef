//! Differences between a resource of the evaluated template and the live resource at Azure.
//!
//! Each difference names a key of `picletter.toml`. One key may affect several parameters of the
//! workflow, and several keys may affect one parameter. To find the values of such keys in a live
//! workflow, this module evaluates the template for each possible value and compares the results.

mod covers;
mod derived;

use serde_json::{Map, Value};

pub(in crate::deploy) use covers::same_location;
use covers::{More, covers};
use derived::Derived;

use crate::config::{DYNO_SIZES, ONE_OFF, Report};
use crate::deploy::azure::{ResourceGroup, Workflow};
use crate::deploy::desired::DesiredState;
use crate::deploy::difference::{DesiredValue, Difference, LiveValue};
use crate::deploy::naming::{
    AUTHORIZATION_TAG, DEPLOYMENT_TAG, REPLACED_TAG, WEBHOOK_TAG, show_location,
};
use crate::deploy::portal_edits::{PortalEdit, portal_edits};
use crate::deploy::recurrence_words::Recurrences;
use crate::deploy::step::{CloudError, RequiredLocation};
use crate::schedule::Overlap;
use crate::template::SECRETS;
use picletter_logic_apps::arm::{ArmError, Resource};

/// Process types that are defaults of Picletter or Heroku.
const PROCESS_TYPES: [&str; 3] = [ONE_OFF, "web", "worker"];

/// Parameters that contain the value of one key unchanged, with that key. A job's key has its
/// section in the short form.
const KEYS: [(&str, Key); 8] = [
    ("app", Key::OfFile("[heroku] app")),
    ("process_type", Key::OfJob("heroku", "process_type")),
    ("dyno_size", Key::OfJob("heroku", "dyno_size")),
    ("time_to_live", Key::OfJob("heroku", "time_to_live")),
    ("overlap", Key::OfJob("schedule", "overlap")),
    ("start_window", Key::OfJob("run", "start_window")),
    ("log_lines", Key::OfFile("[alert] log_lines")),
    ("heroku_api_url", Key::OfFile("HEROKU_API_URL")),
];

/// A key of `picletter.toml`.
#[derive(Debug, Clone, Copy)]
enum Key {
    OfFile(&'static str),
    OfJob(&'static str, &'static str),
}

/// The desired workflow, with a function that evaluates the template for other parameters.
pub(in crate::deploy) struct Expected<'a, F> {
    /// The job's name in `[jobs.NAME]`.
    pub(in crate::deploy) job: Option<&'a str>,
    /// The workflow that the template evaluates to.
    pub(in crate::deploy) resource: &'a Resource,
    /// The template's parameters.
    pub(in crate::deploy) parameters: &'a Map<String, Value>,
    /// Evaluates the workflow for other parameters.
    pub(in crate::deploy) evaluate: F,
    /// The scope of fingerprints.
    pub(in crate::deploy) scope: &'a str,
}

impl<F> Expected<'_, F> {
    /// The key's name in this file.
    fn key(&self, key: Key) -> String {
        match (key, self.job) {
            (Key::OfFile(key), _) => key.to_owned(),
            (Key::OfJob(_, key), Some(job)) => format!("[jobs.{job}] {key}"),
            (Key::OfJob(section, key), None) => format!("[{section}] {key}"),
        }
    }

    /// The schedule's key in this file.
    pub(in crate::deploy) fn schedule(&self) -> String {
        match self.job {
            Some(job) => format!("[jobs.{job}] schedule"),
            None => "[schedule]".to_owned(),
        }
    }
}

/// The changes that a deployment makes to a workflow. Secrets are compared by the fingerprints in
/// the tags, because Azure does not return them.
pub(in crate::deploy) fn workflow<F>(
    expected: &Expected<'_, F>,
    live: &Workflow,
) -> Result<Vec<Difference>, ArmError>
where
    F: Fn(Map<String, Value>) -> Result<Resource, ArmError>,
{
    let Expected {
        resource,
        parameters,
        scope,
        ..
    } = expected;
    let mut differences = Vec::new();
    let mut template = definition(resource, live);
    let mut changed = changed_parameters(resource, live);
    if !(template.is_empty() && changed.is_empty()) {
        let derived = Derived::new(expected)?;
        let report = derived.report(live);
        let overlap = live.parameters["overlap"]["value"].as_str();
        let overlap = Overlap::ALL
            .into_iter()
            .map(Overlap::name)
            .find(|name| Some(*name) == overlap);
        // The parameters of this file, with the live values of keys that affect several places.
        // Differences that remain after evaluating the template come from other keys.
        let mut before = (*parameters).clone();
        for (name, value) in [("report", report.map(Report::name)), ("overlap", overlap)] {
            if let Some(value) = value {
                before.insert(name.to_owned(), value.into());
            }
        }
        let of_overlap = changed.iter().any(|name| name == "overlap");
        changed = changed_parameters(&(expected.evaluate)(before.clone())?, live);
        for name in ["time_to_live", "start_window"] {
            let value = &live.parameters[name]["value"];
            if value.is_u64() {
                before.insert(name.to_owned(), value.clone());
            }
        }
        // The template rejects some numbers. In this case, `template` remains unchanged.
        if let Ok(before) = (expected.evaluate)(before) {
            template = definition(&before, live);
        }
        if template.iter().any(|part| part == "triggers") {
            template.retain(|part| part != "triggers");
            differences.push(schedule(expected, live));
        }
        let (of_command, rest): (Vec<_>, Vec<_>) = changed
            .into_iter()
            .partition(|name| derived.names.contains(name));
        if report.is_none() && !of_command.is_empty() {
            template.push("command line".to_owned());
        } else if !of_command.is_empty() {
            let values: Vec<&Value> = derived.values(live).collect();
            let values = Value::from(values.into_iter().cloned().collect::<Vec<_>>());
            differences.push(Difference::new(
                expected.key(Key::OfJob("heroku", "command")),
                Some(LiveValue::fingerprint_json(scope, &values)),
                Some(DesiredValue::from_parameter(value(parameters, "command"))),
            ));
        }
        let desired = value(parameters, "report").as_str();
        if let Some(name) = report
            .map(Report::name)
            .filter(|name| Some(*name) != desired)
        {
            differences.push(Difference::new(
                expected.key(Key::OfJob("run", "report")),
                Some(LiveValue::one_of(scope, &name.into(), [name])),
                Some(DesiredValue::from_parameter(value(parameters, "report"))),
            ));
        }
        if of_overlap {
            differences.push(parameter(
                Key::OfJob("schedule", "overlap"),
                "overlap",
                expected,
                live,
            ));
        }
        for name in rest.iter().filter(|name| *name != "overlap") {
            match KEYS.iter().find(|(parameter, _)| parameter == name) {
                Some((_, key)) => differences.push(parameter(*key, name, expected, live)),
                None => template.push(name.clone()),
            }
        }
    }
    tags(expected, live, &mut differences, &mut template);
    for part in &mut template {
        if part == "actions" && portal_edits(&live.definition).contains(&PortalEdit::CallbackUrl) {
            *part = format!("actions; {}", PortalEdit::CallbackUrl);
        }
    }
    if !template.is_empty() {
        differences.push(template_difference("workflow", &template));
    }
    Ok(differences)
}

/// Checks that the workflow is in the location that the file sets, or else in the location of its
/// resource group. Azure cannot move a workflow.
///
/// # Errors
/// It is in another location.
pub(in crate::deploy) fn check_location(
    desired: &DesiredState,
    group: Option<&ResourceGroup>,
    live: &Workflow,
) -> Result<(), CloudError> {
    let in_group = || group.map(|group| group.location.as_str());
    let Some(required) = desired.location.as_deref().or_else(in_group) else {
        return Ok(());
    };
    if same_location(required, &live.location) {
        return Ok(());
    }
    let scope = desired.location_scope();
    let shown = |location| LiveValue::location(&scope, location).to_string();
    let required = match &desired.location {
        Some(location) => RequiredLocation::File(location.clone()),
        None => RequiredLocation::ResourceGroup(shown(required)),
    };
    let workflow = live.name.clone();
    Err(match live.another_app(&desired.app) {
        Some(app) => CloudError::AnotherLocationAndApp {
            workflow,
            live: shown(&live.location),
            required,
            app: app.to_owned(),
        },
        None => CloudError::AnotherLocation {
            workflow,
            live: shown(&live.location),
            show: show_location(&live.id, &live.location),
            required,
        },
    })
}

/// The changes that a deployment makes to an alert.
pub(in crate::deploy) fn alert(
    expected: &Resource,
    live_resource: &Value,
    parameters: &Map<String, Value>,
    scope: &str,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut template = Vec::new();
    let none = Map::new();
    for (name, new) in expected.properties.as_object().unwrap_or(&none) {
        let old = &live_resource["properties"][name.as_str()];
        if covers(new, old, More::Ignored) {
            continue;
        }
        match name.as_str() {
            "emailReceivers" => {
                let address = match old.as_array().map(Vec::as_slice) {
                    Some([one]) => &one["emailAddress"],
                    _ => old,
                };
                differences.push(Difference::new(
                    "[alert] email",
                    Some(LiveValue::fingerprint_json(scope, address)),
                    Some(DesiredValue::from_parameter(value(
                        parameters,
                        "alert_address",
                    ))),
                ));
            }
            "enabled" => differences.push(Difference::new(
                "enabled",
                Some(LiveValue::one_of(scope, old, [])),
                Some(DesiredValue::from_parameter(new)),
            )),
            _ => template.push(name.clone()),
        }
    }
    if !template.is_empty() {
        differences.push(template_difference("alert", &template));
    }
    differences
}

fn value<'a>(parameters: &'a Map<String, Value>, name: &str) -> &'a Value {
    parameters.get(name).unwrap_or(&Value::Null)
}

/// The difference for parts of the template that depend on no key.
fn template_difference(kind: &str, parts: &[String]) -> Difference {
    Difference::unspecified(format!("{kind} template ({})", parts.join(", ")))
}

/// The parts of the definition that differ.
fn definition(expected: &Resource, live: &Workflow) -> Vec<String> {
    let none = Map::new();
    let parts = expected.properties["definition"].as_object();
    let parts = parts.unwrap_or(&none).iter();
    let live_part = |part: &str| match part {
        "triggers" => without_evaluated_recurrence(&live.definition[part]),
        part => live.definition[part].clone(),
    };
    let changed = parts.filter(|(part, value)| !covers(value, &live_part(part), More::Counts));
    changed.map(|(part, _)| part.clone()).collect()
}

/// Triggers without `evaluatedRecurrence`, which the service adds to each recurrence.
fn without_evaluated_recurrence(triggers: &Value) -> Value {
    let mut triggers = triggers.clone();
    let each = triggers
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut);
    for trigger in each.filter_map(Value::as_object_mut) {
        trigger.remove("evaluatedRecurrence");
    }
    triggers
}

/// The workflow's parameters that differ, except for secret ones.
fn changed_parameters(expected: &Resource, live: &Workflow) -> Vec<String> {
    let none = Map::new();
    let parameters = expected.properties["parameters"].as_object();
    let parameters = parameters.unwrap_or(&none).iter();
    let changed = parameters.filter(|(name, value)| {
        let old = &live.parameters[name.as_str()]["value"];
        !SECRETS.contains(&name.as_str()) && !covers(&value["value"], old, More::Counts)
    });
    changed.map(|(name, _)| name.clone()).collect()
}

/// The difference of a parameter that contains the value of `key` unchanged.
fn parameter<F>(key: Key, name: &str, expected: &Expected<'_, F>, live: &Workflow) -> Difference {
    let scope = expected.scope;
    let old = &live.parameters[name]["value"];
    let is_new = old.is_null();
    let new = match expected.parameters.get(name) {
        Some(new) => new,
        // The template's default, because no value is passed.
        None => &expected.resource.properties["parameters"][name]["value"],
    };
    let (old, new) = match name {
        "time_to_live" | "start_window" => {
            (LiveValue::seconds(scope, old), DesiredValue::seconds(new))
        }
        "log_lines" => {
            let count = old.as_u64().and_then(|lines| u32::try_from(lines).ok());
            let old =
                count.map_or_else(|| LiveValue::fingerprint_json(scope, old), LiveValue::count);
            (old, DesiredValue::from_parameter(new))
        }
        "overlap" => (
            LiveValue::one_of(scope, old, Overlap::ALL.map(Overlap::name)),
            DesiredValue::from_parameter(new),
        ),
        "process_type" => (
            LiveValue::one_of(scope, old, PROCESS_TYPES),
            DesiredValue::from_parameter(new),
        ),
        "dyno_size" => (
            LiveValue::one_of(scope, old, DYNO_SIZES),
            DesiredValue::from_parameter(new),
        ),
        _ => (
            LiveValue::fingerprint_json(scope, old),
            DesiredValue::from_parameter(new),
        ),
    };
    Difference::new(expected.key(key), (!is_new).then_some(old), Some(new))
}

/// The difference of the triggers, described by their recurrences. If the recurrences are equal,
/// the difference contains no values.
fn schedule<F>(expected: &Expected<'_, F>, live: &Workflow) -> Difference {
    let none = Map::new();
    let triggers = |definition: &Value| {
        let triggers = definition["triggers"].as_object();
        triggers.unwrap_or(&none).clone()
    };
    let old = triggers(&live.definition);
    let new = triggers(&expected.resource.properties["definition"]);
    let (known, desired) = (Recurrences::read(&old), Recurrences::read(&new));
    if known.is_some() && known == desired {
        return Difference::unspecified(expected.schedule());
    }
    let old = known.map_or_else(
        || LiveValue::fingerprint_json(expected.scope, &old.into()),
        |known| LiveValue::recurrences(&known),
    );
    let new = desired.map_or_else(
        || DesiredValue::from_parameter(&new.into()),
        |desired| DesiredValue::from_file(desired.to_string()),
    );
    Difference::new(expected.schedule(), Some(old), Some(new))
}

fn tags<F>(
    expected: &Expected<'_, F>,
    live: &Workflow,
    differences: &mut Vec<Difference>,
    template: &mut Vec<String>,
) {
    let none = Map::new();
    let tags = expected.resource.other.get("tags");
    let tags = tags.and_then(Value::as_object).unwrap_or(&none);
    // This tag records earlier deployments and is not part of the desired state.
    for (name, value) in tags.iter().filter(|(name, _)| *name != REPLACED_TAG) {
        let old = live.tags.get(name).map(String::as_str);
        let new = value.as_str();
        // The id of a new authorization is not known yet.
        let unknown = name == AUTHORIZATION_TAG && new == Some("");
        // Workflows that were deployed before this tag existed do not need it.
        let is_absent = name == DEPLOYMENT_TAG && new == Some("") && old.is_none();
        if old == new || unknown || is_absent {
            continue;
        }
        if name == WEBHOOK_TAG {
            let old = old.filter(|old| !old.is_empty());
            let new = new.filter(|new| !new.is_empty());
            differences.push(Difference::new(
                "ALERT_WEBHOOK",
                old.map(|old| LiveValue::recorded(expected.scope, old)),
                new.map(DesiredValue::secret_by_fingerprint),
            ));
        } else {
            template.push(format!("tag {name}"));
        }
    }
}
