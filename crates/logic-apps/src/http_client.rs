//! HTTP client: the [`Transport`] for a real network.

use std::error::Error as _;

use bytes::Bytes;
use http::{Request, Response};
use reqwest::{Client, redirect};
use rustls::ClientConfig;

use crate::transport::{REQUEST_LIMIT, Sending, Transport, TransportError};

/// Maximum size of a response body, in bytes ("Message size: 100 MB",
/// `logic-apps-limits-and-config.md`). A larger body is an error.
const MAX_RESPONSE_SIZE: usize = 100 << 20;

/// [`Transport`] over HTTP/1.1, with TLS as the caller configures it. It does not follow redirects,
/// does not retry, ignores proxies, and applies the service's time limit.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client,
}

impl HttpClient {
    /// Creates a client with this TLS configuration.
    pub fn new(tls: ClientConfig) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .redirect(redirect::Policy::none())
            .timeout(REQUEST_LIMIT)
            .build()?;
        Ok(Self { client })
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                TransportError::TimedOut(REQUEST_LIMIT)
            } else {
                TransportError::Connection(describe(&error))
            }
        };
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut received = self.client.execute(request).await.map_err(failed)?;
        let mut response = Response::new(());
        *response.status_mut() = received.status();
        *response.headers_mut() = std::mem::take(received.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = received.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_RESPONSE_SIZE {
                let message = format!("the response body is larger than {MAX_RESPONSE_SIZE} bytes");
                return Err(TransportError::Connection(message));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.map(|()| Bytes::from(body)))
    }
}

impl Transport for HttpClient {
    fn send(&self, request: Request<Bytes>) -> Sending<'_> {
        Box::pin(self.exchange(request))
    }
}

/// Returns the causes of an error, innermost last, without its URL, which may contain a signature.
fn describe(error: &reqwest::Error) -> String {
    let mut reasons = Vec::new();
    let mut source = error.source();
    while let Some(reason) = source {
        reasons.push(reason.to_string());
        source = reason.source();
    }
    reasons.dedup();
    if reasons.is_empty() {
        return "the request failed".to_owned();
    }
    reasons.join(": ")
}
