//! The plan of a deployment.

mod action;
mod azure;
mod heroku;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

pub use self::action::{Action, Change};

pub(super) use self::azure::target_group;
use self::azure::{group, resources};
pub use self::heroku::warning_about_other_dynos;
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
    /// Its job in `[jobs.NAME]`; `None` for shared resources.
    pub job: Option<String>,
    /// Its action.
    pub action: Action,
    /// Its differences; secrets and live values are fingerprints.
    pub differences: Vec<Difference>,
    /// A remark for the person who reads the plan.
    pub note: Option<String>,
}

/// The plan of a deployment.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// All resources, in the order of comparison.
    pub items: Vec<Item>,
    /// Secrets that are not set, so their changes are unknown.
    pub not_set: Vec<String>,
    /// Why Heroku cannot start a job's dynos, if known. `deploy` then fails, even if nothing changes.
    pub lacks_process_type: Option<Diagnostic>,
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
    /// The actions that change `live` into `desired`. With `rotate_token`, the workflow always gets
    /// a new authorization. A new authorization has the scope of [`LiveState::next_scope`].
    ///
    /// # Errors
    /// - Another deployment, or another tool than Picletter, created a workflow with the name of a
    ///   job's.
    /// - The app does not exist and Picletter does not create it, the app cannot run images, or its
    ///   dyno sizes do not mix with a job's.
    /// - The resource group does not exist, and its location is missing; or a workflow is in another
    ///   location.
    /// - The template rejects the parameters.
    pub fn new(
        desired: &DesiredState,
        live: &LiveState,
        rotate_token: bool,
    ) -> Result<Self, StepError> {
        Self::with_scope(desired, live, rotate_token, live.next_scope())
    }

    /// Like [`Plan::new`], but a new authorization has the scope `scope`.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with_scope(
        desired: &DesiredState,
        live: &LiveState,
        rotate_token: bool,
        scope: Scope,
    ) -> Result<Self, StepError> {
        let current = current_authorization(desired, live).filter(|_| !rotate_token);
        let mut resources = resources(desired, live, current)?;
        let deploys_template = resources.iter().any(|item| item.action.deploys_template());
        if deploys_template {
            gets_token(desired, &mut resources);
        }
        let heroku = &live.heroku;
        let app = app(desired, heroku.app.as_ref())?;
        let lacks_process_type = lacks_process_type(desired, heroku);
        let mut items = vec![app, config_vars(desired, live)];
        check_sizes(desired, &heroku.formation)?;
        if desired.brings_image() {
            items.push(image(desired, heroku));
            let mut formation = formation(desired, heroku);
            if let Some(formation) = formation.as_mut().filter(|_| resizes(desired, live)) {
                let jobs = live.other_deployments.iter().map(String::as_str);
                formation.add_note(format!(
                    "other deployments that start dynos of the app need the same dyno_size: {}",
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

    /// The same plan, computed without these secrets.
    #[must_use]
    pub fn without(mut self, not_set: Vec<String>) -> Self {
        let mut items = self.items.iter_mut();
        let vars = items.find(|item| item.resource.kind == ResourceKind::ConfigVars);
        if let Some(vars) = vars.filter(|_| !not_set.is_empty()) {
            vars.add_note(format!("not set, so not compared: {}", not_set.join(", ")));
        }
        self.not_set = not_set;
        self
    }

    /// The actions, in the order of the items.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.items.iter().map(|item| &item.action)
    }

    /// Whether nothing changes, and all secrets are known.
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
    /// An image is required but not given, or the app has no image for a job's process type.
    pub fn is_complete(&self) -> Result<(), StepError> {
        if self.lacks_image() {
            return Err(CloudError::NoImage).in_step(Step::Release);
        }
        if let Some(problem) = self.start_problem() {
            return Err(CloudError::NoProcessType(problem)).in_step(Step::ReadFormation);
        }
        Ok(())
    }

    /// [`Plan::lacks_process_type`] with its effect.
    pub fn start_problem(&self) -> Option<Diagnostic> {
        let lack = self.lacks_process_type.clone()?;
        Some(lack.map_summary(|lack| format!("Heroku cannot start dynos of the app: {lack}")))
    }

    /// The change of the first resource of that kind.
    pub fn change_for(&self, kind: ResourceKind) -> Change {
        let item = self.items.iter().find(|item| item.resource.kind == kind);
        item.map_or(Change::Keep, Item::change)
    }

    /// The plan reduced to the workflows' token; `None` if a workflow or an alert has other
    /// changes.
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

    /// The resources in `live` that still differ after a deployment of this file. Ignores
    /// authorizations, because unused ones are revoked only after this check. Also ignores the image
    /// if Heroku does not report the current one.
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
    pub(crate) fn deploys_template(&self) -> bool {
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

    /// The change of the resource.
    pub const fn change(&self) -> Change {
        self.action.change()
    }

    /// Whether it is a required image that is not given.
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

/// Every deployment of a template deploys all jobs' workflows with a new token, because they share
/// one and the current one cannot be read.
fn gets_token(desired: &DesiredState, resources: &mut [Item]) {
    for item in resources {
        let mut jobs = desired.jobs.iter();
        let is_kept = item.resource.kind == ResourceKind::Workflow && item.change() == Change::Keep;
        if is_kept && jobs.any(|job| job.workflow == item.resource.name) {
            item.action = Action::Redeploy;
            item.add_note("gets the token of a new authorization");
        }
    }
}

/// The id of the authorization whose token all workflows use, if it exists.
fn current_authorization<'a>(desired: &DesiredState, live: &'a LiveState) -> Option<&'a str> {
    let mut existing = live.heroku.authorizations.iter();
    let current = live.azure.authorization(desired)?;
    existing
        .any(|authorization| authorization.id == current)
        .then_some(current)
}
