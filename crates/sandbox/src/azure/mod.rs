//! A stand-in for Azure: the sign-in of Entra ID, Azure Resource Manager, Logic Apps and Azure
//! Monitor's mails.
//!
//! Templates are evaluated by [`arm`](picletter_logic_apps::arm), workflows run by
//! [`LogicApp`]. Sources: Microsoft's REST reference
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
mod kinds;
mod monitor;
mod positions;
mod refusal;
mod resource_lists;
mod resources;
mod runs;
mod versions;
mod what_if;
mod workflow;
mod workflows;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use fastrand::Rng;
use http::{Request, Response};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::groups::Group;
use self::refusal::Refusal;
use super::logic_apps;
use crate::ids::uuid;
use picletter_logic_apps::Clock;
use picletter_logic_apps::LogicApp;
use picletter_logic_apps::Transport;

/// The stand-in. Clones are the same one; with the last of them and of its routers, its deployments
/// and triggers stop.
#[derive(Clone)]
pub struct Azure {
    core: Arc<Core>,
}

/// What a stand-in is made of.
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

/// A mail that Azure Monitor sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertMail {
    /// Its receiver's address.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// The failed run that it is about.
    pub run: String,
    /// When the alert fired.
    pub at: Timestamp,
}

struct Core {
    setup: Setup,
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
}

struct State {
    rng: Rng,
    /// Access tokens, and when they expire.
    tokens: HashMap<String, Timestamp>,
    groups: Vec<Group>,
    /// What is not answered at once, by token.
    pending: HashMap<String, Pending>,
    outbox: Vec<AlertMail>,
    last_version: i64,
    /// What the addresses of inputs and outputs are signed with.
    link_key: String,
    /// The failed runs that Azure Monitor has looked at last, newest last.
    judged: watch::Sender<VecDeque<String>>,
}

/// Something whose outcome is asked for later.
struct Pending {
    ready_at: Timestamp,
    outcome: Option<Value>,
}

impl Azure {
    /// A stand-in without resource groups.
    pub fn new(setup: Setup) -> Self {
        let mut rng = Rng::with_seed(setup.seed);
        let state = State {
            link_key: format!("{:032x}", rng.u128(..)),
            last_version: i64::MAX,
            rng,
            tokens: HashMap::new(),
            groups: Vec::new(),
            pending: HashMap::new(),
            outbox: Vec::new(),
            judged: watch::Sender::default(),
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

    /// The workflow of this name as it runs, for those who watch.
    pub fn workflow(&self, name: &str) -> Option<LogicApp> {
        let state = self.core.state();
        let mut resources = state.groups.iter().flat_map(|group| &group.resources);
        let named = resources.find(|one| one.workflow.is_some() && one.name == name)?;
        named.workflow.as_ref()?.current().cloned()
    }

    /// A parameter of the workflow of this name as it was deployed, secret or not: no answer holds
    /// the secret ones.
    pub fn workflow_parameter(&self, workflow: &str, parameter: &str) -> Option<Value> {
        let state = self.core.state();
        let mut resources = state.groups.iter().flat_map(|group| &group.resources);
        let named = resources.find(|one| one.workflow.is_some() && one.name == workflow)?;
        let value = &named.properties["parameters"][parameter]["value"];
        (!value.is_null()).then(|| value.clone())
    }

    /// The access tokens that were issued, for those who make sure that none is shown.
    pub fn tokens(&self) -> Vec<SecretString> {
        let state = self.core.state();
        let tokens = state.tokens.keys();
        tokens.map(|token| token.as_str().into()).collect()
    }

    /// The alerts that Azure Monitor sent, oldest first.
    pub fn outbox(&self) -> Vec<AlertMail> {
        self.core.state().outbox.clone()
    }

    /// The alerts for a run that has just failed, once Azure Monitor has looked at it.
    pub async fn mails_about(&self, run: &str) -> Vec<AlertMail> {
        let mut judged = self.core.state().judged.subscribe();
        // It looks for as long as this is there.
        let _ = judged
            .wait_for(|judged| judged.iter().any(|one| one == run))
            .await;
        let mut mails = self.outbox();
        mails.retain(|mail| mail.run == run);
        mails
    }
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.setup.clock.now()
    }

    /// When what begins now is done.
    fn done_at(&self) -> Timestamp {
        let wait = Duration::from_secs(self.setup.retry_after.into());
        self.now().checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// Lets something go on until it ends or the stand-in is dropped.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    fn called_back(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let run = request
            .uri()
            .path()
            .split("/runs/")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default();
        let app = {
            let state = self.state();
            state.workflows().find_map(|workflow| workflow.app_of(run))
        };
        match app {
            Some(app) => app.callback(request),
            None => Refusal::not_found(
                "WorkflowRunNotFound",
                format!("The workflow run '{run}' could not be found."),
            )
            .into_bytes(),
        }
    }
}

impl State {
    fn uuid(&mut self) -> String {
        uuid(&mut self.rng)
    }

    fn random(&mut self, length: usize) -> String {
        std::iter::repeat_with(|| self.rng.alphanumeric())
            .take(length)
            .collect()
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
