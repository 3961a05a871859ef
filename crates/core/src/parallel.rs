//! Work on all cores.

use std::num::NonZero;
use std::{panic, thread};

/// The fewest items for which a thread of their own is worthwhile.
const MIN_SHARE: usize = 16;

/// Splits `items` into one share per core and maps each share in a thread of its own. Returns the
/// results in the order of the items.
pub(crate) fn map_shares<T: Sync, R: Send>(items: &[T], map: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(threads).max(MIN_SHARE);
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .chunks(share)
            .map(|share| scope.spawn(|| map(share)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|cause| panic::resume_unwind(cause))
            })
            .collect()
    })
}
