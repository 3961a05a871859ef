//! What time it is, as an input.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The time of the machine, or of a simulation.
///
/// Simulated time is that of a tokio runtime whose clock is paused (`start_paused`): it stands still
/// while anything computes and jumps to the next timer when nothing does. Code waits by
/// [`Clock::sleep_until`] and runs the same on both.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    simulated_from: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// The machine's own time.
    pub fn system() -> Self {
        Self {
            simulated_from: None,
        }
    }

    /// Time that is `start` now. To be called on a runtime whose clock is paused.
    pub fn simulated(start: Timestamp) -> Self {
        Self {
            simulated_from: Some((start, Instant::now())),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self.simulated_from {
            None => Timestamp::now(),
            Some((start, origin)) => start
                .checked_add(origin.elapsed())
                .unwrap_or(Timestamp::MAX),
        }
    }

    /// Returns at `time`, or at once where it has passed.
    pub async fn sleep_until(&self, time: Timestamp) {
        let wait = Duration::try_from(time.duration_since(self.now())).unwrap_or(Duration::ZERO);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }
}
