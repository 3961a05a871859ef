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
mod formation;
mod ids;
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

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use secrecy::SecretString;
use tokio::task::JoinSet;

use self::account::Account;
use self::app::{Apps, Hosted};
use self::authorization::Authorizations;
use self::dyno::Dynos;
pub use self::dyno::{DynoInfo, DynoRecord, Stopper};
use self::ids::Ids;
pub(crate) use self::ids::random_token;
pub use self::images::{Images, PullError};
pub use self::isolation::{By, Isolation, NoIsolation};
pub use self::log::LogLine;
use self::log::LogSessions;
pub use self::process::Process;
use self::program::{Program, Programs};
pub use self::refusal::refused;
use self::release::{Contents, Release};
use picletter_logic_apps::Clock;

/// The image of an app that is deployed in code.
const NO_IMAGE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The fake. Clones share its apps; when the last of them and of its routers is dropped, its
/// dynos are killed.
#[derive(Clone)]
pub struct Heroku {
    core: Arc<Core>,
    // Apart from the core, which the tasks hold.
    running: Arc<Mutex<JoinSet<()>>>,
}

/// What a fake is made of.
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
    /// Receives the events of the dynos.
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

/// Receives the events of dynos as they happen. It must not block.
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

/// What every concern of the fake uses.
struct Core {
    clock: Clock,
    token: SecretString,
    url: String,
    account_id: String,
    state: Mutex<State>,
}

/// The state of each concern, which its own module describes.
struct State {
    ids: Ids,
    account: Account,
    authorizations: Authorizations,
    apps: Apps,
    programs: Programs,
    dynos: Dynos,
    sessions: LogSessions,
    unknowns: Unknowns,
}

impl Heroku {
    /// A fake without an app.
    pub fn new(setup: Setup) -> Self {
        let mut ids = Ids::with_seed(setup.seed);
        let account_id = ids.uuid();
        let state = State {
            ids,
            account: Account::new(setup.clock.now()),
            authorizations: Authorizations::default(),
            apps: Apps::default(),
            programs: Programs::default(),
            dynos: Dynos::default(),
            sessions: LogSessions::default(),
            unknowns: Unknowns::default(),
        };
        Self {
            core: Arc::new(Core {
                clock: setup.clock,
                token: setup.token,
                url: setup.url,
                account_id,
                state: Mutex::new(state),
            }),
            running: Arc::default(),
        }
    }

    /// Makes this the app of its name. Dynos that were started before go on as they were.
    pub fn deploy(&self, deployment: Deployment) {
        let now = self.core.clock.now();
        let mut state = self.core.state();
        let (id, release_id) = (state.ids.uuid(), state.ids.uuid());
        let App {
            name,
            process_types,
            config_vars,
        } = deployment.app;
        let images = process_types
            .into_iter()
            .map(|process_type| (process_type, NO_IMAGE.to_owned()))
            .collect();
        let apps = &mut state.apps.hosted;
        apps.retain(|app| app.identity.name != name);
        apps.push(Hosted {
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

    /// Decides what the vendor's documents leave open.
    pub fn set_unknowns(&self, unknowns: Unknowns) {
        self.core.state().unknowns = unknowns;
    }

    /// Its API, and the log sessions that it hands out.
    pub fn router(&self) -> Router {
        api::router(self.clone())
    }
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
