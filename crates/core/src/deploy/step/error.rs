//! Errors of steps.

use http::StatusCode;

use super::Step;
use crate::deploy::azure::{self, SignInError};
use crate::deploy::heroku;
use crate::deploy::http::HttpError;
use crate::deploy::registry::RegistryError;
use crate::deploy::resource::ResourceName;
use crate::diagnostic::Diagnostic;
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
    StillThere {
        /// These resources.
        resources: Vec<ResourceName>,
        /// The command that removes them: `destroy` with the options that it was given.
        command: &'static str,
    },
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
        /// The command that prints its location, if `live` is a fingerprint.
        show: Option<String>,
        /// The location that it must have.
        required: RequiredLocation,
    },
    /// The workflow is in another location, and starts dynos in another app.
    AnotherLocationAndApp {
        /// The workflow.
        workflow: String,
        /// Its location. Unknown locations are replaced by a fingerprint.
        live: String,
        /// The location that it must have.
        required: RequiredLocation,
        /// The app in which it starts dynos.
        app: String,
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
    NoApp {
        /// The app's name.
        app: String,
        /// The process type of the job's dynos.
        process_type: String,
    },
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
