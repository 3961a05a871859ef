//! HTTP servers of the fakes on loopback, which apply faults to requests.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use picletter_logic_apps::TransportError;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::ServiceExt as _;

use crate::faults::{self, Call, Faults};

/// Delay after a failed accept, for example one caused by too many open files.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// A listener on a free port of loopback.
pub(crate) struct Listener {
    pub(crate) listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    pub(crate) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The URL of the listener, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        url(self.address)
    }

    pub(crate) fn serves<T>(&self, fake: T) -> Served<T> {
        Served {
            fake,
            address: self.address,
        }
    }
}

/// A fake and the address of its server.
#[derive(Debug)]
pub(crate) struct Served<T> {
    fake: T,
    address: SocketAddr,
}

impl<T> Served<T> {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of the server, without a trailing slash.
    pub(crate) fn url(&self) -> String {
        url(self.address)
    }
}

impl<T> Deref for Served<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fake
    }
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Serves `router` with `faults`. Dropping the future closes all connections.
pub async fn serve(listener: TcpListener, router: Router, faults: Faults) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_RETRY_DELAY).await;
            continue;
        };
        // Small responses must not wait for acknowledgements of earlier ones.
        let _ = stream.set_nodelay(true);
        let (router, faults) = (router.clone(), faults.clone());
        let service = service_fn(move |request| answer(router.clone(), faults.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        connections.spawn(async move {
            // An error means that the client disconnected, or that a fault closed the connection.
            let _ = connection.await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Handles a request. An error closes the connection without a response.
async fn answer(
    router: Router,
    faults: Faults,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let (delay, fault) = faults.receive(&Call {
        method: request.method(),
        uri: request.uri(),
        at: Timestamp::now(),
    });
    if !delay.is_zero() {
        sleep(delay).await;
    }
    let Some(fault) = fault else {
        return Ok(process(router, request.map(Body::new)).await);
    };
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await;
    let request = Request::from_parts(head, body.map_err(io::Error::other)?);
    let send = |request: Request<_>| {
        let router = router.clone();
        // Runs in a task that is also aborted when the client disconnects.
        async move {
            let processed = tokio::spawn(process(router, request.map(Body::from))).await;
            processed.map_err(|error| TransportError::Connection(error.to_string()))
        }
    };
    let answered = faults::apply(fault, request, send).await;
    answered.map_err(|_| io::ErrorKind::ConnectionReset.into())
}

async fn process(router: Router, request: Request<Body>) -> Response<Body> {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
