//! Faults: what can happen to a request on its way to a fake and back.
//!
//! A [`Fault`] is the same for fakes that are served over HTTP ([`server`](crate::server)) and for
//! those that are called in memory ([`FaultyTransport`]). [`Faults`] decides which request has one:
//! by rules for routes, as tests use them, or by a function, as simulations do.

mod apply;
mod transport;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, Uri, header};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::apply::through;
pub use self::transport::FaultyTransport;

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The request gets this response and is not processed.
    Answer(Response<Bytes>),
    /// The request arrives only after this time.
    Delay(Duration),
    /// The response has this `Date`.
    Dated(HeaderValue),
    /// The connection is closed, and the request is not processed. In memory, no connection is made.
    Reset,
    /// The request gets no response.
    Lost {
        /// After which time the request is processed all the same, if ever: a time longer than the
        /// client waits makes a request that is processed behind its back.
        done_after: Option<Duration>,
        /// What the client sees.
        seen: Silence,
    },
    /// The request arrives twice, the second time so much later; the client gets the response to the
    /// first. Azure was seen to send a POST twice with `retryPolicy: none` (Azure/logicapps#1136,
    /// #1483).
    Twice(Duration),
    /// The response has this body instead of its own, as if sent by a proxy. A body that begins with
    /// `<` is sent as HTML, any other as JSON.
    Body(String),
    /// Half of the response's body is sent as if it were the whole.
    Truncated,
    /// The request is processed, and its response waits until the receiver drops the [`Held`]. To see
    /// what a client leaves behind that dies right after a request, end the client first.
    HoldAnswer(mpsc::UnboundedSender<Held>),
    /// The request waits until the receiver drops the [`Held`]: requests of other clients that are
    /// sent meanwhile are processed first.
    HoldRequest(mpsc::UnboundedSender<Held>),
}

impl Fault {
    /// The request is processed at once, and the connection closed without a response.
    pub const LOST_ANSWER: Self = Self::Lost {
        done_after: Some(Duration::ZERO),
        seen: Silence::Reset(Duration::ZERO),
    };

    /// The request is not processed, and no response ever comes.
    pub const UNANSWERED: Self = Self::Lost {
        done_after: None,
        seen: Silence::Timeout(Duration::MAX),
    };

    /// The request gets this status and body and is not processed. A body that begins with `<` is
    /// sent as HTML, any other as JSON. A number that is no status becomes 500.
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

/// What a client sees that gets no response, unless it gives up before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The connection is closed after this time.
    Reset(Duration),
    /// Nothing until its transport gives up after this time. A server closes the connection then.
    Timeout(Duration),
}

/// A request that a test holds. It goes on when this is dropped.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "held for its drop")] oneshot::Sender<()>);

impl Held {
    /// Hands out a guard and waits until it is dropped, or for nothing where nobody receives it.
    async fn hand_out(receiver: &mpsc::UnboundedSender<Self>) {
        let (guard, dropped) = oneshot::channel();
        let _ = receiver.send(Self(guard));
        let _ = dropped.await;
    }
}

/// A request that may have a fault.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its URI; only path and query where a server received it.
    pub uri: &'a Uri,
    /// When it was sent.
    pub at: Timestamp,
}

/// Which requests of a route have a fault, counted from when the rule is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    Every,
    /// Only this one; the first is 1.
    Nth(usize),
    /// This one and all after it.
    From(usize),
}

impl From<usize> for Which {
    fn from(nth: usize) -> Self {
        Self::Nth(nth)
    }
}

/// The faults of several fakes, and a record of the requests that their servers received. Clones
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
    /// The faults that `decide` gives to requests.
    pub fn new(decide: impl Fn(&Call<'_>) -> Option<Fault> + Send + Sync + 'static) -> Self {
        let faults = Self::default();
        faults.rules().decider = Some(Arc::new(decide));
        faults
    }

    /// Adds a fault of requests with this method and a path, without its query, like `route`, in
    /// which a segment `*` stands for any one segment. Of several rules that apply to one request the
    /// one added first decides; the others have counted it.
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

    /// Delays every request to any of the servers by the round trip time of a network.
    pub fn delay_all(&self, delay: Duration) {
        self.rules().delay = delay;
    }

    /// Calls this for every request to a server from now on, while the client waits for the
    /// response. It must not block.
    pub fn watch(&self, watcher: impl Fn() + Send + Sync + 'static) {
        self.rules().watcher = Some(Arc::new(watcher));
    }

    /// Removes all faults and clears the record; the watcher stays.
    pub fn clear(&self) {
        let mut rules = self.rules();
        *rules = Rules {
            watcher: rules.watcher.take(),
            ..Rules::default()
        };
    }

    /// Method, and path without query, of every request that a server has received, faulty or not.
    pub fn record(&self) -> Vec<(Method, String)> {
        self.rules().record.clone()
    }

    /// The fault of a request.
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

    /// Records a request that a server received; gives the delay of all requests and its own fault.
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

/// Whether a path is one of a route, in which `*` stands for one segment.
fn is_on_route(path: &str, route: &str) -> bool {
    let (path, mut route) = (path.split('/'), route.split('/'));
    let mut segments = path.map(|segment| (segment, route.next()));
    segments.all(|(segment, wanted)| wanted.is_some_and(|it| it == "*" || it == segment))
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
