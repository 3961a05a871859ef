//! Commands that use Heroku and Azure.

pub mod actions;
mod confirm;
pub(super) mod dashboard;
pub(super) mod deploy;
pub(super) mod destroy;
pub mod exit_status;
pub(super) mod logs;
pub(super) mod pause;
pub(super) mod plan;
pub(super) mod push;
pub(super) mod render;
pub(super) mod report;
pub(super) mod run;
pub(super) mod status;
pub(super) mod steps;
mod waits;
pub(super) mod watching;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::config_file::ConfigFile;
use super::output::{CONFIG, Output, USAGE};
use crate::dashboard::live::Live;
use picletter_core::config::{Config, Job, ONE_OFF, SECRETS, SecretError, Secrets};
use picletter_core::deploy::azure::{SignInError, Workflow};
use picletter_core::deploy::clouds::Clouds;
use picletter_core::deploy::connect::{ConnectError, connect_with, http};
use picletter_core::deploy::desired::{DesiredJob, DesiredState};
use picletter_core::deploy::heroku::credentials;
use picletter_core::deploy::http::Timings;
use picletter_core::deploy::image::{Image, ImageError};
use picletter_core::deploy::start_run::{self, StartError};
use picletter_core::deploy::step::StepError;
use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_core::shell::picletter;
use picletter_worker::settings::Variables;

/// Remaining requests to Heroku below which a warning is printed. A deployment takes about 20, a run a
/// few.
const FEW_REQUESTS: u32 = 100;

/// The longest `Retry-After` for which a command waits that only reads and then ends.
const LONGEST_WAIT_OF_READERS: Duration = Duration::from_secs(20);

/// Names the image of Picletter's worker. A package of this program can set it.
const WORKER_IMAGE: &str = "PICLETTER_IMAGE";

/// Option that names the image.
#[derive(Debug, Args)]
pub(super) struct ImageOption {
    /// Image to deploy, as a docker-archive; see docs/operations.md [default: $PICLETTER_IMAGE if it
    /// is set and a job runs Picletter's worker; otherwise, the app keeps its image]
    #[arg(long, value_name = "PATH")]
    image: Option<PathBuf>,
}

impl ImageOption {
    /// The image's path, if the option or the environment names one. The environment's image contains
    /// only Picletter's worker, so it is ignored for other commands.
    pub(super) fn path(&self, runs_picletter_worker: bool) -> Option<PathBuf> {
        let worker_image = || std::env::var_os(WORKER_IMAGE).filter(|_| runs_picletter_worker);
        let path = self
            .image
            .clone()
            .or_else(|| worker_image().map(Into::into));
        path.filter(|path| !path.as_os_str().is_empty())
    }

    fn open(&self, config: &Config) -> Result<Option<Image>, ImageError> {
        let Some(path) = self.path(config.runs_picletter_worker()) else {
            return Ok(None);
        };
        let mut jobs = config.jobs.iter().filter(|job| job.runs_picletter_worker());
        let released = jobs.next().or_else(|| config.jobs.first());
        if released.is_some_and(|job| job.process_type == ONE_OFF) {
            return Err(ImageError::OneOff);
        }
        Image::open(&path).map(Some)
    }
}

/// The configuration and clients of a command.
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) desired: DesiredState,
    pub(super) clouds: Clouds,
    pub(super) image: Option<Image>,
    /// Names of the secrets that a deployment needs and that are not set.
    pub(super) not_set: Vec<String>,
    pub(super) output: Output,
}

/// Whether a command needs the job's secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// It requires all secrets.
    Secrets,
    /// It compares the secrets that are set.
    SecretsThatAreSet,
    /// It uses no secrets.
    NoSecrets,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// Already reported; contains the exit status.
    Reported(u8),
    /// The command line is incomplete or invalid.
    Usage(Diagnostic),
    /// What the command needs does not exist.
    Nothing(Diagnostic),
    Image(#[from] ImageError),
    Connect(#[from] ConnectError),
    Step(#[from] StepError),
    Output(#[from] std::io::Error),
}

impl Diagnose for CommandError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Reported(_) => Diagnostic::plain(""),
            Self::Usage(diagnostic) | Self::Nothing(diagnostic) => diagnostic.clone(),
            Self::Image(error) => error.diagnostic(),
            Self::Connect(error) => error.diagnostic(),
            Self::Step(error) => error.diagnostic(),
            Self::Output(error) => {
                Diagnostic::plain(format_args!("cannot write to standard output: {error}"))
            }
        }
    }
}

