//! Trigger loops: wait for the next time and start a run.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::definition::trigger::{Trigger, TriggerKind};

use crate::run::{App, FireError};

/// Fires a trigger at each of its times, until there are no more.
pub(crate) async fn watch(app: Arc<App>, index: usize) {
    let trigger = &app.definition.triggers[index];
    match trigger.kind {
        TriggerKind::Recurrence => recur(&app, index, trigger).await,
        TriggerKind::SlidingWindow { delay } => {
            let delay = SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX);
            slide(&app, index, trigger, delay).await;
        }
    }
}

/// The instant just before `time`. Occurrences after it include one at `time` itself.
fn before(time: Timestamp) -> Timestamp {
    time.checked_sub(SignedDuration::from_nanos(1))
        .unwrap_or(Timestamp::MIN)
}

/// Fires a `Recurrence` trigger at each future time. Times at which the workflow is disabled are
/// skipped.
async fn recur(app: &Arc<App>, index: usize, trigger: &Trigger) {
    let mut last = before(app.deployed_at);
    loop {
        // This trigger does not catch up on missed times.
        let after = last.max(before(app.clock.now()));
        let Some(next) = trigger.recurrence.next_after(app.deployed_at, after) else {
            return;
        };
        let due = next.at.saturating_sub(app.options.fires_early);
        let due = due.unwrap_or(next.at);
        app.clock.sleep_until(due).await;
        // `fire` records the outcome; a run that cannot start needs nothing else.
        let _ = app.fire(index, due, None);
        last = next.at;
    }
}

/// Fires a `SlidingWindow` trigger once per window from its start time, including past windows.
async fn slide(app: &Arc<App>, index: usize, trigger: &Trigger, delay: SignedDuration) {
    let recurrence = &trigger.recurrence;
    let from = recurrence.start_at().unwrap_or(app.deployed_at);
    // The loader accepts seconds, minutes, and hours.
    let unit = recurrence.frequency.elapsed().unwrap_or_default();
    let length = unit.saturating_mul(i32::try_from(recurrence.interval).unwrap_or(i32::MAX));
    let mut last = before(from);
    loop {
        let Some(next) = recurrence.next_after(from, last) else {
            return;
        };
        let due = next.at.checked_add(delay).unwrap_or(Timestamp::MAX);
        app.clock.sleep_until(due).await;
        let end = next.at.checked_add(length).unwrap_or(Timestamp::MAX);
        // A window waits until the workflow is enabled and the queue has room.
        app.until(|| {
            let fired = app.fire(index, next.at, Some(end));
            !matches!(fired, Err(FireError::Disabled | FireError::TooManyWaiting))
        })
        .await;
        last = next.at;
    }
}
