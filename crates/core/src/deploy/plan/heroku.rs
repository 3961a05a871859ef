//! The plan's actions at Heroku.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use super::{Action, Item, ResourceKind};
use crate::config::{DYNO_SIZES, ONE_OFF, REGIONS, dyno_size};
use crate::deploy::desired::DesiredState;
use crate::deploy::difference::{DesiredValue, Difference, LiveValue};
use crate::deploy::heroku::{App, Formation, NewApp, Scope};
use crate::deploy::live::{LiveHeroku, LiveState};
use crate::deploy::naming::MADE_APP;
use crate::deploy::revocation::Unused;
use crate::deploy::step::{CloudError, Step, StepContext as _, StepError};
use crate::diagnostic::Diagnostic;

/// The action for the app.
///
/// # Errors
/// The app does not exist, and Picletter does not create it for this job.
pub(in crate::deploy) fn app(desired: &DesiredState, app: Option<&App>) -> Result<Item, StepError> {
    let mut planned = Item::new(ResourceKind::App, &desired.app);
    let Some(app) = app else {
        if !desired.brings_image() {
            return Err(CloudError::NoApp {
                app: desired.app.clone(),
                process_type: desired.process_type.clone(),
            })
            .in_step(Step::ReadApp);
        }
        planned.action = Action::CreateApp(NewApp {
            name: desired.app.clone(),
            region: desired.region.clone(),
            team: desired.team.clone(),
        });
        return Ok(planned);
    };
    if desired.brings_image() && !app.takes_images() {
        return Err(CloudError::NoImages(desired.app.clone())).in_step(Step::ReadApp);
    }
    if desired.brings_image() && app.build_stack != CONTAINER {
        planned.action = Action::SetContainerStack;
        planned.differences.push(Difference::new(
            "stack",
            Some(LiveValue::one_of(
                &desired.app,
                &app.build_stack.as_str().into(),
                STACKS,
            )),
            Some(DesiredValue::from_file(CONTAINER)),
        ));
    }
    planned.note = wrong_region(desired, app).map(|wrong| wrong.to_string());
    Ok(planned)
}

/// The problem if an app that runs images has no image for a job's process type. Heroku then cannot
/// start the job's dynos. An app built by a buildpack runs commands in dynos of any type.
/// Source: <https://devcenter.heroku.com/articles/container-registry-and-runtime#one-off-dynos>.
pub(in crate::deploy) fn lacks_process_type(
    desired: &DesiredState,
    heroku: &LiveHeroku,
) -> Option<Diagnostic> {
    let runs_images = desired.brings_image() || heroku.app.as_ref()?.stack == CONTAINER;
    if !runs_images {
        return None;
    }
    let is_released = |process_type: &str| {
        desired.brings_image() && desired.process_type == process_type
            || heroku.formation_for(process_type).is_some()
    };
    let mut jobs = desired.jobs.iter();
    let (job, has_image) = jobs.find_map(|job| {
        let has_image = match job.process_type.as_str() {
            ONE_OFF => "web",
            process_type => process_type,
        };
        (!is_released(has_image)).then_some((job, has_image))
    })?;
    Some(Diagnostic::new(
        format!(
            "no image for `{has_image}`, which dynos of type `{}` run",
            job.process_type
        ),
        format!(
            "set `process_type` to a process type that has an image (`heroku ps:type` lists them), or \
             release an image for `{has_image}`"
        ),
    ))
}

/// A diagnostic if the app's region differs from the file's.
pub(in crate::deploy) fn wrong_region(desired: &DesiredState, app: &App) -> Option<Diagnostic> {
    let region = desired.region.as_ref();
    let region = region.filter(|region| **region != app.region)?;
    let live = LiveValue::one_of(&desired.app, &app.region.as_str().into(), REGIONS);
    Some(Diagnostic::new(
        format!("it is in region {live}, not {region}"),
        "Heroku cannot move an app; change `region` in [heroku], or choose another `app`",
    ))
}

/// The stack of apps that run images.
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

/// The desired config vars that differ from the live ones.
fn changed_config_vars<'a>(
    desired: &'a DesiredState,
    live: &'a LiveState,
) -> impl Iterator<Item = (&'a String, &'a SecretString)> {
    desired.config_vars.iter().filter(|(name, value)| {
        let old = live.heroku.config_vars.get(*name);
        old.is_none_or(|old| old.expose_secret() != value.expose_secret())
    })
}

