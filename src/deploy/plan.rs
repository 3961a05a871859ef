//! What a deployment would change.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::Value;

use super::apply::Scope;
use super::clouds::{CloudError, During as _, Step, StepError};
use super::compare::{self, Expected};
use super::difference::{DesiredValue, Difference, LiveValue};
use super::heroku::{App, Formation};
use super::live::{HerokuLive, Live};
use super::revocation::Unused;
use super::wanted::{MADE_APP, MADE_BY, Wanted};
use crate::config::REGIONS;
use crate::logic_app::arm::{Resource, ResourceGroup};
use crate::shell::picletter;

/// What happens to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// It is removed.
    Remove,
    /// It is left alone.
    Keep,
}

/// Where a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cloud {
    /// Heroku.
    Heroku,
    /// Azure.
    Azure,
}

/// One thing of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Where it is.
    pub cloud: Cloud,
    /// What kind of thing it is, in the vendor's word.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What happens to it.
    pub change: Change,
    /// What of it changes; secrets and live values are fingerprints.
    pub differences: Vec<Difference>,
    /// What a person should know of it.
    pub note: Option<String>,
}

/// What a deployment would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Each thing, in the order in which they are looked at.
    pub items: Vec<Item>,
    /// Secrets that are not known here, so that it is not known whether they change.
    pub not_set: Vec<String>,
}

/// The kinds of things, in the vendors' words.
pub mod kind {
    /// A Heroku app.
    pub const APP: &str = "app";
    /// Its config vars.
    pub const CONFIG_VARS: &str = "config vars";
    /// The image of its process type.
    pub const IMAGE: &str = "image";
    /// How many of its dynos run without being started.
    pub const FORMATION: &str = "formation";
    /// What the workflow starts dynos by.
    pub const AUTHORIZATION: &str = "authorization";
    /// An Azure resource group.
    pub const RESOURCE_GROUP: &str = "resource group";
    /// The Logic App.
    pub const WORKFLOW: &str = "workflow";
    /// Who hears of its failures.
    pub const ACTION_GROUP: &str = "action group";
    /// What raises the alarm.
    pub const METRIC_ALERT: &str = "metric alert";
}

impl Plan {
    /// What it takes to bring `live` to what is `wanted`; with `rotate_token` the workflow gets a new
    /// authorization in any case.
    ///
    /// # Errors
    /// There is something of that name which is not Picletter's, a location is missing, or the
    /// template does not take the parameters.
    pub fn new(wanted: &Wanted, live: &Live, rotate_token: bool) -> Result<Self, StepError> {
        let held = held(live).filter(|_| !rotate_token);
        let resources = resources(wanted, live, held)?;
        let heroku = &live.heroku;
        let mut items = vec![app(wanted, heroku.app.as_ref())?, config_vars(wanted, live)];
        if wanted.brings_image() {
            items.push(image(wanted, heroku));
            items.extend(formation(wanted, heroku));
        }
        let mut authorization = authorization(wanted, live, deploys(&resources));
        if deploys(&resources) {
            authorization.add_note(reach(Scope::after(live)));
        }
        items.push(authorization);
        items.push(group(wanted, live)?);
        items.extend(resources);
        Ok(Self {
            items,
            not_set: Vec::new(),
        })
    }

    /// The same, made without knowing these secrets.
    #[must_use]
    pub fn without(mut self, not_set: Vec<String>) -> Self {
        let mut items = self.items.iter_mut();
        let vars = items.find(|item| item.kind == kind::CONFIG_VARS);
        if let Some(vars) = vars.filter(|_| !not_set.is_empty()) {
            vars.add_note(format!(
                "{}: not set here, so not compared",
                not_set.join(", ")
            ));
        }
        self.not_set = not_set;
        self
    }

    /// Whether nothing would change, as far as all of it is known.
    pub fn is_empty(&self) -> bool {
        self.not_set.is_empty() && self.items.iter().all(|item| item.change == Change::Keep)
    }

