//! How a workflow's HTTP actions reach the world.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

/// Time limit of one request ("Outbound request: 120 seconds", `logic-apps-limits-and-config.md`).
pub(crate) const REQUEST_LIMIT: Duration = Duration::from_mins(2);

/// A response in flight.
pub type Sending<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'a>>;

/// Sends one request and reads the whole answer, following no redirect and repeating nothing.
pub trait Transport: Send + Sync {
    /// Sends `request`; its URI is absolute.
    fn send(&self, request: http::Request<Bytes>) -> Sending<'_>;
}

/// No answer came.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// The connection could not be made, or ended before the answer was complete.
    #[error("{0}")]
    Connection(String),
    /// Nothing came within the time that the sender waits.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
}
