//! A deployment on the fakes, read through the live clients.

use std::path::Path;
use std::sync::LazyLock;

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use picletter::dashboard::live::Live;
use picletter::dashboard::source::{Command, Source as _};
use picletter::dashboard::view::Board;
use picletter_core::config::Config;
use picletter_core::deploy::azure::follow_run;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::redact::Redactor;
use picletter_core::deploy::status::Outcome;
use picletter_sandbox::faults::Fault;

use crate::support::world::{QUICK, SG_KEY, WEBHOOK, WITHOUT_JOBS, World};

/// Two jobs in one file.
pub(super) static JOBS: LazyLock<String> = LazyLock::new(|| format!("{WITHOUT_JOBS}\n{TWO_JOBS}"));

const TWO_JOBS: &str = r#"
[jobs.daily]
command = "worker"
every = "day"
at = "08:30"
time_zone = "Europe/Berlin"

[jobs.weekly]
command = "worker"
every = "week"
on = "monday"
at = "09:00"
"#;

/// The route of a workflow's run history.
pub(super) const RUNS: &str =
    "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/runs";

/// A deployment and its dashboard.
pub(super) struct LiveDeployment {
    pub(super) world: World,
    pub(super) desired: DesiredState,
    pub(super) live: Live,
}

impl LiveDeployment {
    /// A deployment of [`JOBS`], whose dynos report success.
    pub(super) async fn new() -> Self {
        let world = World::with_scripts(QUICK).await;
        let deployment = Self::of(world, &JOBS);
        let deployed = deployment.world.deploy(&deployment.desired).await;
        deployed.unwrap();
        deployment
    }

    /// Nothing is deployed yet.
    pub(super) fn of(world: World, file: &str) -> Self {
        let desired = world.desired(file);
        let live = live(&world, file);
        Self {
            world,
            desired,
            live,
        }
    }

    /// Reads again, and gives the board.
    pub(super) async fn read(&self) -> Board {
        self.live.refresh().await;
        self.live.board_at(Timestamp::now())
    }

    /// Runs a job to the end, and gives the run's id.
    pub(super) async fn run(&self, job: usize) -> String {
        let begun = self.live.execute(job, Command::Run).await.unwrap();
        let id = begun.split(' ').nth(1).unwrap().to_owned();
        let clouds = &self.world.clouds;
        let workflow = &self.desired.jobs[job].workflow;
        let workflow = clouds.workflow_id(&self.desired, workflow).await.unwrap();
        let run = follow_run(&clouds.arm, &workflow, &id, |_| ()).await;
        run.unwrap();
        id
    }

    /// Paths of the requests since the faults were last cleared.
    pub(super) fn requests(&self) -> Vec<String> {
        let record = self.world.sandbox.faults().record().into_iter();
        record.map(|(_, path)| path).collect()
    }
}

/// An answer of a vendor that limits the rate, and requires a wait of two minutes.
pub(super) fn rate_limited(body: &'static str) -> Fault {
    let answer = Response::builder()
        .status(429)
        .header("retry-after", "120")
        .body(Bytes::from_static(body.as_bytes()));
    Fault::Answer(answer.unwrap())
}

/// A dashboard with clients of its own, as the commands open it: without the secrets of the file.
pub(super) fn live(world: &World, file: &str) -> Live {
    let config = Config::parse(Path::new("picletter.toml"), file).unwrap();
    let none = std::collections::BTreeMap::new();
    let mut desired = DesiredState::new(&config, none, None, None, Timestamp::now());
    desired.start_dynos_at(&world.sandbox.heroku_url());
    let redactor = Redactor::default();
    redactor.learn(&SG_KEY.into());
    redactor.learn(&WEBHOOK.into());
    let clouds = world.clouds_with(&redactor);
    Live::new(clouds, config, desired, redactor)
}

/// Outcomes of a job's runs, newest first.
pub(super) fn outcomes(board: &Board, job: usize) -> Vec<Outcome> {
    let runs = board.jobs[job].history.runs.iter();
    runs.map(|run| run.outcome).collect()
}
