//! How many requests an account may make.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference#rate-limits>: a pool of
//! 4,500, refilled by 75 a minute.

use jiff::Timestamp;

const POOL: u32 = 4_500;
const MILLISECONDS_FOR_ONE: i64 = 60_000 / 75;

#[derive(Debug)]
pub(super) struct Quota {
    /// When the pool will be full again, if nothing more is asked.
    full_at: i64,
}

impl Quota {
    pub(super) fn full(now: Timestamp) -> Self {
        Self {
            full_at: now.as_millisecond(),
        }
    }

    /// Takes one request out of the pool and tells how many remain; none where it was empty.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<u32> {
        let now = now.as_millisecond();
        let full_at = self.full_at.max(now) + MILLISECONDS_FOR_ONE;
        let used = (full_at - now + MILLISECONDS_FOR_ONE - 1) / MILLISECONDS_FOR_ONE;
        let remaining = POOL.checked_sub(u32::try_from(used).unwrap_or(u32::MAX))?;
        self.full_at = full_at;
        Some(remaining)
    }
}
