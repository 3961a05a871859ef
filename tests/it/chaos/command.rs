//! What a person types, without the terminal.

use picletter::cli::exit_status;
use picletter::deploy::azure::{self, follow_run};
use picletter::deploy::connect::connect;
use picletter::deploy::desired::DesiredState;
use picletter::deploy::http::{Timings, Verbosity};
use picletter::deploy::schedule_switch::Switch;
use picletter::deploy::status::Status;
use picletter::deploy::step::{CloudError, StepError};
use secrecy::ExposeSecret as _;
use std::sync::Arc;

use super::dynos::Dynos;
use crate::support::world::{FILE, SG_KEY, WEBHOOK, World};

/// A `picletter.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum File {
    /// The first.
    Base,
    /// With another time, receiver and alert address.
    Changed,
    /// With another time, and no alert.
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
    /// `run`, followed to the run's end.
    Run,
    Pause,
    Resume,
    Destroy,
}

/// A command that did not end with 0.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u8,
    /// As it is printed.
    pub(crate) message: String,
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        Self {
            status: exit_status::of(&error.error),
            message: error.to_string(),
        }
    }
}

impl From<azure::Error> for Failure {
    fn from(error: azure::Error) -> Self {
        let error = CloudError::from(error);
        Self {
            status: exit_status::of(&error),
            message: error.to_string(),
        }
    }
}

/// Both clouds, and a person who operates them.
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

    /// One who has typed these before.
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

    /// Types a command that ends with 0.
    pub(crate) async fn run_ok(&self, command: Command) {
        if let Err(failure) = self.run(command).await {
            panic!("{command:?} should end with 0: {failure:?}");
        }
    }

    /// Types a command, and checks that its error holds no secret. Gives what it shows of the clouds.
    pub(crate) async fn run(&self, command: Command) -> Result<String, Failure> {
        let ended = Box::pin(self.perform(command)).await;
        ended.map_err(|Failure { status, message }| {
            let message = self.world.redactor.clean(&message).into_owned();
            self.check_no_secret(&message);
            assert_ne!(status, 0, "{command:?} fails with status 0: {message}");
            Failure { status, message }
        })
    }

    async fn perform(&self, command: Command) -> Result<String, Failure> {
        let (world, clouds) = (&self.world, &self.world.clouds);
        let base = self.desired(File::Base);
        match command {
            Command::Deploy(file) => drop(world.deploy(&self.desired(file)).await?),
            Command::Rotate(file) => drop(world.deploy_rotating(&self.desired(file), true).await?),
            Command::Plan(file) => {
                let (_, plan) = world.plan(&self.desired(file)).await?;
                return Ok(self.without_drawn(serde_json::to_string_pretty(&plan).unwrap()));
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

    /// A text without addresses and ids that are drawn anew for each world.
    pub(crate) fn without_drawn(&self, text: String) -> String {
        let sandbox = &self.world.sandbox;
        let subscription = &*sandbox.azure().subscriptions()[0].id;
        [
            (&*sandbox.heroku_url(), "heroku"),
            (&*sandbox.wikimedia_url(), "wikimedia"),
            (&*sandbox.sendgrid_url(), "sendgrid"),
            (subscription, "subscription"),
            // As a job's identity has it.
            (&format!("{}/pictures", &subscription[..8]), "job"),
        ]
        .into_iter()
        .fold(text, |text, (drawn, name)| text.replace(drawn, name))
    }

    /// Starts a run, and does not wait for its end.
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

    /// Forgets earlier timings and open connections.
    pub(crate) fn reconnect(&mut self, timings: Timings) {
        let environment = self.world.sandbox.environment();
        let lookup = |name: &str| environment.get(name).cloned();
        let redactor = &self.world.redactor;
        self.world.clouds = connect(&lookup, timings, Verbosity::Quiet, redactor).unwrap();
    }

    /// Checks that what a command prints holds no secret.
    pub(crate) fn check_no_secret(&self, printed: &str) {
        for secret in self.secrets() {
            assert!(
                !holds_part(printed, &secret),
                "a secret is printed, or 16 characters of one: {printed}"
            );
        }
    }

    /// All that no output may hold.
    fn secrets(&self) -> Vec<String> {
        let mut secrets = self.known_secrets();
        // Where alerts go is no secret, as far as it names a host.
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

    /// The secrets that every command knows from its beginning.
    pub(crate) fn known_secrets(&self) -> Vec<String> {
        let sandbox = &self.world.sandbox;
        let client_secret = &sandbox.azure_credentials().client_secret;
        let secrets = [sandbox.heroku_token(), client_secret];
        let secrets = secrets.map(|secret| secret.expose_secret().to_owned());
        let given = [SG_KEY, WEBHOOK].map(str::to_owned);
        secrets.into_iter().chain(given).collect()
    }
}

/// Whether a text holds 16 characters of a secret that follow one another.
fn holds_part(text: &str, secret: &str) -> bool {
    let secret: Vec<char> = secret.chars().collect();
    let mut parts = secret.windows(16.min(secret.len()));
    parts.any(|part| text.contains(&part.iter().collect::<String>()))
}
