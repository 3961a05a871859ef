//! Errors of steps.

use super::Step;
use crate::config::dyno_size;
use crate::deploy::azure;
use crate::deploy::heroku;
use crate::deploy::image::HOW_TO_MAKE;
use crate::deploy::naming::mark;
use crate::deploy::registry::RegistryError;
use crate::deploy::resource::ResourceName;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::picletter;
use picletter_logic_apps::arm::ArmError;

/// A vendor's error, or our own.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// Heroku's.
    Heroku(#[from] heroku::Error),
    /// The registry's.
    Registry(#[from] RegistryError),
    /// Azure's.
    Azure(#[from] azure::Error),
    /// The template does not take the parameters.
    Template(#[from] ArmError),
    /// There is a resource group to create, and no place to create it in.
    NoLocation(String),
    /// Somebody else is at work on the same things.
    ChangedMeanwhile(String),
    /// Something that this command has found or made is not there any more.
    RemovedMeanwhile(Box<CloudError>),
    /// What was removed is there again, or still.
    StillThere(Vec<ResourceName>),
    /// Somebody else revoked the token that a deployment has just given the workflow.
    AuthorizationRevoked,
    /// Azure executes a deployment of the same workflow.
    AnotherDeployment,
    /// The workflow is that of another job, or was deployed for another app.
    AnotherApp {
        /// The workflow.
        workflow: String,
        /// The app in which it starts dynos.
        live: String,
        /// The file's app.
        app: String,
    },
    /// The workflow or its alerts were switched beside `pause` or `resume`.
    SwitchedMeanwhile(&'static str),
    /// A run was started, and can no longer be followed.
    NotFollowed {
        /// The run's id.
        run: String,
        /// What happened to the connection, or the vendor's words.
        reason: String,
    },
    /// What is there after a deployment is not what it deployed.
    Differs(Vec<ResourceName>),
    /// A deployment goes on, or was interrupted, beside `pause` or `resume`.
    DeploymentUnderWay(&'static str),
    /// Heroku does not leave the formation at no dynos.
    Scaled {
        /// The app.
        app: String,
        /// The process type.
        process_type: String,
        /// How many run.
        quantity: u32,
    },
    /// The app has process types of a size that Heroku does not mix with the job's.
    SizesDoNotMix {
        /// The app.
        app: String,
        /// The size that the job asks for.
        size: String,
        /// The app's other process types with their sizes.
        there: String,
        /// A size that they have, in lower case.
        theirs: String,
    },
    /// The app cannot run images.
    NoImages(String),
    /// The app has no image for the process type of the job's dynos.
    NoProcessType(Diagnostic),
    /// There is a Logic App of that name without the tag by which Picletter's are known.
    NotOurs {
        /// Its name.
        name: String,
        /// The command that restores its tags.
        restore: String,
    },
    /// There is no Logic App of that name.
    NoWorkflow(String),
    /// A paused workflow was to start a run.
    Paused {
        /// Azure's words.
        reason: String,
        /// The command that resumes it, without the program's name.
        resume: String,
    },
    /// There is a Logic App of that name that is part of another deployment.
    OfAnotherDeployment {
        /// Its name.
        name: String,
        /// The command that makes it part of this one.
        restore: String,
    },
    /// Some jobs failed; what was to be done was done for the others.
    Jobs {
        /// Those that failed.
        failed: Vec<JobError>,
        /// The names of the others.
        deployed: Vec<String>,
    },
    /// Two steps that were taken at the same time failed, each for its own reason.
    Both {
        /// That of the step that is named.
        error: Box<CloudError>,
        /// The other step's.
        other: Box<StepError>,
    },
    /// An app without an image, and none given.
    NoImage,
    /// No app, and none of ours to make.
    NoApp(String),
}

/// Why something failed for a job.
#[derive(Debug)]
pub struct JobError {
    /// The job's name.
    pub job: String,
    /// Why.
    pub error: Box<CloudError>,
}

impl JobError {
    /// The error where all jobs of a file failed: its own in the short form.
    pub(in crate::deploy) fn all_failed(mut failed: Vec<Self>, is_short: bool) -> CloudError {
        match failed.pop() {
            Some(only) if is_short => *only.error,
            last => {
                failed.extend(last);
                let deployed = Vec::new();
                CloudError::Jobs { failed, deployed }
            }
        }
    }
}

/// A step that failed. Steps before it are done; the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub struct StepError {
    /// Which.
    pub step: Step,
    /// Why.
    #[source]
    pub error: CloudError,
}

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
                format!("{what} has changed since the plan was made"),
                format!("look at a new one with {}, then deploy", picletter("plan")),
            ),
            Self::RemovedMeanwhile(error) => Diagnostic::new(
                format!(
                    "{}: another command or person has removed it",
                    error.diagnostic().summary
                ),
                format!("run {} to see what is there now", picletter("plan")),
            ),
            Self::StillThere(resources) => Diagnostic::new(
                format!(
                    "still there: {}. Another deployment may be running",
                    listed(resources)
                ),
                format!("wait until it ends, then {}", again("destroy")),
            ),
            Self::AuthorizationRevoked => Diagnostic::new(
                "another command revoked the workflow's new Heroku token, without which it cannot start a dyno",
                again("deploy"),
            ),
            Self::AnotherDeployment => Diagnostic::new(
                "another deployment of the workflow is under way",
                format!("wait for its end, then {}", again("deploy")),
            ),
            Self::AnotherApp {
                workflow,
                live,
                app,
            } => another_app(workflow, live, app),
            Self::SwitchedMeanwhile(command) => Diagnostic::new(
                "another command or person has switched or removed the workflow or its alerts",
                again(command),
            ),
            Self::NotFollowed { run, reason } => Diagnostic::new(
                format!("{reason}; run {run} continues"),
                format!("{} shows how it ends", picletter("status")),
            ),
            Self::Differs(resources) => Diagnostic::new(
                format!(
                    "{} differs from what was deployed: another command or person is changing it",
                    listed(resources)
                ),
                again("deploy"),
            ),
            Self::DeploymentUnderWay(command) => Diagnostic::new(
                "it is done, but a deployment of the workflow is under way or was interrupted and may undo it",
                format!("when it is over, {}", again(command)),
            ),
            Self::Scaled {
                app,
                process_type,
                quantity,
            } => scaled(app, process_type, *quantity),
            Self::NotOurs { name, restore } => not_ours(name, restore),
            Self::SizesDoNotMix {
                app,
                size,
                there,
                theirs,
            } => sizes_do_not_mix(app, size, there, theirs),
            Self::NoImages(app) => no_images(app),
            Self::NoProcessType(diagnostic) => diagnostic.clone(),
            Self::NoWorkflow(name) => Diagnostic::new(
                format!("there is no workflow {name}"),
                format!("{} creates it", picletter("deploy")),
            ),
            Self::Paused { reason, resume } => Diagnostic::new(
                reason,
                format!("the workflow is paused: {}", picletter(resume)),
            ),
            Self::OfAnotherDeployment { name, restore } => of_another_deployment(name, restore),
            Self::Jobs { failed, deployed } => jobs_failed(failed, deployed),
            Self::Both { error, other } => both_failed(error, other),
            Self::NoImage => Diagnostic::new(
                "the app has no image yet",
                format!("give one with --image PATH; {HOW_TO_MAKE}"),
            ),
            Self::NoApp(app) => Diagnostic::new(
                format!("there is no app {app} for this account, in which the command could run"),
                "deploy the app first, name another as `app`, or give its image with --image PATH",
            ),
        }
    }
}

