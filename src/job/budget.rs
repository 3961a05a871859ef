//! How long a run may take, and when it is asked to stop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Heroku kills a dyno 30 s after SIGTERM; the report needs some of that.
const AFTER_SIGTERM: Duration = Duration::from_secs(15);

/// The time limits of one run; all derive from `RUN_DEADLINE`.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// When the run began.
    pub started: Instant,
    /// When it must be over, but for the report.
    pub deadline: Instant,
    /// How long to wait on a peer that makes no progress, and the grace for the report.
    pub patience: Duration,
}

impl Budget {
    /// A budget that begins now. Patience is a twelfth of the deadline, 1 s to 10 s.
    pub fn starting_now(limit: Duration) -> Self {
        let started = Instant::now();
        Self {
            started,
            deadline: started + limit,
            patience: (limit / 12).clamp(Duration::from_secs(1), Duration::from_secs(10)),
        }
    }

    /// When fetching must be over, so that time is left to send.
    pub fn fetch_by(&self) -> Instant {
        self.deadline - (self.deadline - self.started) / 4
    }
}

/// Tells the run to end at the next safe point.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<&'static str>>);

impl Stop {
    /// A pair: send a signal's name, and the run hears it.
    pub fn channel() -> (watch::Sender<Option<&'static str>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Waits for the signal; never returns when there will be none.
    pub async fn requested(&self) -> &'static str {
        let mut receiver = self.0.clone();
        match receiver
            .wait_for(Option::is_some)
            .await
            .map(|signal| *signal)
        {
            Ok(Some(signal)) => signal,
            _ => std::future::pending().await,
        }
    }

    /// The signal, if it came.
    pub fn signal(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Waits for `end`, or until shortly after the signal, whichever is first.
    pub async fn or_until(&self, end: Instant) {
        tokio::select! {
            () = tokio::time::sleep_until(end) => {}
            _ = self.requested_for(AFTER_SIGTERM) => {}
        }
    }

    /// Waits for the signal, and `grace` longer; never returns when there will be none.
    pub async fn requested_for(&self, grace: Duration) -> &'static str {
        let signal = self.requested().await;
        tokio::time::sleep(grace).await;
        signal
    }
}
