//! A clock that a test moves.

use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

/// A step of [`ManualClock::advance_until_end`].
const STEP: Duration = Duration::from_millis(100);

/// A paused clock that moves only by [`ManualClock::advance`]. tokio moves a paused clock by itself
/// while all tasks wait, also for a server, unless a blocking task runs.
pub(crate) struct ManualClock(#[expect(dead_code, reason = "held for its drop")] mpsc::Sender<()>);

impl ManualClock {
    pub(crate) fn pause() -> Self {
        let (sender, receiver) = mpsc::channel();
        tokio::task::spawn_blocking(move || receiver.recv());
        tokio::time::pause();
        Self(sender)
    }

    pub(crate) async fn advance(&self, by: Duration) {
        tokio::time::advance(by).await;
    }

    /// Advances in small steps until `future` ends. Also advances while `future` waits for a server.
    pub(crate) async fn advance_until_end<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            tokio::select! {
                biased;
                result = &mut future => return result,
                () = self.advance(STEP) => {}
            }
        }
    }
}

impl Drop for ManualClock {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}
