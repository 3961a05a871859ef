//! A fake of Azure: sign-in with Entra ID, Azure Resource Manager, Logic Apps, and the alert mails
//! of Azure Monitor.
//!
//! [`arm`](picletter_logic_apps::arm) evaluates templates, and
//! [`LogicApp`](picletter_logic_apps::LogicApp) runs workflows. Sources: Microsoft's REST reference
//! (<https://learn.microsoft.com/rest/api/resources/>, `/rest/api/logic/`, `/rest/api/monitor/`),
//! "Troubleshoot common Azure deployment errors", and "Microsoft Entra authentication error codes".

mod access;
mod api;
mod authority;
mod call;
mod contents;
mod deployment;
mod deployments;
mod discovery;
mod evaluation;
mod groups;
mod history;
mod ids;
mod kinds;
mod monitor;
mod operations;
mod positions;
mod refusal;
mod resource_lists;
mod resources;
mod runs;
mod versions;
mod what_if;
mod workflow;
mod workflows;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use fastrand::Rng;
use http::Request;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::task::JoinSet;

use self::authority::Tokens;
use self::contents::LinkKey;
use self::groups::Groups;
use self::ids::Ids;
pub use self::monitor::AlertMail;
use self::monitor::Monitor;
use self::operations::Operations;
use super::logic_apps;
use crate::ids::uuid;
use picletter_logic_apps::Clock;
use picletter_logic_apps::Transport;

/// The fake. Clones share its state. Its deployments and triggers stop when the last clone and
/// router are dropped.
#[derive(Clone)]
pub struct Azure {
    core: Arc<Core>,
}

/// Parameters of a fake.
pub struct Setup {
    /// The clock.
    pub clock: Clock,
    /// The URL of its router, without a trailing slash.
    pub url: String,
    /// The existing subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// The credentials that can sign in.
    pub credentials: Credentials,
    /// Sends the requests of workflows.
    pub transport: Arc<dyn Transport>,
    /// Seed of IDs and tokens. The same seed yields the same values.
    pub seed: u64,
    /// Duration of asynchronous operations, in seconds, and the value of `Retry-After`. Applies to
    /// each resource of a deployment, a what-if, and the deletion of a resource group.
    pub retry_after: u32,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The GUID.
    pub id: String,
    /// The display name.
    pub name: String,
}

/// A service principal with all permissions in every subscription.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The GUID of the directory.
    pub tenant: String,
    /// The GUID of the application.
    pub client_id: String,
    /// The client secret of the application.
    pub client_secret: SecretString,
    /// The only token of another issuer that the application trusts (workload identity federation).
    pub assertion: SecretString,
}

impl Credentials {
    /// Random credentials, valid only at a fake that is set up with them.
    pub fn random() -> Self {
        let random = |length| -> String {
            std::iter::repeat_with(fastrand::alphanumeric)
                .take(length)
                .collect()
        };
        Self {
            tenant: uuid(&mut Rng::new()),
            client_id: uuid(&mut Rng::new()),
            client_secret: SecretString::from(format!("{}~{}", random(6), random(33))),
            assertion: SecretString::from(format!("{}.{}.{}", random(20), random(60), random(43))),
        }
    }
}

/// The shared core of the fake.
struct Core {
    setup: Setup,
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
}

/// The state, grouped by module.
struct State {
    ids: Ids,
    tokens: Tokens,
    groups: Groups,
    operations: Operations,
    monitor: Monitor,
    links: LinkKey,
}

impl Azure {
    /// A fake without resource groups.
    pub fn new(setup: Setup) -> Self {
        let mut ids = Ids::with_seed(setup.seed);
        let state = State {
            links: LinkKey::random(&mut ids),
            ids,
            tokens: Tokens::default(),
            groups: Groups::default(),
            operations: Operations::default(),
            monitor: Monitor::default(),
        };
        Self {
            core: Arc::new(Core {
                setup,
                state: Mutex::new(state),
                tasks: Mutex::default(),
            }),
        }
    }

    /// The router for sign-in, the API, and the callbacks of workflows.
    pub fn router(&self) -> Router {
        let (core, contents) = (self.core.clone(), self.core.clone());
        let contents = async move |request: axum::extract::Request| {
            let (head, _) = request.into_parts();
            let request = Request::from_parts(head, Bytes::new());
            contents.contents(request).map(Body::from)
        };
        api::router(self.core.clone())
            .merge(logic_apps::answering(move |request| {
                core.handle_callback(request)
            }))
            .route("/workflows/{*rest}", get(contents))
    }

    /// The existing subscriptions.
    pub fn subscriptions(&self) -> &[Subscription] {
        &self.core.setup.subscriptions
    }
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.setup.clock.now()
    }

    /// Runs a task until it ends or the fake is dropped.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

impl fmt::Debug for Azure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Azure")
            .field("url", &self.core.setup.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("url", &self.url)
            .field("subscriptions", &self.subscriptions)
            .finish_non_exhaustive()
    }
}
