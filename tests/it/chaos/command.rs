//! The commands an operator runs, called directly instead of through a process.

use picletter::cli::exit_status;
use picletter_core::deploy::azure::{self, follow_run};
use picletter_core::deploy::connect::connect;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::http::{Timings, Verbosity};
use picletter_core::deploy::schedule_switch::Switch;
use picletter_core::deploy::status::Status;
use picletter_core::deploy::step::{CloudError, StepError};
use secrecy::ExposeSecret as _;
use std::sync::Arc;

use super::dynos::Dynos;
use crate::support::world::{FILE, SG_KEY, WEBHOOK, World};

/// A `picletter.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum File {
    /// The first version.
    Base,
    /// With another time, receiver, and alert address.
    Changed,
    /// With another time, and without an alert.
    Quiet,
}

impl File {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Base => FILE.to_owned(),
            Self::Changed => FILE
                .replace("08:30", "09:00")
                .replace("you@", "me@")
                .replace("ops@", "oncall@"),
            Self::Quiet => FILE
                .replace("08:30", "10:00")
                .replace("[alert]\nemail = \"ops@picletter.example\"", ""),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Command {
    Deploy(File),
    /// `deploy --rotate-token`.
    Rotate(File),
    Plan(File),
    Status,
    /// `run`, followed to the end of the run.
    Run,
    Pause,
    Resume,
    Destroy,
}

/// A command that ended with another status than 0.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u8,
    /// The message that the command prints.
    pub(crate) message: String,
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        Self {
            status: exit_status::for_error(&error.error),
            message: error.to_string(),
        }
    }
}

impl From<azure::Error> for Failure {
    fn from(error: azure::Error) -> Self {
        let error = CloudError::from(error);
        Self {
            status: exit_status::for_error(&error),
            message: error.to_string(),
        }
    }
}

/// Both clouds, and the commands an operator runs against them.
pub(crate) struct Operator {
    pub(crate) world: World,
    pub(crate) dynos: Dynos,
}

impl Operator {
    pub(crate) async fn new(timings: Timings) -> Self {
        let dynos = Dynos::new();
        let world = World::with(Arc::new(dynos.clone()), timings).await;
        for secret in [SG_KEY, WEBHOOK] {
            world.redactor.learn(&secret.into());
        }
        Self { world, dynos }
    }

    /// An operator who has already run these commands.
    pub(crate) async fn after(commands: &[Command], timings: Timings) -> Self {
        let operator = Self::new(timings).await;
        for command in commands {
            operator.run_ok(*command).await;
        }
        operator.world.sandbox.faults().clear();
        operator
    }

    pub(crate) fn desired(&self, file: File) -> DesiredState {
        self.world.desired(&file.text())
    }

    /// Runs a command that must succeed.
    pub(crate) async fn run_ok(&self, command: Command) {
        if let Err(failure) = self.run(command).await {
            panic!("{command:?} failed: {failure:?}");
        }
    }

    /// Runs a command, and checks that its error contains no secret. Returns the result that it
    /// displays.
    pub(crate) async fn run(&self, command: Command) -> Result<String, Failure> {
        let ended = Box::pin(self.execute(command)).await;
        ended.map_err(|Failure { status, message }| {
            let message = self.world.redactor.clean(&message).into_owned();
            self.check_no_secret(&message);
            assert_ne!(status, 0, "{command:?} fails with status 0: {message}");
            Failure { status, message }
        })
    }

