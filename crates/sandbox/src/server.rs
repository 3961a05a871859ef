//! Serves a stand-in on loopback, and makes trouble for chosen requests on the way to it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::ServiceExt as _;

/// From a failed accept, as of too many open files, to the next attempt.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// It is answered with this status and body, and nothing is done. A body that begins with `<` is
    /// sent as HTML, any other as JSON.
    Status(u16, String),
    /// It is acted upon, and answered, only after this time.
    Delay(Duration),
    /// It is acted upon, and answered with this `Date`.
    Dated(http::HeaderValue),
    /// The connection is closed, and nothing is done.
    Reset,
    /// It is acted upon, and the connection closed without an answer.
    LostAnswer,
    /// It is acted upon, and answered with this body in place of its own, as by a proxy between. A
    /// body that begins with `<` is sent as HTML.
    Body(String),
    /// It is acted upon, and only the first half of the answer's body is sent, as if it were all.
    Truncated,
    /// Nothing is done, and no answer ever comes.
    Hold,
    /// It is acted upon, and the receiver then gets its [`Held`], which holds the answer back. To see
    /// what a client leaves behind that dies right after a request, end the client first.
    Told(mpsc::UnboundedSender<Held>),
    /// The receiver gets its [`Held`] at once, and only when that is dropped is it acted upon and
    /// answered: what other clients do meanwhile comes before it.
    Waits(mpsc::UnboundedSender<Held>),
}

/// A request that a test holds. It goes on when this is dropped.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "held for its drop")] oneshot::Sender<()>);

impl Held {
    /// Hands out a guard, and waits until it is dropped. Nobody may listen any more.
    async fn hand_out(receiver: &mpsc::UnboundedSender<Self>) {
        let (guard, dropped) = oneshot::channel();
        let _ = receiver.send(Self(guard));
        let _ = dropped.await;
    }
}

/// Which of a route's requests a trouble meets, counted from when it is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Each of them.
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

/// The troubles of all servers of one sandbox, and a record of the requests that they received.
/// Clones share both.
#[derive(Clone, Default)]
pub struct Troubles(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    delay: Duration,
    rules: Vec<Rule>,
    record: Vec<(Method, String)>,
    watcher: Option<Watcher>,
}

type Watcher = Arc<dyn Fn() + Send + Sync>;

struct Rule {
    method: Method,
    path: String,
    which: Which,
    seen: usize,
    trouble: Trouble,
}

impl Troubles {
    /// Makes trouble for requests of this method whose path, without its query, is like
    /// `path_pattern`: `*` stands for any part of it that has no slash. Of troubles that meet one
    /// request the one set up first happens; the others have counted it.
    pub fn on(
        &self,
        method: Method,
        path_pattern: impl Into<String>,
        which: impl Into<Which>,
        trouble: Trouble,
    ) {
        self.state().rules.push(Rule {
            method,
            path: path_pattern.into(),
            which: which.into(),
            seen: 0,
            trouble,
        });
    }

