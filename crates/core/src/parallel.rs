//! Work on all cores.

use std::num::NonZero;
use std::{panic, thread};

/// Minimum number of items per thread; for fewer, another thread costs more time than it saves.
const MIN_SHARE: usize = 16;

/// Splits `items` into one share per core and maps the shares at the same time. Returns the results
/// in the order of the items.
pub(crate) fn map_shares<T: Sync, R: Send>(items: &[T], map: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(cores).max(MIN_SHARE);
    let map = &map;
    thread::scope(|scope| {
        let mut shares = items.chunks(share);
        let first = shares.next();
        let others: Vec<_> = shares
            .map(|share| {
                // Without another thread, this one does the work.
                let thread = thread::Builder::new().spawn_scoped(scope, || map(share));
                (share, thread.ok())
            })
            .collect();
        let first = first.map(map);
        let others = others.into_iter().map(|(share, thread)| match thread {
            Some(thread) => thread
                .join()
                .unwrap_or_else(|cause| panic::resume_unwind(cause)),
            None => map(share),
        });
        first.into_iter().chain(others).collect()
    })
}
