//! The transport for a real network.

use std::error::Error as _;

use bytes::Bytes;
use http::{Request, Response};
use reqwest::{Client, redirect};
use rustls::ClientConfig;

use crate::transport::{REQUEST_LIMIT, Sending, Transport, TransportError};

/// Larger answers are an error ("Message size: 100 MB", `logic-apps-limits-and-config.md`).
const LARGEST_ANSWER: usize = 100 << 20;

/// [`Transport`] over HTTP/1.1, with TLS as the caller configures it. It follows no redirect, does not
/// retry, uses no proxy, and has the service's time limit.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client,
}

impl HttpClient {
    /// A client with this TLS configuration.
    ///
    /// # Errors
    /// The client cannot be set up with this configuration.
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
        let mut answer = self.client.execute(request).await.map_err(failed)?;
        let mut response = Response::new(());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                let message = format!("the answer is larger than {LARGEST_ANSWER} bytes");
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

/// The reasons of an error, innermost last; never its URL, which may carry a signature.
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