    /// Whether there is to be an image, and none is given.
    pub fn lacks_image(&self) -> bool {
        let mut items = self.items.iter();
        items.any(Item::lacks_image)
    }

    /// Whether it can be carried out.
    ///
    /// # Errors
    /// There is to be an image, and none is given.
    pub fn is_complete(&self) -> Result<(), StepError> {
        if self.lacks_image() {
            return Err(CloudError::NoImage).during(Step::Release);
        }
        Ok(())
    }

    /// What happens to the thing of that kind.
    pub fn of(&self, kind: &str) -> Change {
        let item = self.items.iter().find(|item| item.kind == kind);
        item.map_or(Change::Keep, |item| item.change)
    }

    /// Whether the template is deployed for nothing but another token.
    pub(super) fn changes_only_the_token(&self) -> bool {
        self.deploys_template()
            && self.items.iter().all(|item| match item.kind {
                kind::AUTHORIZATION => true,
                kind::WORKFLOW => item.change != Change::Create && item.differences.is_empty(),
                _ => item.change == Change::Keep,
            })
    }

    /// The things that still differ right after a deployment of this file, as `live` has them. Not
    /// counted are remaining authorizations, and the image if Heroku does not report which one runs.
    pub(super) fn differing(self, live: &Live, wanted: &Wanted) -> Vec<Item> {
        let is_reported = live.heroku.running_image(&wanted.process_type).is_some();
        let counts = |kind: &str| match kind {
            kind::AUTHORIZATION => false,
            kind::IMAGE => is_reported,
            _ => true,
        };
        let items = self.items.into_iter();
        items
            .filter(|item| item.change != Change::Keep && counts(item.kind))
            .collect()
    }

    /// Whether the template is deployed.
    pub fn deploys_template(&self) -> bool {
        deploys(&self.items)
    }
}

impl Item {
    /// Whether it is an image that has to be released, and none is given.
    pub(super) fn lacks_image(&self) -> bool {
        self.kind == kind::IMAGE && self.change == Change::Create && self.differences.is_empty()
    }

    fn add_note(&mut self, note: impl Into<String>) {
        let note = note.into();
        self.note = Some(match self.note.take() {
            Some(before) => format!("{before}; {note}"),
            None => note,
        });
    }
}

fn item(cloud: Cloud, kind: &'static str, name: impl Into<String>, change: Change) -> Item {
    Item {
        cloud,
        kind,
        name: name.into(),
        change,
        differences: Vec::new(),
        note: None,
    }
}

/// What happens to the app.
///
/// # Errors
/// There is none, and it is not Picletter's to create.
pub(super) fn app(wanted: &Wanted, app: Option<&App>) -> Result<Item, StepError> {
    let mut planned = item(Cloud::Heroku, kind::APP, &wanted.app, Change::Keep);
    let Some(app) = app else {
        if !wanted.brings_image() {
            return Err(CloudError::NoApp(wanted.app.clone())).during(Step::ReadApp);
        }
        planned.change = Change::Create;
        return Ok(planned);
    };
    if wanted.brings_image() && app.build_stack != CONTAINER {
        planned.change = Change::Change;
        planned.differences.push(Difference::new(
            "stack",
            Some(LiveValue::one_of(
                &wanted.app,
                &app.build_stack.as_str().into(),
                STACKS,
            )),
            Some(DesiredValue::of_file(CONTAINER)),
        ));
    }
    if let Some(region) = wanted
        .region
        .as_ref()
        .filter(|region| **region != app.region)
    {
        planned.note = Some(format!(
            "it is in region {}, not {region}: an app cannot move; make another, or change [heroku] region",
            LiveValue::one_of(&wanted.app, &app.region.as_str().into(), REGIONS)
        ));
    }
    Ok(planned)
}

/// The stack of apps that take images.
const CONTAINER: &str = "container";

/// Heroku's stacks. Source: <https://devcenter.heroku.com/articles/stack>.
const STACKS: [&str; 7] = [
    CONTAINER,
    "cnb",
    "heroku-18",
    "heroku-20",
    "heroku-22",
    "heroku-24",
    "heroku-26",
];

