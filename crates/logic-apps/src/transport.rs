//! The interface through which HTTP actions send their requests.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

/// Time limit of one request ("Outbound request: 120 seconds", `logic-apps-limits-and-config.md`).
pub(crate) const REQUEST_LIMIT: Duration = Duration::from_mins(2);

/// A response in flight.
pub type Sending<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

/// Sends one request and reads the whole response, without following redirects or retrying.
pub trait Transport: Send + Sync {
    /// Sends `request`, whose URI must be absolute.
    fn send(&self, request: http::Request<Bytes>) -> Sending<'_>;
}

/// Why a request has no response.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The connection failed, or ended before the response was complete.
    #[error("{0}")]
    Connection(String),
    /// No response arrived within this time.
    #[error("no response within {0:?}")]
    TimedOut(Duration),
}
