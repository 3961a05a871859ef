//! What a deployment would change.

mod action;
mod azure;
mod heroku;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

pub use self::action::{Action, Change};

pub(super) use self::azure::place;
use self::azure::{group, resources};
pub use self::heroku::ends_others;
pub(super) use self::heroku::{
    app, check_sizes, formation, has_another_size, image, lacks_process_type, wrong_region,
};
use self::heroku::{authorization, config_vars, resizes};
use super::desired::DesiredState;
use super::difference::Difference;
use super::heroku::Scope;
use super::live::LiveState;
pub use super::resource::{Cloud, ResourceKind, ResourceName};
use super::step::{CloudError, Step, StepContext as _, StepError};
use crate::diagnostic::Diagnostic;

/// One resource of a plan.
#[derive(Debug, Clone)]
pub struct Item {
    /// The resource.
    pub resource: ResourceName,
    /// The job of `[jobs.NAME]` that it belongs to; none for what jobs share.
    pub job: Option<String>,
    /// What happens to it.
    pub action: Action,
    /// What changes; secrets and live values are fingerprints.
    pub differences: Vec<Difference>,
    /// A remark for the person who reads the plan.
    pub note: Option<String>,
}

/// What a deployment would change.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Each resource, in the order in which they are compared.
    pub items: Vec<Item>,
    /// Secrets that are not known here, so that it is not known whether they change.
    pub not_set: Vec<String>,
    /// Why Heroku would refuse to start the job's dynos, where that is known.
    #[serde(skip)]
    lacks_process_type: Option<Diagnostic>,
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut item = serializer.serialize_struct("Item", 7)?;
        item.serialize_field("cloud", &self.resource.kind.cloud())?;
        item.serialize_field("kind", &self.resource.kind)?;
        item.serialize_field("name", &self.resource.name)?;
        item.serialize_field("job", &self.job)?;
        item.serialize_field("change", &self.change())?;
        item.serialize_field("differences", &self.differences)?;
        item.serialize_field("note", &self.note)?;
        item.end()
    }
}

impl Plan {
    /// The actions that bring `live` to what is `desired`. With `rotate_token` the workflow gets a new
    /// authorization in any case. A new authorization has the scope of [`LiveState::next_scope`].
    ///
    /// # Errors
    /// A resource of that name exists that Picletter did not create, a location is missing, or the
    /// template rejects the parameters.
    pub fn new(
        desired: &DesiredState,
        live: &LiveState,
        rotate_token: bool,
    ) -> Result<Self, StepError> {
        Self::with_scope(desired, live, rotate_token, live.next_scope())
    }