/// The names of the config vars whose values are not the desired ones.
pub(super) fn changed_config_vars<'a>(
    wanted: &'a Wanted,
    live: &'a Live,
) -> impl Iterator<Item = (&'a String, &'a SecretString)> {
    wanted.config_vars.iter().filter(|(name, value)| {
        let old = live.heroku.config_vars.get(*name);
        old.is_none_or(|old| old.expose_secret() != value.expose_secret())
    })
}

/// The config vars that are set: those wanted, and the mark of an app that is ours.
fn config_vars(wanted: &Wanted, live: &Live) -> Item {
    let mut planned = item(Cloud::Heroku, kind::CONFIG_VARS, &wanted.app, Change::Keep);
    for (name, value) in changed_config_vars(wanted, live) {
        let old = live.heroku.config_vars.get(name);
        let is_secret = wanted.secret_names.contains(name);
        planned.differences.push(Difference::new(
            wanted.config_var_keys.get(name).unwrap_or(name),
            old.map(|old| LiveValue::fingerprint(&wanted.app, old)),
            Some(DesiredValue::config_var(&wanted.app, value, is_secret)),
        ));
    }
    if marks_app(wanted, live) {
        if live.heroku.is_bare() {
            planned.note = Some(
                "the app is empty and becomes Picletter's own, which `destroy` removes".to_owned(),
            );
        }
        let mark = Some(DesiredValue::of_file("1"));
        planned
            .differences
            .push(Difference::new(MADE_APP, None, mark));
    }
    if !planned.differences.is_empty() {
        planned.change = if live.heroku.config_vars.is_empty() {
            Change::Create
        } else {
            Change::Change
        };
    }
    planned
}

/// Whether the app is ours and does not say so yet.
pub(super) fn marks_app(wanted: &Wanted, live: &Live) -> bool {
    let ours = live.heroku.app.is_none() || live.heroku.made_by_us();
    wanted.brings_image() && ours && !live.heroku.config_vars.contains_key(MADE_APP)
}

/// Whether an image has to be pushed: it is neither released nor in the registry.
pub(super) fn pushes(wanted: &Wanted, heroku: &HerokuLive) -> bool {
    let image = wanted.image.as_ref();
    image.is_some_and(|image| {
        !heroku.runs(image, &wanted.process_type) && heroku.pushed.as_ref() != Some(image)
    })
}

/// What happens to the image of the process type.
pub(super) fn image(wanted: &Wanted, heroku: &HerokuLive) -> Item {
    let mut planned = item(
        Cloud::Heroku,
        kind::IMAGE,
        &wanted.process_type,
        Change::Keep,
    );
    let released = heroku.formation_of(&wanted.process_type).is_some();
    let Some(image) = &wanted.image else {
        if !released {
            planned.change = Change::Create;
            planned.note = Some("give --image PATH or set PICLETTER_IMAGE".to_owned());
        }
        return planned;
    };
    if heroku.runs(image, &wanted.process_type) {
        return planned;
    }
    planned.change = if released {
        Change::Change
    } else {
        Change::Create
    };
    let running = heroku.running_image(&wanted.process_type);
    planned.differences.push(Difference::new(
        "image",
        running.map(|running| LiveValue::digest(&wanted.app, running)),
        Some(DesiredValue::of_file(image.to_string())),
    ));
    if released && running.is_none() {
        planned.add_note("Heroku does not tell which image it runs");
    }
    if heroku.pushed.as_ref() == Some(image) {
        planned.add_note("the registry holds it already: it is only released");
    }
    if let Some(note) = ends_others(&heroku.formation, &wanted.process_type) {
        planned.add_note(note);
    }
    planned
}