/// The action for config vars: those of the desired state, and the mark of Picletter's app.
pub(super) fn config_vars(desired: &DesiredState, live: &LiveState) -> Item {
    let mut planned = Item::new(ResourceKind::ConfigVars, &desired.app);
    let mut vars = BTreeMap::new();
    for (name, value) in changed_config_vars(desired, live) {
        let old = live.heroku.config_vars.get(name);
        let is_secret = desired.secret_names.contains(name);
        vars.insert(name.clone(), value.clone());
        planned.differences.push(Difference::new(
            desired.config_var_keys.get(name).unwrap_or(name),
            old.map(|old| LiveValue::fingerprint(&desired.app, old)),
            Some(DesiredValue::config_var(&desired.app, value, is_secret)),
        ));
    }
    if marks_app(desired, live) {
        if live.heroku.is_bare() {
            planned.note = Some(
                "the app is empty; Picletter takes it over, and `destroy` removes it".to_owned(),
            );
        }
        vars.insert(MADE_APP.to_owned(), "1".into());
        let mark = Some(DesiredValue::from_file("1"));
        planned
            .differences
            .push(Difference::new(MADE_APP, None, mark));
    }
    if !vars.is_empty() {
        let are_first = live.heroku.config_vars.is_empty();
        planned.action = Action::SetConfigVars { vars, are_first };
    }
    planned
}

/// Whether the deployment sets [`MADE_APP`]. The deployment must bring an image. The app must be new
/// or Picletter's, and must not have this config var yet.
fn marks_app(desired: &DesiredState, live: &LiveState) -> bool {
    let ours = live.heroku.app.is_none() || live.heroku.made_by_us();
    desired.brings_image() && ours && !live.heroku.config_vars.contains_key(MADE_APP)
}

/// Whether the image has to be pushed: the registry does not have it, and it is not already
/// running.
fn pushes(desired: &DesiredState, heroku: &LiveHeroku) -> bool {
    let image = desired.image.as_ref();
    image.is_some_and(|image| {
        heroku.pushed.as_ref() != Some(image)
            && (heroku.pushed.is_none() || !heroku.runs(image, &desired.process_type))
    })
}

/// The action for the process type's image.
pub(in crate::deploy) fn image(desired: &DesiredState, heroku: &LiveHeroku) -> Item {
    let mut planned = Item::new(ResourceKind::Image, &desired.process_type);
    let released = heroku.formation_for(&desired.process_type).is_some();
    let Some(image) = &desired.image else {
        if !released {
            planned.action = Action::RequireImage;
            planned.note = Some("pass --image PATH or set PICLETTER_IMAGE".to_owned());
        }
        return planned;
    };
    let runs = heroku.runs(image, &desired.process_type);
    // Heroku destroys images that are older than 30 days and 20 releases.
    // Source: <https://devcenter.heroku.com/changelog-items/3395>.
    if runs && heroku.pushed.is_none() {
        planned.action = Action::ReleaseImage {
            image: image.clone(),
            push: true,
            is_first: false,
        };
        planned.note = Some("released, but no longer in the registry: pushed again".to_owned());
        return planned;
    }
    if runs {
        return planned;
    }
    planned.action = Action::ReleaseImage {
        image: image.clone(),
        push: pushes(desired, heroku),
        is_first: !released,
    };
    let running = heroku.running_image(&desired.process_type);
    planned.differences.push(Difference::new(
        "image",
        running.map(|running| LiveValue::digest(&desired.app, running)),
        Some(DesiredValue::from_file(image.to_string())),
    ));
    if released && running.is_none() {
        planned.add_note("Heroku does not report the current image");
    }
    if heroku.pushed.as_ref() == Some(image) {
        planned.add_note("already in the registry");
    }
    if let Some(note) = warning_about_other_dynos(&heroku.formation, &desired.process_type) {
        planned.add_note(note);
    }
    planned
}

