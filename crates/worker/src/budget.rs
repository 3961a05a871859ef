//! Time limits of a run, and its stop signal.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

// Heroku kills a dyno 30 s after SIGTERM. The report and the last log line need part of that time.
const ANSWER_GRACE: Duration = Duration::from_secs(15);
const TOTAL_GRACE: Duration = Duration::from_secs(26);

/// The time limits of one run, all derived from `RUN_DEADLINE`.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// The start of the run.
    pub started: Instant,
    /// The time by which the run must end, except for its report.
    pub deadline: Instant,
    /// How long to wait for a peer that makes no progress, and the grace period for the report.
    pub stall_timeout: Duration,
}

impl Budget {
    /// Starts a budget now. The stall timeout is a twelfth of the limit, 1 s to 10 s.
    pub fn start(limit: Duration) -> Self {
        let started = Instant::now();
        Self {
            started,
            deadline: started + limit,
            stall_timeout: (limit / 12).clamp(Duration::from_secs(1), Duration::from_secs(10)),
        }
    }

    /// The time by which fetching must end, so that time is left to send.
    pub fn fetch_by(&self) -> Instant {
        self.deadline - (self.deadline - self.started) / 4
    }
}

/// A signal that ends the run.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// The signal's name, such as `SIGTERM`.
    pub name: &'static str,
    /// The time of arrival.
    pub at: Instant,
}

/// Ends the run at the next safe point.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<Signal>>);

impl Stop {
    /// Creates a sender for the signal and its receiver.
    pub fn channel() -> (watch::Sender<Option<Signal>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Waits for the signal. Never returns if the sender is dropped.
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

    /// The signal's name, if it has arrived.
    pub fn signal(&self) -> Option<&'static str> {
        self.0.borrow().map(|signal| signal.name)
    }

    /// Waits until `end`, or until the time for an answer after the signal has elapsed.
    pub async fn deadline_or_grace(&self, end: Instant) {
        tokio::select! {
            () = sleep_until(end) => {}
            () = async { sleep_until(self.requested().await.at + ANSWER_GRACE).await } => {}
        }
    }

    /// Waits for the signal and then for `grace`, but returns before Heroku kills the dyno. Returns
    /// the signal's name. Never returns if there is no signal.
    pub async fn grace_elapsed(&self, grace: Duration) -> &'static str {
        let signal = self.requested().await;
        sleep_until((Instant::now() + grace).min(signal.at + TOTAL_GRACE)).await;
        signal.name
    }
}
