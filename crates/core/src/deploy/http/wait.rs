//! Waits that vendors require before a retry.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use jiff::SignedDuration;

/// A wait before a retry, after an answer with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The vendor's name.
    pub vendor: &'static str,
    /// The status of its answer.
    pub status: StatusCode,
    /// The wait that the answer requires.
    pub required: Duration,
    /// The length of the wait: at least the required one, and at least that of the backoff.
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

/// The instruction for the help of an error: to wait as long as the answer requires, or else
/// `by_default`, and to run the command again.
pub(crate) fn retry_help(retry_after: Option<Duration>, by_default: &str) -> String {
    let required = retry_after.filter(|wait| !wait.is_zero());
    let wait = required.map_or_else(|| by_default.to_owned(), wait_words);
    format!("wait {wait}, then run the command again")
}

/// The help for an outage of a vendor whose status page is `status_page`.
pub(crate) fn outage_help(status_page: &str, retry_after: Option<Duration>) -> String {
    let required = retry_after.filter(|wait| !wait.is_zero());
    let wait = required.map(|wait| format!("wait {}, ", wait_words(wait)));
    let wait = wait.unwrap_or_default();
    format!("check {status_page}, {wait}then run the command again")
}

/// A wait in words, rounded up to seconds, such as `1m 30s`.
pub fn wait_words(wait: Duration) -> String {
    let seconds = wait.as_nanos().div_ceil(1_000_000_000);
    let wait = SignedDuration::from_secs(seconds.try_into().unwrap_or(i64::MAX));
    format!("{wait:#}")
}