display_as_diagnostic!(CommandError);

impl From<StartError> for CommandError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Step(error) => Self::Step(error),
            StartError::NoSuchTrigger(_) => Self::Usage(error.diagnostic()),
            StartError::NoWorkflow(_) | StartError::NoTrigger(_) => {
                Self::Nothing(error.diagnostic())
            }
        }
    }
}

impl CommandError {
    /// Reports the error and returns the exit status.
    pub(super) fn end(&self, output: &Output) -> ExitCode {
        if !matches!(self, Self::Reported(_)) {
            output.report(&self.diagnostic());
        }
        let status = self.status();
        // Invalid URLs and certificate files are not problems of credentials.
        let lacks_credentials = match self {
            Self::Connect(ConnectError::Azure(error)) => {
                !matches!(error, SignInError::Authority(_))
            }
            Self::Connect(ConnectError::Heroku(_)) => true,
            _ => false,
        };
        if lacks_credentials || status == exit_status::REFUSED {
            output.note_fitting(format_args!(
                "{} checks all tokens, sign-ins, and permissions",
                picletter("doctor")
            ));
        }
        ExitCode::from(status)
    }

    fn status(&self) -> u8 {
        match self {
            Self::Reported(status) => *status,
            Self::Usage(_) => USAGE,
            Self::Image(_) | Self::Connect(_) => CONFIG,
            Self::Output(_) => super::output::IO,
            Self::Nothing(_) => 1,
            Self::Step(StepError { error, .. }) => exit_status::for_error(error),
        }
    }
}

impl Session {
    /// Reads the file, the secrets, and the environment. Sends no requests.
    pub(super) fn open(
        file: &ConfigFile,
        needs: Needs,
        image: Option<&ImageOption>,
        output: &Output,
    ) -> Result<Self, CommandError> {
        Self::with_timings(file, needs, image, Timings::default(), output)
    }

    /// Like [`Session::open`], for a command that only reads and then ends: it fails rather than
    /// wait for long.
    pub(super) fn open_for_reading(
        file: &ConfigFile,
        needs: Needs,
        image: Option<&ImageOption>,
        output: &Output,
    ) -> Result<Self, CommandError> {
        let timings = Timings {
            longest_retry_after: LONGEST_WAIT_OF_READERS,
            ..Timings::default()
        };
        Self::with_timings(file, needs, image, timings, output)
    }

    fn with_timings(
        file: &ConfigFile,
        needs: Needs,
        image: Option<&ImageOption>,
        timings: Timings,
        output: &Output,
    ) -> Result<Self, CommandError> {
        let config = file
            .load(output)
            .map_err(|_| CommandError::Reported(CONFIG))?;
        let variables = Variables::from_env();
        // Also if they are not needed: a vendor's response may contain them.
        let secrets = Secrets::read(&config, &variables, |secret| {
            output.redactor().learn(secret);
        });
        for name in SECRETS {
            // NASA's public key is not secret.
            let value = variables.get(name).filter(|value| *value != "DEMO_KEY");
            if let Some(value) = value {
                output.redactor().learn(&value.into());
            }
        }
        let secrets = match needs {
            Needs::Secrets | Needs::SecretsThatAreSet => Some(checked(secrets, output)?),
            Needs::NoSecrets => None,
        };
        let missing = secrets.as_ref().map(Secrets::missing).unwrap_or_default();
        let image = image.map(|option| option.open(&config));
        let image = image.transpose().map(Option::flatten);
        if needs == Needs::Secrets && !missing.is_empty() {
            if let Err(error) = &image {
                output.report(&error.diagnostic());
            }
            return Err(report_all(missing, output));
        }
        let image = image?;
        let (vars, webhook) = match &secrets {
            Some(secrets) => (secrets.config_vars(), secrets.alert_webhook().cloned()),
            None => Default::default(),
        };
        let id = image.as_ref().map(|image| image.id().clone());
        let mut desired = DesiredState::new(&config, vars, webhook, id, Timestamp::now());
        let lookup = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // The workflow must start dynos at the API that is deployed to.
        if let Some(url) = lookup("HEROKU_API_URL") {
            desired.start_dynos_at(&url);
        }
        if let Some(warning) = credentials::exposed(lookup) {
            output.warning(warning);
        }
        let http = http(&lookup, timings, output.verbosity(), output.redactor())?;
        let clouds = connect_with(&lookup, http.reporting_waits(waits::announcer(output)))?;
        Ok(Self {
            config,
            desired,
            clouds,
            image,
            not_set: missing.into_iter().map(|one| one.variable).collect(),
            output: output.clone(),
        })
    }

