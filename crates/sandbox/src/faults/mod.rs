//! Faults of requests to the fakes.
//!
//! A [`Fault`] has the same effect on fakes served over HTTP ([`server`](crate::server)) and on
//! fakes called in memory ([`FaultyTransport`]). [`Faults`] selects the requests: by rules for
//! routes, as in tests, or by a function, as in simulations.

mod apply;
mod transport;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, Uri, header};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::apply::apply;
pub use self::transport::FaultyTransport;

/// A fault of a single request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Responds with this instead of processing the request.
    Answer(Response<Bytes>),
    /// Delays the request by this time.
    Delay(Duration),
    /// Replaces the `Date` header of the response.
    Date(HeaderValue),
    /// Closes the connection without processing the request. In memory: refuses the connection.
    Reset,
    /// Sends no response.
    Lost {
        /// Delay after which the request is processed; `None` if it is not processed. If the delay exceeds the
        /// client's timeout, the request is processed after the client gave up.
        processed_after: Option<Duration>,
        /// What the client observes.
        seen: Silence,
    },
    /// Delivers the request twice, the second time after this delay; the client receives the response
    /// to the first. Azure has been observed to send a POST twice with `retryPolicy: none`
    /// (Azure/logicapps#1136, #1483).
    Twice(Duration),
    /// Replaces the body of the response, as a proxy might. A body that begins with `<` is sent as
    /// HTML, any other body as JSON.
    Body(String),
    /// Sends the first half of the body as if it were complete.
    Truncated,
    /// Processes the request and holds the response until the receiver drops the [`Held`]. A test can
    /// end the client before that, to simulate a client that dies right after a request.
    HoldAnswer(mpsc::UnboundedSender<Held>),
    /// Holds the request until the receiver drops the [`Held`]. Requests that other clients send in
    /// the meantime are processed first.
    HoldRequest(mpsc::UnboundedSender<Held>),
}

impl Fault {
    /// Processes the request immediately and closes the connection without a response.
    pub const LOST_ANSWER: Self = Self::Lost {
        processed_after: Some(Duration::ZERO),
        seen: Silence::Reset(Duration::ZERO),
    };

    /// Neither processes the request nor ever responds.
    pub const UNANSWERED: Self = Self::Lost {
        processed_after: None,
        seen: Silence::Timeout(Duration::MAX),
    };

    /// Responds with this status and body instead of processing the request. A body that begins
    /// with `<` is sent as HTML, any other body as JSON. An invalid status becomes 500.
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = body.into();
        let content_type = content_type(&body);
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, content_type);
        Self::Answer(response)
    }
}

fn content_type(body: &str) -> HeaderValue {
    HeaderValue::from_static(if body.starts_with('<') {
        "text/html"
    } else {
        "application/json"
    })
}

/// What a client without a response observes, unless its own timeout ends earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The connection is closed after this time.
    Reset(Duration),
    /// The transport times out after this time. A server closes the connection then.
    Timeout(Duration),
}

/// A held request. Dropping this value releases the request.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "held for its drop")] oneshot::Sender<()>);

impl Held {
    /// Sends a guard to `receiver` and waits until it is dropped. Returns immediately if the receiver
    /// is gone.
    async fn hold(receiver: &mpsc::UnboundedSender<Self>) {
        let (guard, dropped) = oneshot::channel();
        let _ = receiver.send(Self(guard));
        let _ = dropped.await;
    }
}

/// A request, as input for choosing its fault.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a Method,
    /// The URI. Servers receive only path and query.
    pub uri: &'a Uri,
    /// When the request was sent.
    pub at: Timestamp,
}

/// The requests of a route that have a fault, counted from when the rule is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Every request.
    Every,
    /// Only the nth request, counted from 1.
    Nth(usize),
    /// The nth request, counted from 1, and all later ones.
    From(usize),
}

impl From<usize> for Which {
    fn from(nth: usize) -> Self {
        Self::Nth(nth)
    }
}

/// The faults of several fakes, and the record of the requests that their servers received. Clones
/// share both.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Rules>>);

