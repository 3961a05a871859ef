//! Background reads while a page is open.

use std::future::Future;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use picletter::dashboard::source::Source as _;
use picletter::dashboard::view::JobState;
use picletter_core::deploy::schedule_switch::Switch;
use tokio::sync::oneshot;

use super::live_deployment::LiveDeployment;
use crate::support::clock::ManualClock;

const INTERVAL: Duration = Duration::from_secs(10);

impl LiveDeployment {
    /// Waits until the first job has that state.
    async fn until(&self, state: JobState) {
        let mut changes = self.live.changes();
        let reached = async {
            while self.live.board().jobs[0].state != state {
                changes.changed().await.unwrap();
            }
        };
        assert!(
            ends_within_a_minute(reached).await,
            "the state is {:?}, not {state:?}",
            self.live.board().jobs[0].state
        );
    }
}

/// Measures real time, also while tokio's clock is paused.
async fn ends_within_a_minute(future: impl Future<Output = ()>) -> bool {
    let (_ended, is_ended) = mpsc::channel::<()>();
    let (expire, expired) = oneshot::channel();
    thread::spawn(move || {
        if is_ended.recv_timeout(Duration::from_mins(1)) == Err(RecvTimeoutError::Timeout) {
            let _ = expire.send(());
        }
    });
    tokio::select! {
        () = future => true,
        _ = expired => false,
    }
}

#[tokio::test]
async fn an_open_page_polls_again_after_the_interval() {
    let deployment = LiveDeployment::new().await;
    let (world, desired, live) = (&deployment.world, &deployment.desired, &deployment.live);
    let jobs: Vec<_> = desired.jobs.iter().collect();
    live.start_polling();
    deployment.until(JobState::OnSchedule).await;
    for (switch, state) in [
        (Switch::Pause, JobState::Paused),
        (Switch::Resume, JobState::OnSchedule),
    ] {
        // Only one read runs at a time. After this refresh, the background task is therefore not
        // reading, but waiting for the interval to end.
        live.refresh().await;
        let switched = switch.apply(&world.clouds, desired, &jobs).await;
        switched.unwrap();
        let clock = ManualClock::pause();
        clock.advance(INTERVAL).await;
        deployment.until(state).await;
    }
}
