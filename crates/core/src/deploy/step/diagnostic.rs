//! Diagnostics of the errors of steps.

use std::fmt::Write as _;

use super::error::{CloudError, JobError, RequiredLocation, StepError};
use crate::config::{ONE_OFF, dyno_size};
use crate::deploy::image::HOW_TO_MAKE;
use crate::deploy::naming::mark;
use crate::deploy::resource::ResourceName;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::picletter;

impl Diagnose for CloudError {
    fn diagnostic(&self) -> Diagnostic {
        let again = |command| format!("run {} again", picletter(command));
        match self {
            Self::Heroku(error) => error.diagnostic(),
            Self::Registry(error) => error.diagnostic(),
            Self::Azure(error) => error.diagnostic(),
            Self::Template(error) => {
                Diagnostic::plain(format_args!("the template rejects its parameters: {error}"))
            }
            Self::NoLocation(group) => no_location(group),
            Self::ChangedMeanwhile(what) => Diagnostic::new(
                format!("{what} has changed since planning"),
                format!("review a new plan with {}, then deploy", picletter("plan")),
            ),
            Self::RemovedMeanwhile(error) => Diagnostic::new(
                format!("{}: removed by somebody else", error.diagnostic().summary),
                format!("run {} to see the current state", picletter("plan")),
            ),
            Self::StillThere { resources, command } => still_there(resources, &again(command)),
            Self::AuthorizationRevoked => Diagnostic::new(
                "another command revoked the workflow's new Heroku token, so the workflow cannot start dynos",
                again("deploy"),
            ),
            Self::AnotherDeployment => Diagnostic::new(
                "another deployment of the workflow is in progress",
                format!("wait until it ends, then {}", again("deploy")),
            ),
            Self::AnotherApp {
                workflow,
                live,
                app,
            } => another_app(workflow, live, app),
            Self::AnotherLocation {
                workflow,
                live,
                show,
                required,
            } => another_location(workflow, live, show.as_deref(), required),
            Self::AnotherLocationAndApp {
                workflow,
                live,
                required,
                app,
            } => another_location_and_app(workflow, live, required, app),
            Self::SwitchedMeanwhile(command) => Diagnostic::new(
                "somebody else changed or removed the workflow or its alerts at the same time",
                again(command),
            ),
            Self::NotFollowed { run, reason } => Diagnostic::new(
                format!("{reason}; run {run} continues"),
                format!("see its outcome with {}", picletter("status")),
            ),
            Self::Differs(resources) => Diagnostic::new(
                format!(
                    "{} differs from what was deployed: somebody else is changing it",
                    listed(resources)
                ),
                again("deploy"),
            ),
            Self::DeploymentUnderWay { command, missing } => {
                deployment_under_way(&again(command), missing)
            }
            Self::Scaled {
                app,
                process_type,
                quantity,
            } => scaled(app, process_type, *quantity),
            Self::NotOurs { name, restore } => not_ours(name, restore),
            Self::SizesDoNotMix {
                app,
                size,
                existing,
                existing_size,
            } => sizes_do_not_mix(app, size, existing, existing_size),
            Self::NoImages(app) => no_images(app),
            Self::NoProcessType(diagnostic) => diagnostic.clone(),
            Self::NoWorkflow(name) => Diagnostic::new(
                format!("the workflow {name} does not exist"),
                format!("create it with {}", picletter("deploy")),
            ),
            Self::Paused { reason, resume } => Diagnostic::new(
                reason,
                format!(
                    "the workflow is paused: resume it with {}",
                    picletter(resume)
                ),
            ),
            Self::ForeignWorkflow { name, restore } => foreign_workflow(name, restore),
            Self::Jobs { failed, deployed } => jobs_failed(failed, deployed),
            Self::Both { error, other } => both_failed(error, other),
            Self::NoImage => Diagnostic::new(
                "the app has no image yet",
                format!("pass one with --image PATH; {HOW_TO_MAKE}"),
            ),
            Self::NoApp { app, process_type } => no_app(app, process_type),
        }
    }
}

impl Diagnose for StepError {
    fn diagnostic(&self) -> Diagnostic {
        let diagnostic = self.error.diagnostic();
        diagnostic.map_summary(|summary| format!("{}: {summary}", self.step))
    }
}

display_as_diagnostic!(CloudError, StepError);

fn still_there(resources: &[ResourceName], again: &str) -> Diagnostic {
    Diagnostic::new(
        format!(
            "not removed, or created again: {}. Another deployment may be running",
            listed(resources)
        ),
        format!("wait until it ends, then {again}"),
    )
}

fn scaled(app: &str, process_type: &str, quantity: u32) -> Diagnostic {
    Diagnostic::new(
        format!("{quantity} dynos of {process_type} still run permanently, at a cost"),
        format!("stop them with `heroku ps:scale {process_type}=0 --app {app}`"),
    )
}

fn another_app(workflow: &str, live: &str, app: &str) -> Diagnostic {
    Diagnostic::new(
        format!("the workflow {workflow} starts the app {live}, not {app}"),
        format!(
            "choose another `workflow` in [azure], or run {} first",
            picletter("deploy")
        ),
    )
}

fn another_location(
    workflow: &str,
    live: &str,
    show: Option<&str>,
    required: &RequiredLocation,
) -> Diagnostic {
    let show = show.map(|command| format!(" ({command} prints it)"));
    Diagnostic::new(
        in_another_location(workflow, live, required),
        format!(
            "set `location` in [azure] to the workflow's{}; to move it, run {}, then {}",
            show.unwrap_or_default(),
            picletter("destroy --keep-app"),
            picletter("deploy")
        ),
    )
}

