//! What a deployment would change.

mod azure;
mod heroku;

use serde::Serialize;

use self::azure::{group, resources};
pub(super) use self::azure::{kind_of, made_by_us, place};
pub use self::heroku::ends_others;
pub(super) use self::heroku::{app, changed_config_vars, image, marks_app, pushes};
use self::heroku::{authorization, config_vars, formation, reach};
use super::apply::Scope;
use super::clouds::{CloudError, During as _, Step, StepError};
use super::difference::Difference;
use super::live::Live;
use super::wanted::Wanted;

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
        let mut resources = resources(wanted, live, held)?;
        if deploys(&resources) {
            gets_token(&mut resources);
        }
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

/// Whether a resource of the template changes. All of them are deployed then, and with them a token:
/// that of before cannot be read from anywhere.
fn deploys(items: &[Item]) -> bool {
    items.iter().any(|item| {
        item.cloud == Cloud::Azure
            && item.kind != kind::RESOURCE_GROUP
            && matches!(item.change, Change::Create | Change::Change)
    })
}

/// A deployment of any resource gives the workflow another token.
fn gets_token(resources: &mut [Item]) {
    let mut workflows = resources
        .iter_mut()
        .filter(|item| item.kind == kind::WORKFLOW);
    if let Some(workflow) = workflows.find(|item| item.change == Change::Keep) {
        workflow.change = Change::Change;
        workflow.add_note("it gets a new authorization's token");
    }
}

/// The id of the authorization that the workflow holds, while it exists.
fn held(live: &Live) -> Option<&str> {
    let mut there = live.heroku.authorizations.iter();
    let held = live.azure.authorization()?;
    there
        .any(|authorization| authorization.id == held)
        .then_some(held)
}
