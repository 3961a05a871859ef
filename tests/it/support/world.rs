//! Fakes of both clouds, and deployments to them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use picletter_core::config::Config;
use picletter_core::deploy::apply::ApprovedPlan;
use picletter_core::deploy::clouds::Clouds;
use picletter_core::deploy::connect::connect;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::destroy::{Removal, Removals};
use picletter_core::deploy::http::{Timings, Verbosity};
use picletter_core::deploy::live::LiveState;
use picletter_core::deploy::plan::Plan;
use picletter_core::deploy::redact::Redactor;
use picletter_core::deploy::schedule_switch::{Switch, Switched};
use picletter_core::deploy::step::Progress;
use picletter_core::deploy::step::{Step, StepError};
use picletter_logic_apps::HttpClient;
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::Process;
use picletter_sandbox::heroku::program::Program;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::image::WorkerImage;
use secrecy::SecretString;

/// The time at which deployments are planned.
pub(crate) const NOW: &str = "2026-11-24T12:00:00Z";

/// A file that configures one of each resource.
pub(crate) const FILE: &str = r#"
[schedule]
every = "day"
at = "08:30"
time_zone = "Europe/Berlin"

[heroku]
app = "picletter-test"

[azure]
resource_group = "pictures"
location = "westeurope"
workflow = "daily"

[alert]
email = "ops@picletter.example"

[mail]
from = "Picletter <bot@picletter.example>"
to = "you@picletter.example"

[picture]
sources = "wikimedia"
"#;

/// The sections that a file with `[jobs.NAME]` has before them.
pub(crate) const WITHOUT_JOBS: &str = r#"
[heroku]
app = "picletter-test"

[azure]
resource_group = "pictures"
location = "westeurope"

[alert]
email = "ops@picletter.example"

[defaults]
report = "worker"
process_type = "worker"

[mail]
from = "Picletter <bot@picletter.example>"
to = "you@picletter.example"

[picture]
sources = "wikimedia"
"#;

pub(crate) const SG_KEY: &str =
    "SG.aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const WEBHOOK: &str = "https://hooks.picletter.example/services/T0/B0/cccccccccc";

/// The fakes. Dynos run `program`; the image is already pushed, and its content does not matter.
pub(crate) async fn sandbox(program: Arc<dyn Program>) -> (Sandbox, WorkerImage) {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.heroku().set_program(move |_| Arc::clone(&program));
    let image = WorkerImage::new(b"a worker").unwrap();
    sandbox
        .registry()
        .put_image("picletter-test", "worker", image.clone());
    (sandbox, image)
}

/// The fakes, and clients of them.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) clouds: Clouds,
    pub(crate) redactor: Redactor,
    pub(crate) image: WorkerImage,
}

impl World {
    /// With dynos that run the worker.
    pub(crate) async fn new() -> Self {
        let worker = Process::new(picletter_test_support::worker());
        Self::with(Arc::new(worker), QUICK).await
    }

    /// With a deployment of [`FILE`]; also returns its desired state.
    pub(crate) async fn deployed() -> (Self, DesiredState) {
        let world = Self::new().await;
        let desired = world.desired(FILE);
        world.deploy(&desired).await.unwrap();
        (world, desired)
    }

    /// With dynos that run `program`, and clients with `timings`.
    pub(crate) async fn with(program: Arc<dyn Program>, timings: Timings) -> Self {
        let (sandbox, image) = sandbox(program).await;
        let redactor = Redactor::default();
        let clouds = clouds(&sandbox, timings, &redactor);
        Self {
            sandbox,
            clouds,
            redactor,
            image,
        }
    }

    /// With dynos that do nothing and report success.
    pub(crate) async fn with_scripts(timings: Timings) -> Self {
        let transport = Arc::new(HttpClient::new(picletter_test_support::loopback::tls()).unwrap());
        let script = Script {
            boot: Duration::ZERO,
            work: Duration::ZERO,
            end: End::Sent,
            on_sigterm: OnSigterm::Die,
        };
        let program = Simulated::new(transport, move |_| script.clone());
        Self::with(Arc::new(program), timings).await
    }