fn scaled(app: &str, process_type: &str, quantity: u32) -> Diagnostic {
    Diagnostic::new(
        format!("Heroku keeps {quantity} dynos of {process_type} running, which cost money"),
        format!("set them to none with `heroku ps:scale {process_type}=0 --app {app}`"),
    )
}

fn another_app(workflow: &str, live: &str, app: &str) -> Diagnostic {
    Diagnostic::new(
        format!("the workflow {workflow} starts the app {live}, not {app}"),
        format!(
            "name another with [azure] workflow, or run {} first",
            picletter("deploy")
        ),
    )
}

fn of_another_deployment(name: &str, restore: &str) -> Diagnostic {
    Diagnostic::new(
        format!("the Logic App {name} belongs to another deployment, as its tags have it"),
        format!(
            "rename the job, or change `workflow` in [azure]; if it is this file's job, restore its \
             tags with {restore}"
        ),
    )
}

fn not_ours(name: &str, restore: &str) -> Diagnostic {
    Diagnostic::new(
        format!(
            "there is a Logic App {name} without the tag {}, by which Picletter's are known",
            mark()
        ),
        format!(
            "if it is yours, restore its tag with {restore}, or delete it, then repeat this command; \
             otherwise name another with [azure] workflow"
        ),
    )
}

