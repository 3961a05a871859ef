//! The offset of this machine's clock, from the `Date` header of answers.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::DATE;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

/// The offset between the vendors' clocks and this machine's. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct ClockOffset(Arc<Mutex<Option<SignedDuration>>>);

impl ClockOffset {
    /// The smallest offset of all answers so far, positive if this machine is behind. Larger ones are
    /// ignored: a vendor's clock may be wrong, or an answer slow. `None` if no answer had a time.
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
