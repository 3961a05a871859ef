//! HTTP without a network: requests are dispatched by host to the fakes in this process.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderValue, Request, header};
use tower::ServiceExt as _;

use picletter_logic_apps::{Sending, Transport, TransportError};

/// Hosts of this process, keyed by the authority of their URLs (`api.heroku.com`,
/// `127.0.0.1:8025`).
///
/// Clones share the hosts, so hosts that call each other can be mounted in any order.
#[derive(Debug, Clone, Default)]
pub struct InMemory {
    hosts: Arc<RwLock<HashMap<String, Router>>>,
}

impl InMemory {
    /// Makes `router` handle the requests to `authority`.
    pub fn mount(&self, authority: impl Into<String>, router: Router) {
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        hosts.insert(authority.into(), router);
    }

    /// Removes all hosts. This breaks reference cycles: a host may own a clone of this value.
    pub fn clear(&self) {
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        hosts.clear();
    }

    fn router(&self, authority: &str) -> Option<Router> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.get(authority).cloned()
    }

    async fn answer(
        &self,
        mut request: Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let authority = request.uri().authority().map_or("", |host| host.as_str());
        let router = self
            .router(authority)
            .ok_or_else(|| TransportError::Connection(format!("unknown host: {authority}")))?;
        if let Ok(host) = HeaderValue::from_str(authority) {
            request.headers_mut().insert(header::HOST, host);
        }
        let response = match router.oneshot(request.map(Body::from)).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX)
            .await
            .map_err(|error| TransportError::Connection(error.to_string()))?;
        Ok(http::Response::from_parts(head, body))
    }
}

impl Transport for InMemory {
    fn send(&self, request: Request<Bytes>) -> Sending<'_> {
        Box::pin(self.answer(request))
    }
}
