//! Futures that go on together within one task, so that dropping it ends them all.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// A future of a known output.
pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Futures of which each is waited for.
pub(super) struct Concurrent<'a, T> {
    going: Vec<Boxed<'a, T>>,
}

impl<'a, T> Concurrent<'a, T> {
    pub(super) fn new() -> Self {
        Self { going: Vec::new() }
    }

    pub(super) fn push(&mut self, future: Boxed<'a, T>) {
        self.going.push(future);
    }

    pub(super) fn len(&self) -> usize {
        self.going.len()
    }

    /// The output of the first to end; nothing where none goes on.
    pub(super) async fn next(&mut self) -> Option<T> {
        if self.going.is_empty() {
            return None;
        }
        poll_fn(|context| {
            for n in 0..self.going.len() {
                if let Poll::Ready(output) = self.going[n].as_mut().poll(context) {
                    drop(self.going.swap_remove(n));
                    return Poll::Ready(Some(output));
                }
            }
            Poll::Pending
        })
        .await
    }
}
