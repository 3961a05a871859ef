//! How long a run may take, and when it is asked to stop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

// Heroku kills a dyno 30 s after SIGTERM; the report and the last line need some of that.
const FOR_THE_ANSWER: Duration = Duration::from_secs(15);
const FOR_EVERYTHING: Duration = Duration::from_secs(26);

/// The time limits of one run; all derive from `RUN_DEADLINE`.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// When the run began.
    pub started: Instant,
    /// When it must be over, except for the report.
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

/// A signal that ends the run.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// Its name, such as `SIGTERM`.
    pub name: &'static str,
    /// When it came.
    pub at: Instant,
}

/// Ends the run at the next safe point.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<Signal>>);

impl Stop {
    /// A sender for the signal, and its receiver.
    pub fn channel() -> (watch::Sender<Option<Signal>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Waits for the signal; never returns when there will be none.
    pub async fn requested(&self) -> Signal {
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

    /// The signal's name, if it came.
    pub fn signal(&self) -> Option<&'static str> {
        self.0.borrow().map(|signal| signal.name)
    }

    /// Waits for `end`, or until an answer can be waited for no longer after the signal.
    pub async fn or_until(&self, end: Instant) {
        tokio::select! {
            () = sleep_until(end) => {}
            () = async { sleep_until(self.requested().await.at + FOR_THE_ANSWER).await } => {}
        }
    }

    /// Waits for the signal and `grace` longer, but not into the time when the dyno is killed;
    /// never returns when there will be no signal.
    pub async fn requested_for(&self, grace: Duration) -> &'static str {
        let signal = self.requested().await;
        sleep_until((Instant::now() + grace).min(signal.at + FOR_EVERYTHING)).await;
        signal.name
    }
}
