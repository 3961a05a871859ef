//! The commands that reach both clouds.

mod actions;
mod confirm;
pub(super) mod dashboard;
pub(super) mod deploy;
pub(super) mod destroy;
pub mod exit_status;
pub(super) mod logs;
pub(super) mod pause;
pub(super) mod plan;
pub(super) mod push;
pub(super) mod report;
pub(super) mod run;
pub(super) mod shown;
pub(super) mod status;
pub(super) mod steps;
pub(super) mod watching;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::config_file::ConfigFile;
use super::output::{CONFIG, Output, USAGE};
use crate::config::{Config, Job, ONE_OFF, SECRETS, SecretMistake, Secrets};
use crate::dashboard::live::Live;
use crate::deploy::azure::{SignInError, Workflow};
use crate::deploy::clouds::Clouds;
use crate::deploy::connect::{ConnectError, connect};
use crate::deploy::desired::{DesiredJob, DesiredState};
use crate::deploy::heroku::credentials;
use crate::deploy::http::Timings;
use crate::deploy::image::{Image, ImageError};
use crate::deploy::start_run::{self, StartError};
use crate::deploy::step::StepError;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::picletter;
use picletter_worker::settings::Variables;

/// Of Heroku's requests an hour, for how few left a person is warned: a deployment takes about 20,
/// a run of the workflow a few.
const FEW_REQUESTS: u32 = 100;

/// The image of Picletter's worker: whoever packs this program can set it once and for all.
const OWN_IMAGE: &str = "PICLETTER_IMAGE";

/// Which image.
#[derive(Debug, Args)]
pub(super) struct ImageOption {
    /// Image to run, a docker-archive; the README says how to make one [default: PICLETTER_IMAGE for
    /// Picletter's worker, else the one that is released stays]
    #[arg(long, value_name = "PATH")]
    image: Option<PathBuf>,
}

impl ImageOption {
    /// Where it is, if one is named for this job: that of the environment is the worker's, which
    /// other commands are not in.
    pub(super) fn path(&self, is_own_worker: bool) -> Option<PathBuf> {
        let of_worker = || std::env::var_os(OWN_IMAGE).filter(|_| is_own_worker);
        let path = self.image.clone().or_else(|| of_worker().map(Into::into));
        path.filter(|path| !path.as_os_str().is_empty())
    }

    fn open(&self, config: &Config) -> Result<Option<Image>, ImageError> {
        let Some(path) = self.path(config.runs_own_worker()) else {
            return Ok(None);
        };
        let mut jobs = config.jobs.iter().filter(|job| job.is_own_worker());
        let released = jobs.next().or_else(|| config.jobs.first());
        if released.is_some_and(|job| job.process_type == ONE_OFF) {
            return Err(ImageError::OneOff);
        }
        Image::open(&path).map(Some)
    }
}

/// What a command works with.
pub(super) struct Session {
    pub(super) config: Config,
    pub(super) desired: DesiredState,
    pub(super) clouds: Clouds,
    pub(super) image: Option<Image>,
    /// The secrets that a deployment needs and that are not there.
    pub(super) not_set: Vec<String>,
    pub(super) output: Output,
}