/// A warning if the app has other process types. Heroku restarts all dynos of an app at each
/// release, and an app that runs images has no slug for process types that were built from source.
/// Source: <https://devcenter.heroku.com/articles/releases>.
pub fn warning_about_other_dynos(formation: &[Formation], process_type: &str) -> Option<String> {
    let others = formation.iter().map(|one| one.r#type.as_str());
    let others: Vec<&str> = others.filter(|other| *other != process_type).collect();
    (!others.is_empty()).then(|| {
        format!(
            "this release also restarts {}, and can break it if it was built from \
             source; use a separate app for this job to avoid that",
            others.join(", ")
        )
    })
}

/// Checks that Heroku can start dynos of each job's size in an app with these process types. A
/// deployment with an image sets the size of its process type. The live size of this process type
/// is therefore not checked.
///
/// # Errors
/// Another process type has a size that is incompatible with a job's size.
pub(in crate::deploy) fn check_sizes(
    desired: &DesiredState,
    formation: &[Formation],
) -> Result<(), StepError> {
    let is_set = |one: &Formation| desired.brings_image() && one.r#type == desired.process_type;
    let others: Vec<&Formation> = formation.iter().filter(|one| !is_set(one)).collect();
    let differing = |size: &str| -> Vec<&Formation> {
        let others = others.iter().copied();
        others
            .filter(|one| !one.size.is_empty() && dyno_size::are_incompatible(&one.size, size))
            .collect()
    };
    let sizes = desired.jobs.iter().map(|job| &job.dyno_size);
    let differing = sizes.map(|size| (size, differing(size)));
    let Some((size, differ)) = differing.into_iter().find(|(_, differ)| !differ.is_empty()) else {
        return Ok(());
    };
    let existing_size = differ.first().map(|one| one.size.to_lowercase());
    let existing = differ
        .iter()
        .map(|one| format!("{} ({})", one.r#type, one.size));
    Err(CloudError::SizesDoNotMix {
        app: desired.app.clone(),
        size: size.clone(),
        existing: existing.collect::<Vec<_>>().join(", "),
        existing_size: existing_size.unwrap_or_default(),
    })
    .in_step(Step::ReadFormation)
}

/// Whether the process type's size differs from the job's.
pub(in crate::deploy) fn has_another_size(formation: &Formation, desired: &DesiredState) -> bool {
    !formation.size.is_empty() && !dyno_size::is_same(&formation.size, &desired.dyno_size)
}

/// Whether the new size of the process type is incompatible with its current one, and other
/// deployments use the app. Heroku may then refuse to start their dynos.
pub(super) fn resizes(desired: &DesiredState, live: &LiveState) -> bool {
    let formation = live.heroku.formation_for(&desired.process_type);
    !live.other_deployments.is_empty()
        && formation.is_some_and(|it| dyno_size::are_incompatible(&it.size, &desired.dyno_size))
}

/// The action for quantity and size of the process type. `None` if it does not exist yet, because
/// Heroku creates a process type without running dynos.
pub(in crate::deploy) fn formation(desired: &DesiredState, heroku: &LiveHeroku) -> Option<Item> {
    let formation = heroku.formation_for(&desired.process_type)?;
    let mut planned = Item::new(ResourceKind::Formation, &desired.process_type);
    if formation.quantity > 0 || has_another_size(formation, desired) {
        planned.action = Action::SetFormation {
            size: desired.dyno_size.clone(),
        };
    }
    if formation.quantity > 0 {
        planned.differences.push(Difference::new(
            "quantity",
            Some(LiveValue::count(formation.quantity)),
            Some(DesiredValue::from_file("0")),
        ));
    }
    if has_another_size(formation, desired) {
        let size = formation.size.to_lowercase();
        planned.differences.push(Difference::new(
            dyno_size_key(desired),
            Some(LiveValue::one_of(&desired.app, &size.into(), DYNO_SIZES)),
            Some(DesiredValue::from_file(&desired.dyno_size)),
        ));
    }
    Some(planned)
}

/// The key that sets the process type's size: that of the first job with this type and size.
fn dyno_size_key(desired: &DesiredState) -> String {
    let mut jobs = desired.jobs.iter();
    let job = jobs
        .find(|job| job.process_type == desired.process_type && job.dyno_size == desired.dyno_size);
    match job.and_then(|job| job.name.as_ref()) {
        Some(job) => format!("[jobs.{job}] dyno_size"),
        None => "[heroku] dyno_size".to_owned(),
    }
}

/// The action for the workflow's authorization: create one with the scope `new`. Without `new`,
/// keep the current one, and revoke those that no workflow uses.
pub(super) fn authorization(desired: &DesiredState, live: &LiveState, new: Option<Scope>) -> Item {
    let description = desired
        .names(&live.azure.subscription)
        .authorization_description();
    let mut planned = Item::new(ResourceKind::Authorization, description.clone());
    let unused = Unused::new(live, &live.heroku.authorizations);
    if let Some(scope) = new {
        let replaces = !live.heroku.authorizations.is_empty();
        planned.action = Action::CreateAuthorization {
            description,
            scope,
            replaces,
        };
        if replaces {
            planned.note =
                Some("its token is replaced, because Heroku cannot return it again".to_owned());
        }
    } else if !unused.revocable.is_empty() {
        planned.action = Action::RevokeAuthorizations;
        planned.note = Some("authorizations that no workflow uses are revoked".to_owned());
    }
    if let Some(run) = unused.needed_by {
        planned.add_note(format!(
            "an earlier token stays valid until run {run} has ended"
        ));
    }
    if let Some(scope) = new {
        planned.add_note(scope_note(scope));
    }
    planned
}

/// The resources that an authorization's token can access. Heroku has no scope for a single app.
/// Source: <https://devcenter.heroku.com/articles/oauth#scopes>.
fn scope_note(scope: Scope) -> String {
    let config_vars = match scope {
        Scope::Write => "",
        Scope::WriteProtected => ", and its config vars",
    };
    format!(
        "scope `{}` reaches every app of the account{config_vars}: to limit that, see \"Dedicated \
         Heroku account\" in docs/security.md",
        scope.name()
    )
}