    /// Further clients, with their own connections and token.
    pub(crate) fn clouds_with(&self, redactor: &Redactor) -> Clouds {
        clouds(&self.sandbox, QUICK, redactor)
    }

    /// The desired state of `file`, with the fakes as the worker's servers.
    pub(crate) fn desired(&self, file: &str) -> DesiredState {
        let config = Config::parse(Path::new("picletter.toml"), file).unwrap();
        let secrets = BTreeMap::from([("SG_KEY".to_owned(), SecretString::from(SG_KEY))]);
        let mut desired = DesiredState::new(
            &config,
            secrets,
            Some(WEBHOOK.into()),
            Some(self.image.id()),
            NOW.parse().unwrap(),
        );
        for (name, url) in [
            ("WIKIMEDIA_API_URL", self.sandbox.wikimedia_url()),
            ("SENDGRID_API_URL", self.sandbox.sendgrid_url()),
        ] {
            desired.config_vars.insert(name.to_owned(), url.into());
        }
        desired.start_dynos_at(&self.sandbox.heroku_url());
        desired
    }

    pub(crate) async fn live(&self, desired: &DesiredState) -> Result<LiveState, StepError> {
        LiveState::read(&self.clouds, desired).await
    }

    pub(crate) async fn plan(
        &self,
        desired: &DesiredState,
    ) -> Result<(LiveState, Plan), StepError> {
        let live = self.live(desired).await?;
        let plan = Plan::new(desired, &live, false)?;
        Ok((live, plan))
    }

    /// Plans and applies a deployment; returns the steps taken.
    pub(crate) async fn deploy(&self, desired: &DesiredState) -> Result<Vec<Step>, StepError> {
        self.deploy_rotating(desired, false).await
    }

    pub(crate) async fn deploy_rotating(
        &self,
        desired: &DesiredState,
        rotate: bool,
    ) -> Result<Vec<Step>, StepError> {
        let live = self.live(desired).await?;
        let plan = Plan::new(desired, &live, rotate)?;
        if plan.is_empty() {
            return Ok(Vec::new());
        }
        self.apply(desired, &live, &plan).await
    }

    pub(crate) async fn apply(
        &self,
        desired: &DesiredState,
        live: &LiveState,
        plan: &Plan,
    ) -> Result<Vec<Step>, StepError> {
        let steps = Steps::default();
        let approved = ApprovedPlan {
            desired,
            live,
            plan,
            image: None,
        };
        approved.apply(&self.clouds, &steps).await?;
        Ok(steps.0.into_inner().unwrap())
    }

    /// Pauses or resumes all jobs.
    pub(crate) async fn switch(
        &self,
        switch: Switch,
        desired: &DesiredState,
    ) -> Result<Switched, StepError> {
        let jobs: Vec<_> = desired.jobs.iter().collect();
        switch.apply(&self.clouds, desired, &jobs).await
    }

    pub(crate) async fn destroy(
        &self,
        desired: &DesiredState,
        keep_app: bool,
    ) -> Result<Vec<Removal>, StepError> {
        let live = self.live(desired).await?;
        let removals = Removals::new(&self.clouds, desired, &live, keep_app).await?;
        removals
            .apply(&self.clouds, desired, &live, &Steps::default())
            .await
    }
}

/// Timings that hardly wait.
pub(crate) const QUICK: Timings = Timings {
    backoff: Duration::from_millis(1),
    poll: Duration::from_millis(5),
    answer: Duration::from_secs(10),
    longest_retry_after: Duration::from_secs(1),
    longest_poll: Duration::from_millis(5),
};

fn clouds(sandbox: &Sandbox, timings: Timings, redactor: &Redactor) -> Clouds {
    let environment = sandbox.environment();
    let lookup = |name: &str| environment.get(name).cloned();
    connect(&lookup, timings, Verbosity::Quiet, redactor).unwrap()
}

/// The completed steps.
#[derive(Default)]
pub(crate) struct Steps(Mutex<Vec<Step>>);

impl Progress for Steps {
    fn begin(&self, _: Step) {}

    fn done(&self, step: Step) {
        self.0.lock().unwrap().push(step);
    }

    fn line(&self, _: Step, _: &str) {}
}