/// Whether a command needs the job's secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// It sets them.
    Secrets,
    /// It looks at them, as far as they are there.
    SecretsThatAreSet,
    /// It does not touch them.
    NoSecrets,
}

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// It was reported already; with the exit status.
    Reported(u8),
    /// The command line lacks something, or asks for what cannot be done.
    Usage(Diagnostic),
    /// There is nothing to work on.
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
    /// Reports it and gives the exit status.
    pub(super) fn end(&self, output: &Output) -> ExitCode {
        if !matches!(self, Self::Reported(_)) {
            output.report(&self.diagnostic());
        }
        let status = self.status();
        // An address or a file of certificates is no matter of credentials.
        let lacks_credentials = match self {
            Self::Connect(ConnectError::Azure(error)) => {
                !matches!(error, SignInError::Authority(_))
            }
            Self::Connect(ConnectError::Heroku(_)) => true,
            _ => false,
        };
        if lacks_credentials || status == exit_status::REFUSED {
            output.say_fitting(format_args!(
                "{} checks each token, sign-in and permission, and says what to do",
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
            Self::Step(StepError { error, .. }) => exit_status::of(error),
        }
    }
}

impl Session {
    /// Reads file, secrets and environment. Nothing is contacted yet.
    pub(super) fn open(
        file: &ConfigFile,
        needs: Needs,
        image: Option<&ImageOption>,
        output: &Output,
    ) -> Result<Self, CommandError> {
        let config = file
            .load(output)
            .map_err(|_| CommandError::Reported(CONFIG))?;
        let variables = Variables::from_env();
        // Also where they are not needed: a vendor's answer may have them.
        let secrets = Secrets::read(&config, &variables, |secret| {
            output.redactor().learn(secret);
        });
        for name in SECRETS {
            // NASA's key for everyone is no secret.
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
            return Err(all(missing, output));
        }
        let image = image?;
        let (vars, webhook) = match &secrets {
            Some(secrets) => (secrets.config_vars(), secrets.alert_webhook().cloned()),
            None => Default::default(),
        };
        let id = image.as_ref().map(|image| image.id().clone());
        let mut desired = DesiredState::new(&config, vars, webhook, id, Timestamp::now());
        let lookup = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // What the workflow starts dynos at is what is deployed to here.
        if let Some(url) = lookup("HEROKU_API_URL") {
            desired.start_dynos_at(&url);
        }
        if let Some(warning) = credentials::exposed(lookup) {
            output.warning(warning);
        }
        let clouds = connect(
            &lookup,
            Timings::default(),
            output.verbosity(),
            output.redactor(),
        )?;
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

    /// Passes on what Heroku wants people to know.
    pub(super) fn tell_warnings(&self) {
        for warning in self.clouds.heroku.take_warnings() {
            self.output.warning(format_args!("Heroku says: {warning}"));
        }
        let left = self.clouds.heroku.rate_limit_remaining();
        if let Some(left) = left.filter(|left| *left < FEW_REQUESTS) {
            self.output.warning(format_args!(
                "Heroku takes only {left} more requests from this account for now, also the workflow's; it allows 4,500 an hour"
            ));
        }
    }

    /// Warns where the workflow starts dynos of another app than the file's.
    pub(super) fn tell_another_app(&self, workflow: &Workflow) {
        if let Some(app) = workflow.another_app(&self.desired.app) {
            self.output.warning(format_args!(
                "the workflow {} starts the app {app}, not {}: {} shows what would change that",
                workflow.name,
                self.desired.app,
                picletter("plan")
            ));
        }
    }

    /// Shows that something is read.
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
    secrets: Result<Secrets, Vec<SecretMistake>>,
    output: &Output,
) -> Result<Secrets, CommandError> {
    let secrets = secrets.map_err(|wrong| all(wrong, output))?;
    for warning in secrets.warnings() {
        output.warning(warning);
    }
    Ok(secrets)
}

/// Tells all that is wrong with the secrets.
fn all(mistakes: Vec<SecretMistake>, output: &Output) -> CommandError {
    for mistake in mistakes {
        output.report(&mistake.diagnostic());
    }
    CommandError::Reported(CONFIG)
}

/// There is nothing yet that could be operated.
fn no_workflow(workflow: &str) -> CommandError {
    CommandError::Nothing(start_run::no_workflow(workflow))
}

/// A workflow goes on although the file no longer has its job.
fn not_in_file(workflow: &str) -> String {
    format!(
        "the workflow {workflow} is on schedule, but the file no longer has its job: {} removes it",
        picletter("deploy")
    )
}

/// Prints sentences and lists; see [`Output::print_fitting`].
pub(super) fn print_text(output: &Output, text: impl Display) -> Result<(), CommandError> {
    Ok(output.print_fitting(text)?)
}

/// Prints data; see [`Output::print`].
pub(super) fn print(output: &Output, text: impl Display) -> Result<(), CommandError> {
    Ok(output.print(text)?)
}
