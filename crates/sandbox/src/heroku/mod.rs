//! A fake of Heroku's Platform API: apps, whose dynos run their image, their slug or a [`Program`].
//!
//! Source: the vendor's JSON hyper-schema (<https://github.com/heroku/platform-api>) and its
//! reference, <https://devcenter.heroku.com/articles/platform-api-reference>.

mod account;
mod api;
mod app;
mod authorization;
mod body;
mod config_vars;
mod container;
mod dyno;
pub mod faults;
mod formation;
mod images;
mod isolation;
mod lifecycle;
mod log;
mod process;
pub mod program;
mod quota;
mod range;
mod refusal;
mod release;
pub mod simulated;
mod size;
mod slug;
mod unpack;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::iter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use fastrand::Rng;
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::app::Hosted;
use self::authorization::Authorization;
use self::container::Container;
use self::dyno::Dyno;
pub use self::dyno::{DynoInfo, DynoRecord, Stopper};
pub use self::images::{Images, PullError};
pub use self::isolation::{By, Isolation, NoIsolation};
pub use self::log::LogLine;
use self::log::LogSession;
pub use self::process::Process;
use self::program::{Image, NoProgram, Program};
use self::quota::Quota;
use self::release::{Contents, Output, Release};
pub use self::release::{ReleaseEnd, ReleasePhase};
use crate::ids::uuid;
use picletter_logic_apps::Clock;

/// How many ended dynos are remembered; of more, the oldest are forgotten.
const RECORDS: usize = 1_000;

/// The e-mail address of the account.
const EMAIL: &str = "picletter@picletter.example";

/// The image of an app that is deployed in code.
const NO_IMAGE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The stand-in. Clones share its apps; when the last of them and of its routers is dropped, its
/// dynos are killed.
#[derive(Clone)]
pub struct Heroku {
    core: Arc<Core>,
    // Apart from the core, which the tasks hold.
    dynos: Arc<Mutex<JoinSet<()>>>,
}

/// What a stand-in is made of.
pub struct Setup {
    /// What time it is.
    pub clock: Clock,
    /// The API token that it takes.
    pub token: SecretString,
    /// Where clients reach its router, without a slash at the end: log sessions lead there.
    pub url: String,
    /// What ids and dyno numbers are drawn from; the same seed gives the same ones.
    pub seed: u64,
}

/// What is deployed.
pub struct Deployment {
    /// The app.
    pub app: App,
    /// What its dynos do.
    pub program: Arc<dyn Program>,
    /// Who is told what happens.
    pub observer: Arc<dyn Observer>,
}

/// An app as it was deployed.
#[derive(Clone)]
pub struct App {
    /// Its name.
    pub name: String,
    /// The process types that have an image.
    pub process_types: Vec<String>,
    /// Its config vars, which every dyno gets.
    pub config_vars: BTreeMap<String, String>,
}

/// Is told what happens to dynos, as it happens. It must not wait for anything.
pub trait Observer: Send + Sync {
    /// A dyno was started while `others` were alive.
    fn started(&self, dyno: &DynoInfo, others: &[Arc<DynoInfo>]) {
        let _ = (dyno, others);
    }

    /// The app's log has a new line.
    fn logged(&self, line: &LogLine) {
        let _ = line;
    }

    /// A dyno ended and is no longer listed.
    fn ended(&self, record: &DynoRecord) {
        let _ = record;
    }
}

/// Looks at nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// What the vendor's documents leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknowns {
    /// Whether an authorization of scope `write` may start a dyno.
    pub write_starts_dynos: bool,
    /// How many dynos a process type other than `web` has after its first release.
    pub first_quantity: u64,
}

impl Default for Unknowns {
    /// What is believed.
    fn default() -> Self {
        Self {
            write_starts_dynos: true,
            first_quantity: 0,
        }
    }
}