    /// Keeps each request to any of the servers waiting for this time, as a network does that takes
    /// so long to them and back.
    pub fn delay_all(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Calls this for every request from now on, while whoever sent it waits for the answer. It
    /// must not wait for anything.
    pub fn watch(&self, watcher: impl Fn() + Send + Sync + 'static) {
        self.state().watcher = Some(Arc::new(watcher));
    }

    /// Ends all troubles and forgets the record; who watches goes on.
    pub fn clear(&self) {
        let mut state = self.state();
        *state = State {
            watcher: state.watcher.take(),
            ..State::default()
        };
    }

    /// Every request received so far, whatever happened to it: method, and path without query.
    pub fn record(&self) -> Vec<(Method, String)> {
        self.state().record.clone()
    }

    /// What it meets, and how long it waits before that.
    fn meet(&self, method: &Method, path: &str) -> (Duration, Option<Trouble>) {
        let watcher = self.state().watcher.clone();
        if let Some(watcher) = watcher {
            watcher();
        }
        let mut state = self.state();
        state.record.push((method.clone(), path.to_owned()));
        let mut met = None;
        for rule in &mut state.rules {
            if rule.method != *method || !is_like(path, &rule.path) {
                continue;
            }
            rule.seen += 1;
            let meets = match rule.which {
                Which::Every => true,
                Which::Nth(nth) => rule.seen == nth,
                Which::From(nth) => rule.seen >= nth,
            };
            if meets && met.is_none() {
                met = Some(rule.trouble.clone());
            }
        }
        (state.delay, met)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Troubles")
            .field("rules", &state.rules.len())
            .field("record", &state.record)
            .finish()
    }
}

fn is_like(path: &str, pattern: &str) -> bool {
    let (mut path, mut pattern) = (path.split('/'), pattern.split('/'));
    loop {
        match (path.next(), pattern.next()) {
            (None, None) => return true,
            (Some(part), Some(pattern)) if is_part_like(part, pattern) => {}
            _ => return false,
        }
    }
}

fn is_part_like(part: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return part == pattern;
    };
    part.strip_prefix(start).is_some_and(|part| {
        part.char_indices()
            .map(|(at, _)| at)
            .chain([part.len()])
            .any(|at| is_part_like(&part[at..], rest))
    })
}

/// Serves until it is dropped, and with it all connections.
pub async fn serve(listener: TcpListener, router: Router, troubles: Troubles) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(AFTER_FAILED_ACCEPT).await;
            continue;
        };
        // Small answers must not wait for the acknowledgement of others.
        let _ = stream.set_nodelay(true);
        let (router, troubles) = (router.clone(), troubles.clone());
        let service = service_fn(move |request| answer(router.clone(), troubles.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        connections.spawn(async move {
            // A client that went, or trouble.
            let _ = connection.await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// An error closes the connection without an answer.
async fn answer(
    router: Router,
    troubles: Troubles,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (delay, trouble) = troubles.meet(request.method(), request.uri().path());
    if !delay.is_zero() {
        sleep(delay).await;
    }
    match trouble {
        None => Ok(act(router, request.map(Body::new)).await),
        Some(Trouble::Status(status, body)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Ok(with_body(status, body))
        }
        Some(Trouble::Delay(delay)) => {
            sleep(delay).await;
            Ok(act(router, request.map(Body::new)).await)
        }
        Some(Trouble::Dated(date)) => {
            let mut response = act(router, request.map(Body::new)).await;
            response.headers_mut().insert(header::DATE, date);
            Ok(response)
        }
        Some(Trouble::Reset) => Err(io::ErrorKind::ConnectionReset.into()),
        Some(Trouble::LostAnswer) => {
            act_whole(router, request).await?;
            Err(io::ErrorKind::ConnectionReset.into())
        }
        Some(Trouble::Hold) => std::future::pending().await,
        Some(Trouble::Body(body)) => {
            let status = act_whole(router, request).await?.status();
            Ok(with_body(status, body))
        }
        Some(Trouble::Truncated) => {
            let (mut head, body) = act_whole(router, request).await?.into_parts();
            let body = to_bytes(body, usize::MAX).await.map_err(io::Error::other)?;
            head.headers.remove(header::CONTENT_LENGTH);
            let half = body.slice(..body.len() / 2);
            Ok(Response::from_parts(head, Body::from(half)))
        }
        Some(Trouble::Told(told)) => {
            let response = act_whole(router, request).await?;
            Held::hand_out(&told).await;
            Ok(response)
        }
        Some(Trouble::Waits(told)) => {
            Held::hand_out(&told).await;
            act_whole(router, request).await
        }
    }
}

fn with_body(status: StatusCode, body: String) -> Response<Body> {
    let content_type = if body.starts_with('<') {
        "text/html"
    } else {
        "application/json"
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let content_type = http::HeaderValue::from_static(content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

async fn act(router: Router, request: Request<Body>) -> Response<Body> {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Acts upon a request even if the client goes meanwhile.
async fn act_whole(router: Router, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX)
        .await
        .map_err(io::Error::other)?;
    let request = Request::from_parts(head, Body::from(body));
    tokio::spawn(act(router, request))
        .await
        .map_err(io::Error::other)
}
