//! The rate limit of an account.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference#rate-limits>: a pool of
//! 4,500 requests, refilled at 75 per minute.

use jiff::Timestamp;

const POOL: u32 = 4_500;
const REFILL_MILLISECONDS: i64 = 60_000 / 75;

#[derive(Debug)]
pub(super) struct Quota {
    /// When the pool is full again without further requests, in milliseconds since the epoch.
    full_at: i64,
}

impl Quota {
    pub(super) fn full(now: Timestamp) -> Self {
        Self {
            full_at: now.as_millisecond(),
        }
    }

    /// Takes one request from the pool and returns how many remain. `None` if the pool is empty.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<u32> {
        let now = now.as_millisecond();
        let full_at = self.full_at.max(now) + REFILL_MILLISECONDS;
        let used = (full_at - now + REFILL_MILLISECONDS - 1) / REFILL_MILLISECONDS;
        let remaining = POOL.checked_sub(u32::try_from(used).unwrap_or(u32::MAX))?;
        self.full_at = full_at;
        Some(remaining)
    }
}
