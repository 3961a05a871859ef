//! Readings that concurrent requests share.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use picletter::dashboard::live::shared_reading::{SharedReading, Validity};

/// Age up to which a reading is used even if the board has changed.
const BURST: Duration = Duration::from_secs(2);

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