/// What the release of an image for one process type does to the app's others: Heroku restarts all
/// dynos of an app at each release, and one of images has no slug.
/// Source: <https://devcenter.heroku.com/articles/releases>.
pub fn ends_others(formation: &[Formation], process_type: &str) -> Option<String> {
    let others = formation.iter().map(|one| one.r#type.as_str());
    let others: Vec<&str> = others.filter(|other| *other != process_type).collect();
    (!others.is_empty()).then(|| {
        format!(
            "the app has {} too, which this release restarts, and may end where it was built from \
             source; an app of its own for this job avoids that",
            others.join(", ")
        )
    })
}

/// None of a process type that is not there: it begins with no dynos.
fn formation(wanted: &Wanted, heroku: &HerokuLive) -> Option<Item> {
    let formation = heroku.formation_of(&wanted.process_type)?;
    let mut planned = item(
        Cloud::Heroku,
        kind::FORMATION,
        &wanted.process_type,
        Change::Keep,
    );
    if formation.quantity > 0 {
        planned.change = Change::Change;
        planned.differences.push(Difference::new(
            "quantity",
            Some(LiveValue::count(formation.quantity)),
            Some(DesiredValue::of_file("0")),
        ));
    }
    Some(planned)
}

/// Whether a resource of the template changes. All of them are deployed then, and with them a token:
/// that of before cannot be read from anywhere.
fn deploys(items: &[Item]) -> bool {
    items.iter().any(|item| {
        item.cloud == Cloud::Azure
            && item.kind != kind::RESOURCE_GROUP
            && matches!(item.change, Change::Create | Change::Change)
    })
}

/// The id of the authorization that the workflow holds, while it exists.
fn held(live: &Live) -> Option<&str> {
    let mut there = live.heroku.authorizations.iter();
    let held = live.azure.authorization()?;
    there
        .any(|authorization| authorization.id == held)
        .then_some(held)
}

fn authorization(wanted: &Wanted, live: &Live, renewed: bool) -> Item {
    let name = wanted.authorization_description(&live.azure.subscription);
    let mut planned = item(Cloud::Heroku, kind::AUTHORIZATION, name, Change::Keep);
    let unused = Unused::new(live, &live.heroku.authorizations);
    if renewed && live.heroku.authorizations.is_empty() {
        planned.change = Change::Create;
    } else if renewed {
        planned.change = Change::Change;
        planned.note = Some("its token is replaced, since it cannot be read again".to_owned());
    } else if !unused.revocable.is_empty() {
        planned.change = Change::Change;
        planned.note =
            Some("authorizations that the workflow does not hold are revoked".to_owned());
    }
    if let Some(run) = unused.needed_by {
        planned.add_note(format!(
            "an earlier token stays valid until run {run} has ended"
        ));
    }
    planned
}

/// What the token of an authorization can reach: Heroku has none for a single app.
/// Source: <https://devcenter.heroku.com/articles/oauth#scopes>.
fn reach(scope: Scope) -> String {
    let config_vars = match scope {
        Scope::Write => "",
        Scope::WriteProtected => ", and its config vars",
    };
    format!(
        "scope `{}` reaches every app of the account{config_vars}: to limit that, see \"An account of \
         its own\" in docs/security.md",
        scope.name()
    )
}

fn group(wanted: &Wanted, live: &Live) -> Result<Item, StepError> {
    let name = &wanted.resource_group;
    let mut planned = item(Cloud::Azure, kind::RESOURCE_GROUP, name, Change::Keep);
    if live.azure.group.is_none() {
        let Some(location) = &wanted.location else {
            return Err(CloudError::NoLocation(name.clone())).during(Step::ReadResourceGroup);
        };
        planned.change = Change::Create;
        planned.note = Some(format!("in {location}"));
    }
    Ok(planned)
}

/// Where the template is deployed.
pub(super) fn place(wanted: &Wanted, live: &Live) -> ResourceGroup {
    let there = live
        .azure
        .group
        .as_ref()
        .map(|group| group.location.clone());
    ResourceGroup {
        subscription_id: live.azure.subscription.clone(),
        name: wanted.resource_group.clone(),
        location: there
            .or_else(|| wanted.location.clone())
            .unwrap_or_default(),
    }
}

fn resources(wanted: &Wanted, live: &Live, held: Option<&str>) -> Result<Vec<Item>, StepError> {
    let expected = wanted
        .resources(
            held.unwrap_or_default(),
            live.azure.state(),
            &place(wanted, live),
        )
        .during(Step::Validate)?;
    let mut items = Vec::new();
    for resource in &expected {
        items.push(match resource.r#type.as_str() {
            "Microsoft.Logic/workflows" => {
                let mut planned = workflow(resource, wanted, live, held)?;
                if let Some(from) = &wanted.daily_alert_from {
                    planned.add_note(format!(
                        "no alert on a day without success before the first run is due, at {from}; \
                         run {} after that to create it",
                        picletter("deploy")
                    ));
                }
                planned
            }
            _ => alert(resource, wanted, live),
        });
    }
    // Alerts that are no longer asked for.
    for alert in &live.azure.alerts {
        let wanted = expected.iter().any(|resource| {
            resource.r#type == alert.r#type && resource.name.eq_ignore_ascii_case(&alert.name)
        });
        if !wanted && made_by_us(&alert.resource) {
            items.push(item(
                Cloud::Azure,
                kind_of(alert.r#type),
                &alert.name,
                Change::Remove,
            ));
        }
    }
    Ok(items)
}

/// Whether a resource says of itself that Picletter made it.
pub(super) fn made_by_us(resource: &Value) -> bool {
    resource["tags"][MADE_BY.0] == MADE_BY.1
}

pub(super) fn kind_of(r#type: &str) -> &'static str {
    if r#type == "Microsoft.Insights/actionGroups" {
        kind::ACTION_GROUP
    } else {
        kind::METRIC_ALERT
    }
}

