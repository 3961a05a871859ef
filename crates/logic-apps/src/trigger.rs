//! Triggers that wait for their times and start runs.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::definition::trigger::{Trigger, TriggerKind};

use crate::run::{App, Unfired};

/// Waits for a trigger's times, as long as there are any.
pub(crate) async fn watch(app: Arc<App>, number: usize) {
    let trigger = &app.definition.triggers[number];
    match trigger.kind {
        TriggerKind::Recurrence => recur(&app, number, trigger).await,
        TriggerKind::SlidingWindow { delay } => {
            let delay = SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX);
            slide(&app, number, trigger, delay).await;
        }
    }
}

/// Just before a time: what is later than it begins with that time.
fn before(time: Timestamp) -> Timestamp {
    time.checked_sub(SignedDuration::from_nanos(1))
        .unwrap_or(Timestamp::MIN)
}

/// Fires at each time that comes, where the workflow is enabled then.
async fn recur(app: &Arc<App>, number: usize, trigger: &Trigger) {
    let mut last = before(app.deployed_at);
    loop {
        // What has passed meanwhile is not made up for.
        let after = last.max(before(app.clock.now()));
        let Some(next) = trigger.recurrence.next_after(app.deployed_at, after) else {
            return;
        };
        let due = next.at.saturating_sub(app.options.fires_early);
        let due = due.unwrap_or(next.at);
        app.clock.sleep_until(due).await;
        // Noted as a firing; there is nothing else to do about it.
        let _ = app.fire(number, due, None);
        last = next.at;
    }
}

/// Fires for each window from the start on, also for those that have passed.
async fn slide(app: &Arc<App>, number: usize, trigger: &Trigger, delay: SignedDuration) {
    let recurrence = &trigger.recurrence;
    let from = recurrence.start_at().unwrap_or(app.deployed_at);
    // The loader accepts seconds, minutes and hours.
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
        // Its turn is kept until the workflow is enabled and there is a place in the queue.
        app.until(|| {
            let fired = app.fire(number, next.at, Some(end));
            !matches!(fired, Err(Unfired::Disabled | Unfired::TooManyWaiting))
        })
        .await;
        last = next.at;
    }
}