/// For a workflow that `destroy` with this file keeps, because it starts another app.
fn another_location_and_app(
    workflow: &str,
    live: &str,
    required: &RequiredLocation,
    app: &str,
) -> Diagnostic {
    let location = in_another_location(workflow, live, required);
    Diagnostic::new(
        format!("{location}, and it starts another app, {app}"),
        "choose another `workflow` in [azure]",
    )
}

fn in_another_location(workflow: &str, live: &str, required: &RequiredLocation) -> String {
    match required {
        RequiredLocation::File(location) => format!(
            "the workflow {workflow} is in {live}, not {location}; Azure cannot move it to another \
             location"
        ),
        RequiredLocation::ResourceGroup(location) => format!(
            "the workflow {workflow} is in {live}, but its resource group is in {location}, and [azure] \
             has no `location`; Azure cannot move the workflow"
        ),
    }
}

fn foreign_workflow(name: &str, restore: &str) -> Diagnostic {
    Diagnostic::new(
        format!("the tags of the Logic App {name} assign it to another deployment"),
        format!(
            "rename the job, or change `workflow` in [azure]; if it is this file's job, restore its \
             tags with {restore}"
        ),
    )
}

fn not_ours(name: &str, restore: &str) -> Diagnostic {
    Diagnostic::new(
        format!(
            "the Logic App {name} exists, but lacks the tag {}, which marks Picletter's workflows",
            mark()
        ),
        format!(
            "if it is yours, restore its tag with {restore}, or delete it, then run the command again; \
             otherwise choose another `workflow` in [azure]"
        ),
    )
}

fn sizes_do_not_mix(app: &str, size: &str, existing: &str, existing_size: &str) -> Diagnostic {
    let mut help = format!("set `dyno_size = \"{existing_size}\"`");
    // Does not suggest an exclusive size: it is a downgrade for the other process types, and may be
    // only the default of `dyno_size`.
    if !dyno_size::is_exclusive(size) {
        let command = format!(
            ", or change the size of the app's process types with `heroku ps:type {size} --app {app}`"
        );
        help.push_str(&command);
    }
    Diagnostic::new(
        format!("the app {app} has {existing}, which Heroku cannot mix with dynos of size {size}"),
        help,
    )
}

fn no_location(group: &str) -> Diagnostic {
    Diagnostic::new(
        format!(
            "the resource group {group} does not exist, and no location to create it in is set"
        ),
        "add a location to [azure], such as `location = \"westeurope\"`",
    )
}

fn no_app(app: &str, process_type: &str) -> Diagnostic {
    let mut help = "create the app first, or choose another `app` in [heroku]".to_owned();
    // An image cannot be released for one-off dynos.
    if process_type != ONE_OFF {
        let deploy = picletter("deploy --image PATH");
        let _ = write!(help, "; or create it from an image with {deploy}");
    }
    Diagnostic::new(
        format!("the app {app} does not exist, or the account has no access to it"),
        help,
    )
}

fn no_images(app: &str) -> Diagnostic {
    Diagnostic::new(
        format!(
            "the app {app} runs on Heroku's Fir generation, which has no container registry and \
             runs no images"
        ),
        format!(
            "choose another `app` in [heroku]; {} creates it on the Cedar generation",
            picletter("deploy")
        ),
    )
}

/// Combines the errors of several jobs. Equal help is printed once.
fn jobs_failed(failed: &[JobError], deployed: &[String]) -> Diagnostic {
    let diagnostics: Vec<Diagnostic> = failed.iter().map(|one| one.error.diagnostic()).collect();
    let each = failed.iter().zip(&diagnostics);
    let each = each.map(|(one, diagnostic)| format!("{}: {}", one.job, diagnostic.summary));
    let each: Vec<String> = each.collect();
    let count = failed.len() + deployed.len();
    let others = match deployed {
        [] => String::new(),
        names => format!("; succeeded: {}", names.join(", ")),
    };
    Diagnostic {
        summary: format!(
            "{} of {count} jobs failed: {}{others}",
            failed.len(),
            each.join("; ")
        ),
        help: Diagnostic::joined(&diagnostics).and_then(|joined| joined.help),
    }
}

/// Combines two errors. Equal help is printed once.
fn both_failed(error: &CloudError, other: &StepError) -> Diagnostic {
    let (one, other) = (error.diagnostic(), other.diagnostic());
    let summary = format!("{}; at the same time, {}", one.summary, other.summary);
    let joined = Diagnostic::joined([&one, &other]);
    Diagnostic {
        summary,
        help: joined.and_then(|joined| joined.help),
    }
}

fn deployment_under_way(again: &str, missing: &[String]) -> Diagnostic {
    let (are, them) = match missing {
        [] => {
            return Diagnostic::new(
                "done, but a deployment is in progress or was interrupted, and may undo the change",
                format!("after it ends, {again}"),
            );
        }
        [_] => ("is", "it"),
        _ => ("are", "them"),
    };
    Diagnostic::new(
        format!(
            "done, except for {}, which {are} not deployed: a deployment that is in progress or was \
             interrupted may create {them}",
            missing.join(", ")
        ),
        format!(
            "if a deployment is running, wait until it ends and {again}; to deploy the file, run {}",
            picletter("deploy")
        ),
    )
}

fn listed(resources: &[ResourceName]) -> String {
    let names: Vec<String> = resources.iter().map(ResourceName::to_string).collect();
    names.join(", ")
}
