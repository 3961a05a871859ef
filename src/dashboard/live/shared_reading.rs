//! Readings that concurrent requests share.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Age of a reading up to which it is used even if the board has changed since. One poll can change
/// the board several times.
const BURST: Duration = Duration::from_secs(2);

/// The last result of a read. All tabs of all browsers share it until it expires.
pub struct SharedReading<T>(Mutex<Option<Reading<T>>>);

struct Reading<T> {
    value: T,
    /// Number of changes of the board when the read began.
    change: u64,
    begun: Instant,
}

/// How long a reading is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Until the board changes, but at most this long.
    UntilChange(Duration),
    /// This long, even if the board changes.
    For(Duration),
    /// As long as it is kept.
    Unlimited,
}

impl<T> Default for SharedReading<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> SharedReading<T> {
    /// The last result if it is valid, otherwise that of `read`. Concurrent calls wait for one read.
    /// `change` returns the number of changes of the board.
    pub async fn get(
        &self,
        validity: impl FnOnce(Option<&T>) -> Validity,
        change: impl FnOnce() -> u64,
        read: impl Future<Output = T>,
    ) -> T {
        let mut last = self.0.lock().await;
        let change = change();
        let validity = validity(last.as_ref().map(|reading| &reading.value));
        if let Some(reading) = last.as_ref().filter(|it| it.is_valid(validity, change)) {
            return reading.value.clone();
        }
        let begun = Instant::now();
        let value = read.await;
        *last = Some(Reading {
            value: value.clone(),
            change,
            begun,
        });
        value
    }
}

impl<T> Reading<T> {
    fn is_valid(&self, validity: Validity, change: u64) -> bool {
        let age = self.begun.elapsed();
        match validity {
            Validity::UntilChange(most) => age < BURST || self.change == change && age < most,
            Validity::For(most) => age < most,
            Validity::Unlimited => true,
        }
    }
}
