//! A fake of Azure: the sign-in of Entra ID, Azure Resource Manager, Logic Apps and Azure
//! Monitor's mails.
//!
//! Templates are evaluated by [`arm`](picletter_logic_apps::arm), workflows run by
//! [`LogicApp`](picletter_logic_apps::LogicApp). Sources: Microsoft's REST reference
//! (<https://learn.microsoft.com/rest/api/resources/>, `/rest/api/logic/`, `/rest/api/monitor/`),
//! "Troubleshoot common Azure deployment errors" and "Microsoft Entra authentication error codes".

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

/// The fake. Clones are the same one; with the last of them and of its routers, its deployments
/// and triggers stop.
#[derive(Clone)]
pub struct Azure {
    core: Arc<Core>,
}

/// What a fake is made of.
pub struct Setup {
    /// What time it is.
    pub clock: Clock,
    /// Where clients reach its router, without a slash at the end.
    pub url: String,
    /// The subscriptions that there are.
    pub subscriptions: Vec<Subscription>,
    /// Who may sign in.
    pub credentials: Credentials,
    /// How its workflows' requests are sent.
    pub transport: Arc<dyn Transport>,
    /// What ids and tokens are drawn from; the same seed gives the same ones.
    pub seed: u64,
    /// How long anything takes that is not answered at once, in seconds, and what `Retry-After`
    /// says: each resource of a deployment, a what-if, the deletion of a resource group.
    pub retry_after: u32,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its GUID.
    pub id: String,
    /// Its display name.
    pub name: String,
}

/// A service principal that may do anything in every subscription.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The directory's GUID.
    pub tenant: String,
    /// The application's GUID.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: SecretString,
    /// The one token of another issuer that it trusts (workload identity federation).
    pub assertion: SecretString,
}

impl Credentials {
    /// Credentials that open nothing else; other ones each time.
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

/// What every concern of the fake uses.
struct Core {
    setup: Setup,
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
}

/// The state of each concern, which its own module describes.
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

    /// Its sign-in, its API, and where its workflows are called back.
    pub fn router(&self) -> Router {
        let (core, contents) = (self.core.clone(), self.core.clone());
        let contents = async move |request: axum::extract::Request| {
            let (head, _) = request.into_parts();
            let request = Request::from_parts(head, Bytes::new());
            contents.contents(request).map(Body::from)
        };
        api::router(self.core.clone())
            .merge(logic_apps::answering(move |request| {
                core.called_back(request)
            }))
            .route("/workflows/{*rest}", get(contents))
    }

    /// The subscriptions that it knows.
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

    /// Lets something go on until it ends or the fake is dropped.
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
