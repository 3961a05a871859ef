//! Errors of steps.

use http::StatusCode;

use super::Step;
use crate::config::dyno_size;
use crate::deploy::azure::{self, SignInError};
use crate::deploy::heroku;
use crate::deploy::http::HttpError;
use crate::deploy::image::HOW_TO_MAKE;
use crate::deploy::naming::mark;
use crate::deploy::registry::RegistryError;
use crate::deploy::resource::ResourceName;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::picletter;
use picletter_logic_apps::arm::ArmError;

/// The location that a workflow must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequiredLocation {
    /// `location` of the file.
    File(String),
    /// The location of the resource group, because the file sets none. Unknown locations are
    /// replaced by a fingerprint.
    ResourceGroup(String),
}

/// An error of a vendor, or of Picletter.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// An error of Heroku's API.
    Heroku(#[from] heroku::Error),
    /// An error of the container registry.
    Registry(#[from] RegistryError),
    /// An error of Azure's API or of the sign-in.
    Azure(#[from] azure::Error),
    /// The template rejects the parameters.
    Template(#[from] ArmError),
    /// The resource group has to be created, but no location is set.
    NoLocation(String),
    /// Somebody else changed the same resources.
    ChangedMeanwhile(String),
    /// A resource that this command found or created no longer exists.
    RemovedMeanwhile(Box<CloudError>),
    /// Removed resources still exist, or exist again.
    StillThere(Vec<ResourceName>),
    /// Somebody else revoked the workflow's new token.
    AuthorizationRevoked,
    /// Another deployment of the same workflow is in progress at Azure.
    AnotherDeployment,
    /// The workflow starts dynos in another app.
    AnotherApp {
        /// The workflow.
        workflow: String,
        /// The app in which it starts dynos.
        live: String,
        /// The file's app.
        app: String,
    },
    /// The workflow is in another location.
    AnotherLocation {
        /// The workflow.
        workflow: String,
        /// Its location. Unknown locations are replaced by a fingerprint.
        live: String,
        /// The location that it must have.
        required: RequiredLocation,
    },
    /// The workflow or its alerts were switched concurrently with `pause` or `resume`.
    SwitchedMeanwhile(String),
    /// A started run can no longer be followed.
    NotFollowed {
        /// The run's id.
        run: String,
        /// The connection's error, or the vendor's message.
        reason: String,
    },
    /// The live state after a deployment differs from the desired state.
    Differs(Vec<ResourceName>),
    /// A deployment is in progress or was interrupted during `pause` or `resume`.
    DeploymentUnderWay {
        /// The command to repeat, with its jobs.
        command: String,
        /// The jobs that are not deployed yet.
        missing: Vec<String>,
    },
    /// Heroku did not scale the formation to 0.
    Scaled {
        /// The app.
        app: String,
        /// The process type.
        process_type: String,
        /// Number of running dynos.
        quantity: u32,
    },
    /// Heroku does not allow the job's dyno size in the app, because of its other process types'
    /// sizes.
    SizesDoNotMix {
        /// The app.
        app: String,
        /// The job's size.
        size: String,
        /// The app's other process types with their sizes.
        existing: String,
        /// One of their sizes, in lower case.
        existing_size: String,
    },
    /// The app cannot run images.
    NoImages(String),
    /// The app has no image for the process type of the job's dynos.
    NoProcessType(Diagnostic),
    /// A Logic App of that name exists without Picletter's tag.
    NotOurs {
        /// Its name.
        name: String,
        /// The command that restores its tags.
        restore: String,
    },
    /// The Logic App does not exist.
    NoWorkflow(String),
    /// A run was requested, but the workflow is paused.
    Paused {
        /// Azure's message.
        reason: String,
        /// The command that resumes it, without the program's name.
        resume: String,
    },
    /// A Logic App of that name belongs to another deployment.
    ForeignWorkflow {
        /// Its name.
        name: String,
        /// The command that assigns it to this deployment.
        restore: String,
    },
    /// Some jobs failed, and others succeeded.
    Jobs {
        /// The failed jobs.
        failed: Vec<JobError>,
        /// The names of the jobs that succeeded.
        deployed: Vec<String>,
    },
    /// Two concurrent steps failed.
    Both {
        /// The error of the step that the enclosing [`StepError`] names.
        error: Box<CloudError>,
        /// The other step's error.
        other: Box<StepError>,
    },
    /// The app has no image, and none is given.
    NoImage,
    /// The app does not exist, and Picletter does not create it.
    NoApp(String),
}

/// The error of a job.
#[derive(Debug)]
pub struct JobError {
    /// The job's name.
    pub job: String,
    /// The cause.
    pub error: Box<CloudError>,
}

impl JobError {
    /// The error if all jobs of a file failed. A file in the short form has only one job, so this
    /// is that job's error.
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

/// A failed step. Earlier steps are done; repeating the command continues from there.
#[derive(Debug, thiserror::Error)]
pub struct StepError {
    /// The step.
    pub step: Step,
    /// The cause.
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
                format!("{what} has changed since planning"),
                format!("review a new plan with {}, then deploy", picletter("plan")),
            ),
            Self::RemovedMeanwhile(error) => Diagnostic::new(
                format!("{}: removed by somebody else", error.diagnostic().summary),
                format!("run {} to see the current state", picletter("plan")),
            ),
            Self::StillThere(resources) => Diagnostic::new(
                format!(
                    "not removed, or created again: {}. Another deployment may be running",
                    listed(resources)
                ),
                format!("wait until it ends, then {}", again("destroy")),
            ),
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
                required,
            } => another_location(workflow, live, required),
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
            Self::NoApp(app) => Diagnostic::new(
                format!("the app {app} does not exist, or the account has no access to it"),
                "create the app first, choose another `app` in [heroku], or pass an image with --image PATH",
            ),
        }
    }
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

fn another_location(workflow: &str, live: &str, required: &RequiredLocation) -> Diagnostic {
    let location = match required {
        RequiredLocation::File(location) => {
            format!("in {live}, not {location}; Azure cannot move it to another location")
        }
        RequiredLocation::ResourceGroup(location) => format!(
            "in {live}, but its resource group is in {location}, and [azure] has no `location`; \
             Azure cannot move the workflow"
        ),
    };
    Diagnostic::new(
        format!("the workflow {workflow} is {location}"),
        format!(
            "set `location` in [azure] to the workflow's, which the Azure portal shows; to move it, run {}, \
             then {}",
            picletter("destroy --keep-app"),
            picletter("deploy")
        ),
    )
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

impl Diagnose for StepError {
    fn diagnostic(&self) -> Diagnostic {
        let diagnostic = self.error.diagnostic();
        diagnostic.map_summary(|summary| format!("{}: {summary}", self.step))
    }
}

display_as_diagnostic!(CloudError, StepError);

impl CloudError {
    /// Whether a later retry may succeed: the vendor has an outage, a conflict, or a rate limit, or
    /// its answer was lost.
    pub fn is_temporary(&self) -> bool {
        let is_temporary = |status: StatusCode| matches!(status.as_u16(), 408 | 409 | 429 | 500..);
        match self {
            Self::Heroku(heroku::Error::Http(error))
            | Self::Azure(
                azure::Error::Http { error, .. } | azure::Error::SignIn(SignInError::Http(error)),
            ) => matches!(error, HttpError::Lost { .. }),
            Self::Heroku(heroku::Error::NoLog { .. } | heroku::Error::NoEffect { .. })
            | Self::Azure(azure::Error::SignIn(SignInError::Unavailable { .. })) => true,
            Self::Heroku(error) => error
                .refusal()
                .is_some_and(|refusal| is_temporary(refusal.status)),
            Self::Azure(azure::Error::Refused(refusal)) => is_temporary(refusal.status),
            _ => false,
        }
    }

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
    /// Replaces "not found" by [`CloudError::RemovedMeanwhile`], except in steps that create a
    /// resource.
    pub(in crate::deploy) fn removed_meanwhile(self) -> Self {
        let Self { step, error } = self;
        if matches!(step, Step::CreateApp | Step::CreateAuthorization) {
            return Self { step, error };
        }
        let error = error.or_removed();
        Self { step, error }
    }
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
