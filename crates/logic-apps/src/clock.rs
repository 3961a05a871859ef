//! Clock: the machine's time or simulated time.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Source of the time: the machine's clock, or simulated time.
///
/// Simulated time follows a tokio runtime with a paused clock (`start_paused`): it stands still during
/// computation and jumps to the next timer when everything waits. Code that waits with
/// [`Clock::sleep_until`] runs on both.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    simulated_from: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self {
            simulated_from: None,
        }
    }

    /// Simulated time that starts at `start`. Call it on a runtime with a paused clock.
    pub fn simulated(start: Timestamp) -> Self {
        Self {
            simulated_from: Some((start, Instant::now())),
        }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        match self.simulated_from {
            None => Timestamp::now(),
            Some((start, origin)) => start
                .checked_add(origin.elapsed())
                .unwrap_or(Timestamp::MAX),
        }
    }

    /// Waits until `time`; returns immediately if it has passed.
    pub async fn sleep_until(&self, time: Timestamp) {
        let wait = Duration::try_from(time.duration_since(self.now())).unwrap_or(Duration::ZERO);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}
