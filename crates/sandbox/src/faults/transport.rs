//! A transport that applies faults to requests.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use picletter_logic_apps::Clock;
use picletter_logic_apps::{Sending, Transport, TransportError};

use super::apply::read_body;
use super::{Call, Faults, apply};

/// Applies faults to requests to another transport.
#[derive(Debug)]
pub struct FaultyTransport<T> {
    inner: Arc<T>,
    clock: Clock,
    faults: Faults,
}

impl<T: Transport + 'static> FaultyTransport<T> {
    /// Applies `faults` to requests to `inner`. `clock` provides their [`Call::at`].
    pub fn new(inner: T, clock: Clock, faults: Faults) -> Self {
        Self {
            inner: Arc::new(inner),
            clock,
            faults,
        }
    }

    async fn send_faulty(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, TransportError> {
        let fault = self.faults.decide(&Call {
            method: request.method(),
            uri: request.uri(),
            at: self.clock.now(),
        });
        let Some(fault) = fault else {
            return self.inner.send(request).await;
        };
        let send = |request| {
            let inner = Arc::clone(&self.inner);
            async move { inner.send(request).await.map(|it| it.map(Body::from)) }
        };
        let (head, body) = apply(fault, request, send).await?.into_parts();
        Ok(Response::from_parts(head, read_body(body).await?))
    }
}

impl<T: Transport + 'static> Transport for FaultyTransport<T> {
    fn send(&self, request: Request<Bytes>) -> Sending<'_> {
        Box::pin(self.send_faulty(request))
    }
}
