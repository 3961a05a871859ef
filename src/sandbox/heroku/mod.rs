//! A stand-in for Heroku's Platform API: one app, whose one-off dynos run a [`Program`].
//!
//! Source: the vendor's JSON hyper-schema (<https://github.com/heroku/platform-api>) and its
//! reference, <https://devcenter.heroku.com/articles/platform-api-reference>.

mod api;
mod body;
mod dyno;
pub mod faults;
mod lifecycle;
mod log;
mod process;
pub mod program;
mod quota;
mod refusal;
pub mod simulated;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::Router;
use fastrand::Rng;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::task::JoinSet;

use self::dyno::Dyno;
pub use self::dyno::{DynoInfo, DynoRecord, Stopper};
pub use self::log::LogLine;
use self::log::{Log, LogSession};
pub use self::process::Process;
use self::program::Program;
use self::quota::Quota;
use crate::logic_app::clock::Clock;

/// How many ended dynos are remembered; of more, the oldest are forgotten.
const RECORDS: usize = 1_000;

/// The stand-in. Clones share one app; when the last of them and of its routers is dropped, its
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

struct Core {
    clock: Clock,
    token: SecretString,
    url: String,
    account_id: String,
    deployed: RwLock<Option<Arc<Deployed>>>,
    state: Mutex<State>,
}

struct Deployed {
    id: String,
    release_id: String,
    at: Timestamp,
    app: App,
    program: Arc<dyn Program>,
    observer: Arc<dyn Observer>,
}

struct State {
    rng: Rng,
    /// The dynos that are alive, oldest first.
    dynos: Vec<Dyno>,
    log: Log,
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
            dynos: Vec::new(),
            log: Log::default(),
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
                deployed: RwLock::default(),
                state: Mutex::new(state),
            }),
            dynos: Arc::default(),
        }
    }

    /// Makes this the one app that there is. Dynos that were started before go on as they were.
    pub fn deploy(&self, deployment: Deployment) {
        let (id, release_id) = {
            let mut state = self.core.state();
            (uuid(&mut state.rng), uuid(&mut state.rng))
        };
        let deployed = Deployed {
            id,
            release_id,
            at: self.core.clock.now(),
            app: deployment.app,
            program: deployment.program,
            observer: deployment.observer,
        };
        let mut slot = self
            .core
            .deployed
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = Some(Arc::new(deployed));
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

    /// What the app's log holds, as `heroku logs` would print it.
    pub fn log(&self) -> Vec<String> {
        self.core
            .state()
            .log
            .lines()
            .map(ToString::to_string)
            .collect()
    }
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deployed(&self) -> Option<Arc<Deployed>> {
        let slot = self.deployed.read().unwrap_or_else(PoisonError::into_inner);
        slot.clone()
    }
}

impl State {
    fn infos(&self) -> Vec<Arc<DynoInfo>> {
        self.dynos.iter().map(|dyno| dyno.info.clone()).collect()
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

/// A random UUID, of version 4.
fn uuid(rng: &mut Rng) -> String {
    let random = rng.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{random:032x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}