    /// The deployment as the dashboard's source.
    pub(super) fn into_live(self) -> Live {
        let redactor = self.output.redactor().clone();
        Live::new(self.clouds, self.config, self.desired, redactor)
    }

    /// The desired state of a job of the file.
    pub(super) fn desired_job<'s>(&'s self, job: &Job) -> Option<&'s DesiredJob> {
        let mut jobs = self.desired.jobs.iter();
        jobs.find(|desired| desired.workflow == job.workflow)
    }

    /// Prints Heroku's warnings, and one if few requests remain.
    pub(super) fn print_warnings(&self) {
        for warning in self.clouds.heroku.take_warnings() {
            self.output.warning(format_args!("from Heroku: {warning}"));
        }
        let left = self.clouds.heroku.rate_limit_remaining();
        if let Some(left) = left.filter(|left| *left < FEW_REQUESTS) {
            self.output.warning(format_args!(
                "Heroku's rate limit is almost reached: {left} of 4,500 requests an hour remain for this account and its workflows"
            ));
        }
    }

    /// Warns if the workflow starts dynos of a different app than the file's.
    pub(super) fn warn_of_another_app(&self, workflow: &Workflow) {
        if let Some(app) = workflow.another_app(&self.desired.app) {
            self.output.warning(format_args!(
                "the workflow {} starts the app {app}, not {}; {} shows the difference",
                workflow.name,
                self.desired.app,
                picletter("plan")
            ));
        }
    }

    /// Shows progress while `work` runs.
    pub(super) async fn reading<T, E>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let _progress = self.output.progress(what);
        work.await
    }
}

fn checked(
    secrets: Result<Secrets, Vec<SecretError>>,
    output: &Output,
) -> Result<Secrets, CommandError> {
    let secrets = secrets.map_err(|wrong| report_all(wrong, output))?;
    for warning in secrets.warnings() {
        output.warning(warning);
    }
    Ok(secrets)
}

/// Reports each error in the secrets.
fn report_all(errors: Vec<SecretError>, output: &Output) -> CommandError {
    for error in errors {
        output.report(&error.diagnostic());
    }
    CommandError::Reported(CONFIG)
}

/// The error for a workflow that does not exist.
fn no_workflow(workflow: &str) -> CommandError {
    CommandError::Nothing(start_run::no_workflow(workflow))
}

/// The warning for a workflow whose job is no longer in the file.
fn not_in_file(workflow: &str) -> String {
    format!(
        "workflow {workflow} is on schedule, but its job is no longer in the file; {} removes it",
        picletter("deploy")
    )
}

/// Prints text, wrapped; see [`Output::print_fitting`].
pub(super) fn print_text(output: &Output, text: impl Display) -> Result<(), CommandError> {
    Ok(output.print_fitting(text)?)
}

/// Prints data; see [`Output::print`].
pub(super) fn print(output: &Output, text: impl Display) -> Result<(), CommandError> {
    Ok(output.print(text)?)
}