fn sizes_do_not_mix(app: &str, size: &str, there: &str, theirs: &str) -> Diagnostic {
    let mut help = format!("set `dyno_size = \"{theirs}\"`");
    // From the other sizes, these would be a downgrade; and one of them is the default.
    if !dyno_size::is_exclusive(size) {
        let command =
            format!(", or change all of the app's with `heroku ps:type {size} --app {app}`");
        help.push_str(&command);
    }
    Diagnostic::new(
        format!("the app {app} has {there}, which Heroku does not mix with a dyno of size {size}"),
        help,
    )
}

fn no_location(group: &str) -> Diagnostic {
    Diagnostic::new(
        format!("there is no resource group {group} yet, and no location to create it in"),
        "add `location = \"westeurope\"` or another to [azure]",
    )
}

fn no_images(app: &str) -> Diagnostic {
    Diagnostic::new(
        format!(
            "the app {app} is of Heroku's Fir generation, which has no container registry and \
             runs no images"
        ),
        format!(
            "name another `app` in [heroku], which {} creates on the Cedar generation",
            picletter("deploy")
        ),
    )
}

impl Diagnose for StepError {
    fn diagnostic(&self) -> Diagnostic {
        let diagnostic = self.error.diagnostic();
        diagnostic.map_summary(|summary| format!("{}: {summary}", self.step))
    }
}

display_as_diagnostic!(CloudError, StepError);

impl CloudError {
    fn or_removed(self) -> Self {
        let is_not_found = match self {
            Self::Heroku(ref error) => error.is_not_found(),
            Self::Azure(ref error) => error.is_not_found(),
            Self::Both { error, other } => {
                return Self::Both {
                    error: Box::new(error.or_removed()),
                    other: Box::new(other.removed_meanwhile()),
                };
            }
            Self::Jobs { failed, deployed } => {
                let failed = failed.into_iter().map(|JobError { job, error }| JobError {
                    job,
                    error: Box::new(error.or_removed()),
                });
                return Self::Jobs {
                    failed: failed.collect(),
                    deployed,
                };
            }
            _ => false,
        };
        if is_not_found {
            Self::RemovedMeanwhile(Box::new(self))
        } else {
            self
        }
    }
}

impl StepError {
    /// The same, for what has been found or made before, and is not found now.
    pub(in crate::deploy) fn removed_meanwhile(self) -> Self {
        let Self { step, error } = self;
        if matches!(step, Step::CreateApp | Step::CreateAuthorization) {
            return Self { step, error };
        }
        let error = error.or_removed();
        Self { step, error }
    }
}

/// The errors of several jobs as one; advice that several have is given once.
fn jobs_failed(failed: &[JobError], deployed: &[String]) -> Diagnostic {
    let diagnostics: Vec<Diagnostic> = failed.iter().map(|one| one.error.diagnostic()).collect();
    let each = failed.iter().zip(&diagnostics);
    let each = each.map(|(one, diagnostic)| format!("{}: {}", one.job, diagnostic.summary));
    let each: Vec<String> = each.collect();
    let count = failed.len() + deployed.len();
    let others = match deployed {
        [] => String::new(),
        names => format!("; the others succeeded: {}", names.join(", ")),
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

/// Two errors as one; advice that both have is given once.
fn both_failed(error: &CloudError, other: &StepError) -> Diagnostic {
    let (one, other) = (error.diagnostic(), other.diagnostic());
    let summary = format!("{}; at the same time, {}", one.summary, other.summary);
    let joined = Diagnostic::joined([&one, &other]);
    Diagnostic {
        summary,
        help: joined.and_then(|joined| joined.help),
    }
}

fn listed(resources: &[ResourceName]) -> String {
    let names: Vec<String> = resources.iter().map(ResourceName::to_string).collect();
    names.join(", ")
}