fn workflow(
    expected: &Resource,
    wanted: &Wanted,
    live: &Live,
    held: Option<&str>,
) -> Result<Item, StepError> {
    let mut planned = item(Cloud::Azure, kind::WORKFLOW, &expected.name, Change::Keep);
    let Some(there) = &live.azure.workflow else {
        planned.change = Change::Create;
        return Ok(planned);
    };
    if !live.azure.workflow_made_by_us() {
        let name = expected.name.clone();
        return Err(CloudError::NotOurs(name)).during(Step::ReadWorkflow);
    }
    let place = place(wanted, live);
    let expected = Expected {
        resource: expected,
        parameters: &wanted.parameters,
        scope: &wanted.scope(),
        evaluate: |parameters| {
            let wanted = Wanted {
                parameters,
                ..wanted.clone()
            };
            wanted.workflow(held.unwrap_or_default(), live.azure.state(), &place)
        },
    };
    planned.differences = compare::workflow(&expected, there).during(Step::Validate)?;
    if held.is_none() {
        planned.add_note("it gets a new authorization's token");
        planned.change = Change::Change;
    }
    if let Some(before) = live.azure.another_app(wanted) {
        planned.add_note(format!(
            "the app {before} stays: `destroy` with it as `app` removes it"
        ));
    }
    if live.azure.is_paused() {
        planned.add_note(format!(
            "it is paused, and stays so: {} starts it",
            picletter("resume")
        ));
    }
    if !planned.differences.is_empty() {
        planned.change = Change::Change;
    }
    Ok(planned)
}

fn alert(expected: &Resource, wanted: &Wanted, live: &Live) -> Item {
    let kind = kind_of(&expected.r#type);
    let mut planned = item(Cloud::Azure, kind, &expected.name, Change::Keep);
    let there = live.azure.alerts.iter().find(|alert| {
        alert.r#type == expected.r#type && alert.name.eq_ignore_ascii_case(&expected.name)
    });
    match there {
        None => planned.change = Change::Create,
        Some(there) => {
            planned.differences = compare::alert(
                expected,
                &there.resource,
                &wanted.parameters,
                &wanted.scope(),
            );
            if !planned.differences.is_empty() {
                planned.change = Change::Change;
            }
        }
    }
    planned
}