    async fn execute(&self, command: Command) -> Result<String, Failure> {
        let (world, clouds) = (&self.world, &self.world.clouds);
        let base = self.desired(File::Base);
        match command {
            Command::Deploy(file) => drop(world.deploy(&self.desired(file)).await?),
            Command::Rotate(file) => drop(world.deploy_rotating(&self.desired(file), true).await?),
            Command::Plan(file) => {
                let (_, plan) = world.plan(&self.desired(file)).await?;
                return Ok(self.without_random(serde_json::to_string_pretty(&plan).unwrap()));
            }
            Command::Status => {
                let status = Status::read(clouds, &base, &[&base.jobs[0]], 10).await?;
                let is_enabled = status.jobs[0].is_enabled();
                let (runs, dynos) = (
                    status.jobs[0].runs.len(),
                    status.dynos.map(|dynos| dynos.len()),
                );
                return Ok(format!(
                    "enabled {is_enabled}, runs {runs}, dynos {dynos:?}"
                ));
            }
            Command::Run => {
                let run = self.start_run().await?;
                let id = clouds.workflow_id(&base, &base.jobs[0].workflow).await?;
                let ended = follow_run(&clouds.arm, &id, &run, |_| ()).await?;
                let status = ended.exit_status();
                if status != 0 {
                    let message = ended.message.unwrap_or(ended.status);
                    return Err(Failure { status, message });
                }
            }
            Command::Pause => drop(world.switch(Switch::Pause, &base).await?),
            Command::Resume => drop(world.switch(Switch::Resume, &base).await?),
            Command::Destroy => drop(world.destroy(&base, false).await?),
        }
        Ok(String::new())
    }

    /// Replaces URLs and IDs that are random in each world.
    pub(crate) fn without_random(&self, text: String) -> String {
        let sandbox = &self.world.sandbox;
        let subscription = &*sandbox.azure().subscriptions()[0].id;
        [
            (&*sandbox.heroku_url(), "heroku"),
            (&*sandbox.wikimedia_url(), "wikimedia"),
            (&*sandbox.sendgrid_url(), "sendgrid"),
            (subscription, "subscription"),
            // In the form used in a job's identity.
            (&format!("{}/pictures", &subscription[..8]), "job"),
        ]
        .into_iter()
        .fold(text, |text, (random, name)| text.replace(random, name))
    }

    /// Starts a run without waiting for its end.
    pub(crate) async fn start_run(&self) -> Result<String, Failure> {
        let (arm, base) = (&self.world.clouds.arm, self.desired(File::Base));
        let id = self
            .world
            .clouds
            .workflow_id(&base, &base.jobs[0].workflow)
            .await?;
        let triggers = arm.triggers(&id).await?;
        let Some(trigger) = triggers.first() else {
            let message = "there is no workflow".to_owned();
            return Err(Failure { status: 1, message });
        };
        Ok(arm.run_trigger(&id, &trigger.name).await?)
    }

    /// Discards the clients, with their timings and open connections.
    pub(crate) fn reconnect(&mut self, timings: Timings) {
        let environment = self.world.sandbox.environment();
        let lookup = |name: &str| environment.get(name).cloned();
        let redactor = &self.world.redactor;
        self.world.clouds = connect(&lookup, timings, Verbosity::Quiet, redactor).unwrap();
    }

    /// Checks that the output of a command contains no secret.
    pub(crate) fn check_no_secret(&self, printed: &str) {
        for secret in self.secrets() {
            assert!(
                !contains_part(printed, &secret),
                "the output contains a secret, or 16 characters of one: {printed}"
            );
        }
    }

    /// Everything that no output may contain.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = self.known_secrets();
        // The host in an alert webhook is not secret.
        let host = "https://hooks.picletter.example";
        for secret in &mut secrets {
            *secret = secret.strip_prefix(host).unwrap_or(secret).to_owned();
        }
        let sandbox = &self.world.sandbox;
        let tokens = sandbox.heroku().authorization_tokens().into_iter();
        let tokens = tokens.chain(sandbox.azure().tokens());
        secrets.extend(tokens.map(|token| token.expose_secret().to_owned()));
        secrets
    }

    /// The secrets that every command receives at its start.
    pub(crate) fn known_secrets(&self) -> Vec<String> {
        let sandbox = &self.world.sandbox;
        let client_secret = &sandbox.azure_credentials().client_secret;
        let secrets = [sandbox.heroku_token(), client_secret];
        let secrets = secrets.map(|secret| secret.expose_secret().to_owned());
        let given = [SG_KEY, WEBHOOK].map(str::to_owned);
        secrets.into_iter().chain(given).collect()
    }
}

/// Whether the text contains 16 consecutive characters of the secret.
fn contains_part(text: &str, secret: &str) -> bool {
    let secret: Vec<char> = secret.chars().collect();
    let mut parts = secret.windows(16.min(secret.len()));
    parts.any(|part| text.contains(&part.iter().collect::<String>()))
}
