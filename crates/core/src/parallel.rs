//! Work on all cores.

use std::num::NonZero;
use std::{panic, thread};

/// Minimum number of items per thread; for fewer, another thread costs more time than it saves.
const MIN_SHARE: usize = 16;

/// Splits `items` into one share per core and maps the shares at the same time. Returns the results
/// in the order of the items.
pub(crate) fn map_shares<T: Sync, R: Send>(items: &[T], map: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    map_in_threads(items, items.len().div_ceil(cores).max(MIN_SHARE), map)
}

fn map_in_threads<T: Sync, R: Send>(
    items: &[T],
    share: usize,
    map: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..10).collect();
        for share in [1, 3, 10, 20] {
            let shares = map_in_threads(&items, share, <[usize]>::to_vec);
            assert_eq!(shares.concat(), items);
            assert_eq!(shares.len(), items.len().div_ceil(share));
        }
        assert!(map_in_threads(&[], 3, <[usize]>::to_vec).is_empty());
    }
}