#[derive(Default)]
struct Rules {
    delay: Duration,
    routes: Vec<RouteRule>,
    decider: Option<Decider>,
    record: Vec<(Method, String)>,
    watcher: Option<Watcher>,
}

type Decider = Arc<dyn Fn(&Call<'_>) -> Option<Fault> + Send + Sync>;
type Watcher = Arc<dyn Fn() + Send + Sync>;

struct RouteRule {
    method: Method,
    route: String,
    which: Which,
    seen: usize,
    fault: Fault,
}

impl Faults {
    /// Faults chosen by `decide`.
    pub fn new(decide: impl Fn(&Call<'_>) -> Option<Fault> + Send + Sync + 'static) -> Self {
        let faults = Self::default();
        faults.rules().decider = Some(Arc::new(decide));
        faults
    }

    /// Adds a fault of requests with this method and a path that matches `route`, in which the
    /// segment `*` matches any one segment. Queries are ignored. If several rules apply to a
    /// request, the first one added wins; every matching rule counts the request.
    pub fn on(
        &self,
        method: Method,
        route: impl Into<String>,
        which: impl Into<Which>,
        fault: Fault,
    ) {
        self.rules().routes.push(RouteRule {
            method,
            route: route.into(),
            which: which.into(),
            seen: 0,
            fault,
        });
    }

    /// Delays every request to any of the servers, like the round-trip time of a network.
    pub fn delay_all(&self, delay: Duration) {
        self.rules().delay = delay;
    }

    /// Calls `watcher` for every request to a server from now on, while the client waits for the
    /// response. It must not block.
    pub fn watch(&self, watcher: impl Fn() + Send + Sync + 'static) {
        self.rules().watcher = Some(Arc::new(watcher));
    }

    /// Removes all faults and clears the record. The watcher remains.
    pub fn clear(&self) {
        let mut rules = self.rules();
        *rules = Rules {
            watcher: rules.watcher.take(),
            ..Rules::default()
        };
    }

    /// Method and path, without the query, of every request that a server received, including
    /// faulty ones.
    pub fn record(&self) -> Vec<(Method, String)> {
        self.rules().record.clone()
    }

    /// The fault of a request, if any.
    pub fn decide(&self, call: &Call<'_>) -> Option<Fault> {
        let decider = {
            let mut rules = self.rules();
            match rules.by_route(call) {
                Some(fault) => return Some(fault),
                None => rules.decider.clone()?,
            }
        };
        decider(call)
    }

    /// Records a request that a server received. Returns the delay of all requests and the fault of
    /// this one.
    pub(crate) fn receive(&self, call: &Call<'_>) -> (Duration, Option<Fault>) {
        let (delay, watcher) = {
            let mut rules = self.rules();
            let path = call.uri.path().to_owned();
            rules.record.push((call.method.clone(), path));
            (rules.delay, rules.watcher.clone())
        };
        if let Some(watcher) = watcher {
            watcher();
        }
        (delay, self.decide(call))
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rules {
    fn by_route(&mut self, call: &Call<'_>) -> Option<Fault> {
        let mut found = None;
        for rule in &mut self.routes {
            if rule.method != *call.method || !is_on_route(call.uri.path(), &rule.route) {
                continue;
            }
            rule.seen += 1;
            let applies = match rule.which {
                Which::Every => true,
                Which::Nth(nth) => rule.seen == nth,
                Which::From(nth) => rule.seen >= nth,
            };
            if applies && found.is_none() {
                found = Some(rule.fault.clone());
            }
        }
        found
    }
}

/// Whether a path matches a route, in which `*` matches one segment.
fn is_on_route(path: &str, route: &str) -> bool {
    let (path, mut route) = (path.split('/'), route.split('/'));
    let mut segments = path.map(|segment| (segment, route.next()));
    segments.all(|(segment, pattern)| pattern.is_some_and(|it| it == "*" || it == segment))
        && route.next().is_none()
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules();
        f.debug_struct("Faults")
            .field("routes", &rules.routes.len())
            .field("record", &rules.record)
            .finish()
    }
}
