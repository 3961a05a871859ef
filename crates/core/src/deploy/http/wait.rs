//! Waits that vendors require before a retry.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;

/// A wait that a vendor requires by `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The vendor's name.
    pub vendor: &'static str,
    /// The status of its answer.
    pub status: StatusCode,
    /// The length of the wait.
    pub length: Duration,
}

/// Receives each wait before it begins; nothing by default.
#[derive(Clone, Default)]
pub(super) struct WaitListener(Option<Arc<dyn Fn(Wait) + Send + Sync>>);

impl WaitListener {
    pub(super) fn new(listener: impl Fn(Wait) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    pub(super) fn notify(&self, wait: Wait) {
        if let Some(listener) = &self.0 {
            listener(wait);
        }
    }
}

impl fmt::Debug for WaitListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WaitListener").finish_non_exhaustive()
    }
}

/// A wait in words, such as `1m 30s`.
pub fn wait_words(wait: Duration) -> String {
    let wait = SignedDuration::from_secs(wait.as_secs().try_into().unwrap_or(i64::MAX));
    format!("{wait:#}")
}
