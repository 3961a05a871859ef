//! Readings that concurrent requests share.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// Age of a reading up to which it is used even if the board has changed since. One poll can change
/// the board several times.
const BURST: Duration = Duration::from_secs(2);

/// The last result of a read. All tabs of all browsers share it until it expires.
pub(super) struct SharedReading<T>(Mutex<Option<Reading<T>>>);

struct Reading<T> {
    value: T,
    /// Number of changes of the board when the read began.
    change: u64,
    begun: Instant,
}

/// How long a reading is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validity {
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
    pub(super) async fn get(
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const MOST: Duration = Duration::from_secs(10);

    /// A reading that counts its reads.
    #[derive(Default)]
    struct Counted {
        reading: SharedReading<u32>,
        reads: AtomicU32,
    }

    impl Counted {
        async fn get(&self, validity: Validity, change: u64) -> u32 {
            let read = async {
                tokio::task::yield_now().await;
                self.reads.fetch_add(1, Ordering::Relaxed) + 1
            };
            self.reading.get(|_| validity, || change, read).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn concurrent_calls_share_one_read() {
        let counted = Counted::default();
        let get = || counted.get(Validity::UntilChange(MOST), 1);
        assert_eq!(tokio::join!(get(), get(), get()), (1, 1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_expires_a_reading_that_is_older_than_a_burst() {
        let counted = Counted::default();
        let validity = Validity::UntilChange(MOST);
        assert_eq!(counted.get(validity, 1).await, 1);
        assert_eq!(counted.get(validity, 2).await, 1);
        tokio::time::advance(BURST).await;
        assert_eq!(counted.get(validity, 1).await, 1);
        assert_eq!(counted.get(validity, 2).await, 2);
        tokio::time::advance(MOST).await;
        assert_eq!(counted.get(validity, 2).await, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_does_not_expire_a_reading_with_a_fixed_validity() {
        let counted = Counted::default();
        assert_eq!(counted.get(Validity::For(MOST), 1).await, 1);
        tokio::time::advance(MOST / 2).await;
        assert_eq!(counted.get(Validity::For(MOST), 2).await, 1);
        tokio::time::advance(MOST).await;
        assert_eq!(counted.get(Validity::Unlimited, 3).await, 1);
        assert_eq!(counted.get(Validity::For(MOST), 3).await, 2);
    }
}
