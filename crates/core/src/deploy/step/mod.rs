//! Steps of commands: their names, their progress, and their errors.

mod diagnostic;
mod error;

use std::fmt;

pub use error::{CloudError, JobError, RequiredLocation, StepError};

use super::concurrent::join_all;

/// A step of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "`Display` describes each")]
pub enum Step {
    ReadApp,
    ReadConfigVars,
    ReadFormation,
    ReadReleases,
    ReadAuthorizations,
    ReadImage,
    FindSubscription,
    ReadResourceGroup,
    ReadResources,
    ReadWorkflow,
    ReadAlerts,
    ReadTriggers,
    ReadRuns,
    ReadDynos,
    RunTrigger,
    FollowRun,
    ReadLog,
    CheckNothingChanged,
    CreateApp,
    SetStack,
    SetConfigVars,
    Push,
    Release,
    AwaitRelease,
    Scale,
    CreateAuthorization,
    CreateResourceGroup,
    AskWhatIf,
    Validate,
    Deploy,
    RevokeAuthorization,
    Verify,
    SwitchAlerts,
    Pause,
    Resume,
    DeleteWorkflow,
    DeleteAlerts,
    DeleteResourceGroup,
    DeleteApp,
    CheckRemoved,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadApp => "reading the app",
            Self::ReadConfigVars => "reading the config vars",
            Self::ReadFormation => "reading the formation",
            Self::ReadReleases => "reading the releases",
            Self::ReadAuthorizations => "reading the authorizations",
            Self::ReadImage => "reading the registry",
            Self::FindSubscription => "finding the subscription",
            Self::ReadResourceGroup => "reading the resource group",
            Self::ReadResources => "listing the resources of the resource group",
            Self::ReadWorkflow => "reading the workflow",
            Self::ReadAlerts => "reading the alerts",
            Self::ReadTriggers => "reading the triggers",
            Self::ReadRuns => "reading the runs",
            Self::ReadDynos => "reading the dynos",
            Self::RunTrigger => "starting the run",
            Self::FollowRun => "following the run",
            Self::ReadLog => "reading the log",
            Self::CheckNothingChanged => "checking for changes since planning",
            Self::CreateApp => "creating the app",
            Self::SetStack => "setting the app's stack",
            Self::SetConfigVars => "setting the config vars",
            Self::Push => "pushing the image",
            Self::Release => "releasing the image",
            Self::AwaitRelease => "waiting for the release",
            Self::Scale => "setting the formation's size and quantity",
            Self::CreateAuthorization => "creating the workflow's authorization",
            Self::CreateResourceGroup => "creating the resource group",
            Self::AskWhatIf => "previewing the template's changes",
            Self::Validate => "validating the template",
            Self::Deploy => "deploying the template",
            Self::RevokeAuthorization => "revoking an authorization",
            Self::Verify => "verifying the result",
            Self::SwitchAlerts => "enabling or disabling the alerts",
            Self::Pause => "disabling the workflow",
            Self::Resume => "enabling the workflow",
            Self::DeleteWorkflow => "deleting the workflow",
            Self::DeleteAlerts => "deleting the alerts",
            Self::DeleteResourceGroup => "deleting the resource group",
            Self::DeleteApp => "deleting the app",
            Self::CheckRemoved => "checking that everything is removed",
        })
    }
}

/// Receives the progress of steps.
pub trait Progress: Sync {
    /// A step begins.
    fn begin(&self, step: Step);
    /// It is done.
    fn done(&self, step: Step);
    /// A line of output within it.
    fn line(&self, step: Step, line: &str);
}

/// Executes a step and reports its progress.
pub(super) async fn run<T>(
    progress: &dyn Progress,
    step: Step,
    work: impl Future<Output = Result<T, impl Into<CloudError>>>,
) -> Result<T, StepError> {
    progress.begin(step);
    let result = work.await.in_step(step)?;
    progress.done(step);
    Ok(result)
}

/// Executes a step for several resources, at most `limit` concurrently. An error of one does not
/// stop the others.
///
/// # Errors
/// All errors.
pub(super) async fn run_each<E: Into<CloudError>>(
    progress: &dyn Progress,
    step: Step,
    works: Vec<impl Future<Output = Result<(), E>>>,
    limit: usize,
) -> Result<(), StepError> {
    if works.is_empty() {
        return Ok(());
    }
    progress.begin(step);
    let results = join_all(works, limit).await.into_iter();
    results
        .map(|result| result.in_step(step))
        .reduce(|one, other| join_results(one, other).map(drop))
        .unwrap_or(Ok(()))?;
    progress.done(step);
    Ok(())
}

/// The values of two concurrent steps; both errors if both failed.
pub(crate) fn join_results<A, B>(
    one: Result<A, StepError>,
    other: Result<B, StepError>,
) -> Result<(A, B), StepError> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(StepError { step, error }), Err(other)) => Err(StepError {
            step,
            error: CloudError::Both {
                error: Box::new(error),
                other: Box::new(other),
            },
        }),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

/// Adds a step to an error.
pub trait StepContext<T> {
    /// The result, with an error that names the step.
    fn in_step(self, step: Step) -> Result<T, StepError>;
}

impl<T, E: Into<CloudError>> StepContext<T> for Result<T, E> {
    fn in_step(self, step: Step) -> Result<T, StepError> {
        self.map_err(|error| StepError {
            step,
            error: error.into(),
        })
    }
}