/// Says what runs an image.
type Programs = Arc<dyn Fn(&Image<'_>) -> Arc<dyn Program> + Send + Sync>;

struct Core {
    clock: Clock,
    token: SecretString,
    url: String,
    account_id: String,
    state: Mutex<State>,
}

struct State {
    rng: Rng,
    apps: Vec<Hosted>,
    /// Names of apps of other accounts.
    of_others: BTreeSet<String>,
    /// The dynos that are listed, oldest first.
    dynos: Vec<Dyno>,
    authorizations: Vec<Authorization>,
    /// Of apps that were made by a request.
    programs: Programs,
    observer: Arc<dyn Observer>,
    /// Where released images must have been pushed to; without one, any image can be released.
    images: Option<Images>,
    /// The manifests' digests of the images that were released, by `app/process type` and image.
    manifests: BTreeMap<(String, String), String>,
    /// Whether the account has the Eco plan.
    has_eco: bool,
    /// The teams that the account is a member of.
    teams: BTreeSet<String>,
    unknowns: Unknowns,
    next_phase: Option<watch::Receiver<Output>>,
    sessions: VecDeque<LogSession>,
    ended: VecDeque<DynoRecord>,
    quota: Quota,
}

impl Heroku {
    /// A stand-in without an app.
    pub fn new(setup: Setup) -> Self {
        let mut rng = Rng::with_seed(setup.seed);
        let account_id = uuid(&mut rng);
        let state = State {
            rng,
            apps: Vec::new(),
            of_others: BTreeSet::new(),
            dynos: Vec::new(),
            authorizations: Vec::new(),
            programs: Arc::new(|_| Arc::new(NoProgram)),
            observer: Arc::new(NoObserver),
            images: None,
            manifests: BTreeMap::new(),
            has_eco: false,
            teams: BTreeSet::new(),
            unknowns: Unknowns::default(),
            next_phase: None,
            sessions: VecDeque::new(),
            ended: VecDeque::new(),
            quota: Quota::full(setup.clock.now()),
        };
        Self {
            core: Arc::new(Core {
                clock: setup.clock,
                token: setup.token,
                url: setup.url,
                account_id,
                state: Mutex::new(state),
            }),
            dynos: Arc::default(),
        }
    }

    /// Makes this the app of its name. Dynos that were started before go on as they were.
    pub fn deploy(&self, deployment: Deployment) {
        let now = self.core.clock.now();
        let mut state = self.core.state();
        let (id, release_id) = (uuid(&mut state.rng), uuid(&mut state.rng));
        let App {
            name,
            process_types,
            config_vars,
        } = deployment.app;
        let images = process_types
            .into_iter()
            .map(|process_type| (process_type, NO_IMAGE.to_owned()))
            .collect();
        state.apps.retain(|app| app.identity.name != name);
        state.apps.push(Hosted {
            config_vars,
            formation: formation::of_images(&images, now),
            releases: vec![Release::new(
                release_id,
                1,
                "Initial release",
                now,
                Contents::Images(images),
            )],
            program: Some(deployment.program),
            ..Hosted::new(id, name, now, deployment.observer)
        });
    }

    /// Says what the dynos of apps run that are made by a request, by their image.
    pub fn set_program(
        &self,
        program: impl Fn(&Image<'_>) -> Arc<dyn Program> + Send + Sync + 'static,
    ) {
        self.core.state().programs = Arc::new(program);
    }

    /// Says where images are pushed: from now on only such are released.
    pub fn set_registry(&self, images: Images) {
        self.core.state().images = Some(images);
    }

    /// Has the dynos of apps that are made by a request run their image, out of the registry.
    pub fn run_images(&self, isolation: Isolation) {
        let mut state = self.core.state();
        let registry = state.images.clone();
        state.programs = Arc::new(move |image| match (&registry, image.manifest) {
            (Some(images), Some(manifest)) => Arc::new(Container {
                images: images.clone(),
                isolation: isolation.clone(),
                repository: repository(image.app, image.process_type),
                manifest: manifest.to_owned(),
            }),
            _ => Arc::new(NoProgram),
        });
    }

    /// Subscribes the account to the Eco plan: its new apps get Eco dynos.
    pub fn subscribe_to_eco(&self) {
        self.core.state().has_eco = true;
    }

    /// Gives the process types of an app dynos of this size, where the vendor has it.
    pub fn set_dyno_size(&self, app: &str, size: &str) {
        let Ok(size) = size::parse(size) else {
            return;
        };
        let mut state = self.core.state();
        if let Some(app) = state.apps.iter_mut().find(|hosted| hosted.is(app)) {
            app.formation.iter_mut().for_each(|it| it.size = size);
        }
    }

    /// Makes an app one of the Fir generation, which is created in a Private Space.
    pub fn move_to_fir(&self, app: &str) {
        let mut state = self.core.state();
        if let Some(app) = state.apps.iter_mut().find(|hosted| hosted.is(app)) {
            app.generation = "fir";
        }
    }

    /// Makes the account a member of a team.
    pub fn join_team(&self, team: impl Into<String>) {
        self.core.state().teams.insert(team.into());
    }

    /// Says who is told of apps that are made by a request from now on.
    pub fn set_observer(&self, observer: Arc<dyn Observer>) {
        self.core.state().observer = observer;
    }

    /// Decides what the vendor's documents leave open.
    pub fn set_unknowns(&self, unknowns: Unknowns) {
        self.core.state().unknowns = unknowns;
    }

    /// Makes this the name of an app of another account.
    pub fn give_to_another(&self, app: impl Into<String>) {
        self.core.state().of_others.insert(app.into());
    }

    /// Counts so many more requests as sent in this hour.
    pub fn use_up(&self, requests: u32) {
        let now = self.core.clock.now();
        let mut state = self.core.state();
        for _ in 0..requests {
            state.quota.take(now);
        }
    }

    /// Closes the connections of all that follow a log, as the vendor does now and then.
    pub fn end_log_streams(&self) {
        let mut state = self.core.state();
        state.apps.iter_mut().for_each(|app| app.log.end_tails());
    }

    /// Drops the lines of all logs, as a busy app overwrites its own within minutes.
    pub fn forget_logs(&self) {
        let mut state = self.core.state();
        state.apps.iter_mut().for_each(|app| app.log.clear());
    }

    /// The tokens of the account's authorizations, for those who make sure that none is shown.
    pub fn authorization_tokens(&self) -> Vec<SecretString> {
        let state = self.core.state();
        let authorizations = state.authorizations.iter();
        authorizations.map(|one| one.token().clone()).collect()
    }

    /// The id of the authorization that this token belongs to, while it is not revoked.
    pub fn authorization_of_token(&self, token: &str) -> Option<String> {
        self.core.state().authorization_of_token(token)
    }

    /// Its API, and the log sessions that it hands out.
    pub fn router(&self) -> Router {
        api::router(self.clone())
    }

    /// The dynos that are alive, oldest first.
    pub fn alive(&self) -> Vec<Arc<DynoInfo>> {
        self.core.state().infos()
    }

    /// The dynos that ended since this was last asked, in the order of their ends; of very many only
    /// the last 1,000.
    pub fn drain_ended(&self) -> Vec<DynoRecord> {
        self.core.state().ended.drain(..).collect()
    }

    /// What the apps' logs hold, as `heroku logs` would print it; app by app.
    pub fn log(&self) -> Vec<String> {
        let state = self.core.state();
        let lines = state.apps.iter().flat_map(|app| app.log.lines());
        lines.map(ToString::to_string).collect()
    }
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn infos(&self) -> Vec<Arc<DynoInfo>> {
        let alive = self.dynos.iter().filter(|dyno| dyno.is_alive());
        alive.map(|dyno| dyno.info.clone()).collect()
    }
}

impl fmt::Debug for Heroku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heroku")
            .field("url", &self.core.url)
            .field("alive", &self.alive())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployment")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of config vars are secrets.
        f.debug_struct("App")
            .field("name", &self.name)
            .field("process_types", &self.process_types)
            .field("config_vars", &self.config_vars.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A token that opens nothing else, of the form that the vendor's have.
pub(super) fn random_token(rng: &mut Rng) -> String {
    let random = iter::repeat_with(|| rng.alphanumeric()).take(60);
    "HRKU-".chars().chain(random).collect()
}

/// Where the images of a process type are pushed to.
fn repository(app: &str, process_type: &str) -> String {
    format!("{app}/{process_type}")
}
