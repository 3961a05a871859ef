//! Heroku on a bad day: what happens to single requests, decided by a test or a simulation.
//!
//! It happens on the way, around a transport ([`Faulty`]) or a served router ([`troubled`]), since a
//! lost answer is a matter between client and server, of which the API itself knows nothing.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{Method, StatusCode, Uri};
use http_body::Frame;
use jiff::Timestamp;
use tokio::time::sleep;

use super::refusal::Refusal;
use picletter_logic_apps::Clock;
use picletter_logic_apps::{Sending, Transport, TransportError};

/// A request whose fate is to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Where it goes; of a request that a served router received, only path and query.
    pub uri: &'a Uri,
    /// When it was sent.
    pub at: Timestamp,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing out of order.
    None,
    /// It is received only after a while, and then answered.
    Slow(Duration),
    /// It is refused, and nothing is done.
    Refused {
        /// Such as 401, 409, 429, 500 or 503; the body says what the vendor's says with it.
        status: StatusCode,
        /// Seconds of the `Retry-After` header.
        retry_after: Option<u32>,
    },
    /// It arrives twice, the second time so much later; the first is answered. Azure was seen to
    /// send a POST twice with `retryPolicy: none` (Azure/logicapps#1136, #1483).
    Twice(Duration),
    /// No connection comes about, and nothing is done. Where it is a served router that has to do
    /// this, the connection is closed instead.
    Unreachable,
    /// No answer comes.
    Lost {
        /// After what time it is done all the same, if ever: longer than the client waits is a
        /// request that is done behind its back.
        done_after: Option<Duration>,
        /// What the client sees.
        seen: Silence,
    },
}

/// What a client sees that gets no answer, unless it gives up before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The connection is reset after a while.
    Reset(Duration),
    /// Nothing, until its transport gives up after this time. A served router closes the connection
    /// then.
    Timeout(Duration),
}

/// Decides the fate of each request.
#[derive(Clone)]
pub struct Faults(Arc<dyn Fn(&Call<'_>) -> Fault + Send + Sync>);

impl Faults {
    /// Faults as `decide` has them.
    pub fn new(decide: impl Fn(&Call<'_>) -> Fault + Send + Sync + 'static) -> Self {
        Self(Arc::new(decide))
    }

    /// What happens to a request.
    pub fn decide(&self, call: &Call<'_>) -> Fault {
        (self.0)(call)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}

/// A transport on which requests meet their faults.
#[derive(Debug)]
pub struct Faulty<T> {
    inner: Arc<T>,
    clock: Clock,
    faults: Faults,
}

impl<T: Transport + 'static> Faulty<T> {
    /// Requests to `inner`, which meet `faults` on the way.
    pub fn new(inner: T, clock: Clock, faults: Faults) -> Self {
        Self {
            inner: Arc::new(inner),
            clock,
            faults,
        }
    }

    async fn pass(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let fault = self.faults.decide(&Call {
            method: request.method(),
            uri: request.uri(),
            at: self.clock.now(),
        });
        match fault {
            Fault::None => self.inner.send(request).await,
            Fault::Slow(delay) => {
                sleep(delay).await;
                self.inner.send(request).await
            }
            Fault::Twice(later) => {
                let (inner, again) = (self.inner.clone(), request.clone());
                do_after(Some(later), async move {
                    // Nobody waits for its answer.
                    let _ = inner.send(again).await;
                })
                .await;
                self.inner.send(request).await
            }
            Fault::Refused {
                status,
                retry_after,
            } => {
                let response = Refusal::failure(status, retry_after).into_response();
                let (head, body) = response.into_parts();
                let body = to_bytes(body, usize::MAX)
                    .await
                    .map_err(|error| TransportError::Connection(error.to_string()))?;
                Ok(http::Response::from_parts(head, body))
            }
            Fault::Unreachable => {
                let reason = "connection refused";
                Err(TransportError::Connection(reason.to_owned()))
            }
            Fault::Lost { done_after, seen } => {
                let inner = self.inner.clone();
                do_after(done_after, async move {
                    // Its answer is what is lost.
                    let _ = inner.send(request).await;
                })
                .await;
                Err(seen.as_error().await)
            }
        }
    }
}

impl<T: Transport + 'static> Transport for Faulty<T> {
    fn send(&self, request: http::Request<Bytes>) -> Sending<'_> {
        Box::pin(self.pass(request))
    }
}

impl Silence {
    async fn as_error(self) -> TransportError {
        match self {
            Self::Reset(after) => {
                sleep(after).await;
                TransportError::Connection("connection reset by peer".to_owned())
            }
            Self::Timeout(after) => {
                sleep(after).await;
                TransportError::TimedOut(after)
            }
        }
    }
}

/// Does it now, or later whatever becomes of the caller.
async fn do_after(after: Option<Duration>, deed: impl Future<Output = ()> + Send + 'static) {
    match after {
        None => {}
        Some(Duration::ZERO) => deed.await,
        Some(after) => {
            tokio::spawn(async move {
                sleep(after).await;
                deed.await;
            });
        }
    }
}

/// A router to be served whose requests meet `faults` on the way.
pub fn troubled(router: Router, clock: Clock, faults: Faults) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let fault = faults.decide(&Call {
            method: request.method(),
            uri: request.uri(),
            at: clock.now(),
        });
        answer(fault, request, next)
    }))
}

async fn answer(fault: Fault, request: Request, next: Next) -> Response {
    match fault {
        Fault::None => next.run(request).await,
        Fault::Slow(delay) => {
            sleep(delay).await;
            next.run(request).await
        }
        Fault::Twice(later) => {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            let again = Request::from_parts(head.clone(), Body::from(body.clone()));
            let later_next = next.clone();
            do_after(Some(later), async move {
                let _ = later_next.run(again).await;
            })
            .await;
            next.run(Request::from_parts(head, Body::from(body))).await
        }
        Fault::Refused {
            status,
            retry_after,
        } => Refusal::failure(status, retry_after).into_response(),
        Fault::Unreachable => Response::new(Body::new(Reset)),
        Fault::Lost { done_after, seen } => {
            // The body is read first, since the client may go.
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            let request = Request::from_parts(head, Body::from(body));
            do_after(done_after, async move {
                let _ = next.run(request).await;
            })
            .await;
            seen.as_error().await;
            Response::new(Body::new(Reset))
        }
    }
}

/// A body that breaks off at once: the server then closes the connection before it has sent even the
/// head of its answer.
struct Reset;

impl http_body::Body for Reset {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())))
    }
}
