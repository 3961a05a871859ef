//! Whether this machine's clock is right, by the `Date` of vendors' answers.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::DATE;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

/// How far the clocks of others are from this machine's. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct ClockOffset(Arc<Mutex<Option<SignedDuration>>>);

impl ClockOffset {
    /// The least that any answer told so far, positive where this machine is behind: one vendor may
    /// be wrong, or an answer slow. `None` where no answer told the time.
    pub fn least(&self) -> Option<SignedDuration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Source: RFC 9110, 6.6.1.
    pub(super) fn note(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let Some(date) = date else {
            return;
        };
        let offset = date.duration_since(Timestamp::now());
        let mut least = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if least.is_none_or(|least| offset.abs() < least.abs()) {
            *least = Some(offset);
        }
    }
}
