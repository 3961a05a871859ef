//! A fake of Heroku's Platform API: apps whose dynos run their image, their slug, or a [`Program`].
//!
//! Source: the vendor's JSON hyper-schema (<https://github.com/heroku/platform-api>) and reference,
//! <https://devcenter.heroku.com/articles/platform-api-reference>.

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
pub mod unpack;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use secrecy::SecretString;
use tokio::task::JoinSet;

use self::account::Account;
use self::app::{Apps, HostedApp};
use self::authorization::Authorizations;
use self::dyno::Dynos;
pub use self::dyno::{DynoInfo, DynoRecord, Stopper};
use self::ids::Ids;
pub(crate) use self::ids::random_token;
pub use self::images::{Images, PullError};
pub use self::isolation::{Isolation, IsolationError, IsolationMethod};
pub use self::log::LogLine;
use self::log::LogSessions;
pub use self::process::Process;
use self::program::{Program, Programs};
pub use self::refusal::error_response;
use self::release::{Contents, Release};
use picletter_logic_apps::Clock;

/// The image ID of apps deployed in code.
const NO_IMAGE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The fake. Clones share its state. Its dynos are killed when the last clone and router are
/// dropped.
#[derive(Clone)]
pub struct Heroku {
    core: Arc<Core>,
    // Separate from the core, because the tasks own the core.
    running: Arc<Mutex<JoinSet<()>>>,
}

/// Parameters of a fake.
pub struct Setup {
    /// The clock.
    pub clock: Clock,
    /// The API token that the fake accepts.
    pub token: SecretString,
    /// The URL of its router, without a trailing slash. The URLs of log sessions begin with it.
    pub url: String,
    /// Seed of IDs and dyno numbers. The same seed yields the same values.
    pub seed: u64,
}

/// An app deployed in code, with the program of its dynos.
pub struct Deployment {
    /// The app.
    pub app: App,
    /// What its dynos run.
    pub program: Arc<dyn Program>,
    /// Receives the events of its dynos.
    pub observer: Arc<dyn Observer>,
}

/// An app to deploy in code.
#[derive(Clone)]
pub struct App {
    /// The name.
    pub name: String,
    /// The process types that have an image.
    pub process_types: Vec<String>,
    /// The config vars, which all dynos receive.
    pub config_vars: BTreeMap<String, String>,
}

/// Receives the events of dynos. Its methods must not block.
pub trait Observer: Send + Sync {
    /// A dyno was started while the dynos in `others` were alive.
    fn started(&self, dyno: &DynoInfo, others: &[Arc<DynoInfo>]) {
        let _ = (dyno, others);
    }

    /// A line was added to the app's log.
    fn logged(&self, line: &LogLine) {
        let _ = line;
    }

    /// A dyno ended and is no longer listed.
    fn ended(&self, record: &DynoRecord) {
        let _ = record;
    }
}

/// Ignores all events.
#[derive(Debug, Clone, Copy)]
pub struct NoObserver;

impl Observer for NoObserver {}

/// Assumptions about behavior that the vendor does not document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumptions {
    /// Whether an authorization with scope `write` can start a dyno.
    pub write_starts_dynos: bool,
    /// The number of dynos of a process type other than `web` after its first release.
    pub first_quantity: u64,
}

impl Default for Assumptions {
    /// The most likely behavior.
    fn default() -> Self {
        Self {
            write_starts_dynos: true,
            first_quantity: 0,
        }
    }
}

/// The shared core of the fake.
struct Core {
    clock: Clock,
    token: SecretString,
    url: String,
    account_id: String,
    state: Mutex<State>,
}

/// The state, grouped by module.
struct State {
    ids: Ids,
    account: Account,
    authorizations: Authorizations,
    apps: Apps,
    programs: Programs,
    dynos: Dynos,
    sessions: LogSessions,
    assumptions: Assumptions,
}

impl Heroku {
    /// A fake without apps.
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
            assumptions: Assumptions::default(),
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

    /// Creates or replaces the app with this name. Running dynos continue unchanged.
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
        apps.push(HostedApp {
            config_vars,
            formation: formation::for_images(&images, now),
            releases: vec![Release::new(
                release_id,
                1,
                "Initial release",
                now,
                Contents::Images(images),
            )],
            program: Some(deployment.program),
            ..HostedApp::new(id, name, now, deployment.observer)
        });
    }

    /// Sets assumptions about undocumented behavior.
    pub fn set_assumptions(&self, assumptions: Assumptions) {
        self.core.state().assumptions = assumptions;
    }

    /// The API and the URLs of log sessions.
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
