//! Concurrent futures.

use futures_util::stream::{self, StreamExt as _};

/// The outputs of `futures` in their order. At most `limit` run concurrently.
pub async fn join_all<F: Future>(
    futures: impl IntoIterator<Item = F>,
    limit: usize,
) -> Vec<F::Output> {
    let futures: Vec<F> = futures.into_iter().collect();
    stream::iter(futures).buffered(limit).collect().await
}