    /// The same, with the scope of a new authorization.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with_scope(
        desired: &DesiredState,
        live: &LiveState,
        rotate_token: bool,
        scope: Scope,
    ) -> Result<Self, StepError> {
        let held = held(desired, live).filter(|_| !rotate_token);
        let mut resources = resources(desired, live, held)?;
        let deploys_template = resources.iter().any(|item| item.action.deploys_template());
        if deploys_template {
            gets_token(desired, &mut resources);
        }
        let heroku = &live.heroku;
        let mut app = app(desired, heroku.app.as_ref())?;
        let lacks_process_type = lacks_process_type(desired, heroku);
        if let Some(lack) = &lacks_process_type {
            app.add_note(lack.to_string());
        }
        let mut items = vec![app, config_vars(desired, live)];
        check_sizes(desired, &heroku.formation)?;
        if desired.brings_image() {
            items.push(image(desired, heroku));
            let mut formation = formation(desired, heroku);
            if let Some(formation) = formation.as_mut().filter(|_| resizes(desired, live)) {
                let jobs = live.other_deployments.iter().map(String::as_str);
                formation.add_note(format!(
                    "also starts dynos of the app: {}; they need the same dyno_size",
                    jobs.collect::<Vec<_>>().join(", ")
                ));
            }
            items.extend(formation);
        }
        let new = deploys_template.then_some(scope);
        items.push(authorization(desired, live, new));
        items.push(group(desired, live)?);
        items.extend(resources);
        Ok(Self {
            items,
            lacks_process_type,
            not_set: Vec::new(),
        })
    }

    /// The same, made without knowing these secrets.
    #[must_use]
    pub fn without(mut self, not_set: Vec<String>) -> Self {
        let mut items = self.items.iter_mut();
        let vars = items.find(|item| item.resource.kind == ResourceKind::ConfigVars);
        if let Some(vars) = vars.filter(|_| !not_set.is_empty()) {
            vars.add_note(format!(
                "{}: not set here, so not compared",
                not_set.join(", ")
            ));
        }
        self.not_set = not_set;
        self
    }

    /// The actions, in the order of the items.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.items.iter().map(|item| &item.action)
    }

    /// Whether nothing would change, as far as all of it is known.
    pub fn is_empty(&self) -> bool {
        self.not_set.is_empty() && self.items.iter().all(|item| item.change() == Change::Keep)
    }

    /// Whether an image is required and none is given.
    pub fn lacks_image(&self) -> bool {
        self.items.iter().any(Item::lacks_image)
    }

    /// Checks that the plan can be applied.
    ///
    /// # Errors
    /// An image is required and none is given, or the app has none for the job's dynos.
    pub fn is_complete(&self) -> Result<(), StepError> {
        if self.lacks_image() {
            return Err(CloudError::NoImage).in_step(Step::Release);
        }
        if let Some(lack) = &self.lacks_process_type {
            let refused = |lack| format!("Heroku would start no dyno of the app: {lack}");
            let lack = lack.clone().map_summary(refused);
            return Err(CloudError::NoProcessType(lack)).in_step(Step::ReadFormation);
        }
        Ok(())
    }

    /// What happens to the first resource of that kind.
    pub fn change_of(&self, kind: ResourceKind) -> Change {
        let item = self.items.iter().find(|item| item.resource.kind == kind);
        item.map_or(Change::Keep, Item::change)
    }

    /// The same without what changes more than the workflows' token; none if a workflow or an alert has to
    /// change besides.
    pub(super) fn only_the_token(mut self) -> Option<Self> {
        for item in &mut self.items {
            let is_redeployed = matches!(item.action, Action::Redeploy);
            match item.resource.kind {
                ResourceKind::Authorization => {}
                ResourceKind::Workflow if is_redeployed && item.differences.is_empty() => {}
                kind if kind.cloud() == Cloud::Azure && item.change() != Change::Keep => {
                    return None;
                }
                _ => item.action = Action::Keep,
            }
        }
        Some(self).filter(Self::deploys_template)
    }

    /// The resources that still differ right after a deployment of this file, as `live` has them. Not
    /// counted are remaining authorizations, and the image if Heroku does not report which one runs.
    pub(super) fn differing(self, live: &LiveState, desired: &DesiredState) -> Vec<Item> {
        let is_reported = live.heroku.running_image(&desired.process_type).is_some();
        let counts = |kind: ResourceKind| match kind {
            ResourceKind::Authorization => false,
            ResourceKind::Image => is_reported,
            _ => true,
        };
        let items = self.items.into_iter();
        items
            .filter(|item| item.change() != Change::Keep && counts(item.resource.kind))
            .collect()
    }

    /// Whether the template is deployed.
    pub fn deploys_template(&self) -> bool {
        self.actions().any(Action::deploys_template)
    }
}

impl Item {
    fn new(kind: ResourceKind, name: impl Into<String>) -> Self {
        Self {
            resource: ResourceName {
                kind,
                name: name.into(),
            },
            job: None,
            action: Action::Keep,
            differences: Vec::new(),
            note: None,
        }
    }

    /// What happens to the resource.
    pub const fn change(&self) -> Change {
        self.action.change()
    }

    /// Whether it is an image that has to be released, and none is given.
    pub(super) const fn lacks_image(&self) -> bool {
        matches!(self.action, Action::RequireImage)
    }

    fn add_note(&mut self, note: impl Into<String>) {
        let note = note.into();
        self.note = Some(match self.note.take() {
            Some(before) => format!("{before}; {note}"),
            None => note,
        });
    }
}

/// The deployment of any of the templates' resources deploys all jobs' workflows, with a new token: the
/// current one cannot be read, and they share one.
fn gets_token(desired: &DesiredState, resources: &mut [Item]) {
    for item in resources {
        let mut jobs = desired.jobs.iter();
        let is_kept = item.resource.kind == ResourceKind::Workflow && item.change() == Change::Keep;
        if is_kept && jobs.any(|job| job.workflow == item.resource.name) {
            item.action = Action::Redeploy;
            item.add_note("it gets a new authorization's token");
        }
    }
}

/// The id of the authorization whose token all workflows hold, while it exists.
fn held<'a>(desired: &DesiredState, live: &'a LiveState) -> Option<&'a str> {
    let mut there = live.heroku.authorizations.iter();
    let held = live.azure.authorization(desired)?;
    there
        .any(|authorization| authorization.id == held)
        .then_some(held)
}
