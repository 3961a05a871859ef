//! Following a run to its end.

use std::collections::HashSet;

use super::arm::Arm;
use super::error::Error;
use super::runs::{Action, Run};

/// Number of polls during which a new run may be missing from the history.
const MISSES: u32 = 10;

/// An event of a run.
#[derive(Debug, Clone, Copy)]
pub enum RunEvent<'a> {
    /// An action began.
    Started(&'a Action),
    /// An action ended. A skipped action has no `Started` event.
    Ended(&'a Action),
}

/// Follows a run to its end and reports each action's start and end once. An action within a loop
/// is reported only in its first iteration.
///
/// # Errors
/// The run cannot be read.
pub async fn follow_run(
    arm: &Arm,
    workflow: &str,
    run: &str,
    mut on_event: impl FnMut(RunEvent<'_>),
) -> Result<Run, Error> {
    let mut started = HashSet::new();
    let mut ended = HashSet::new();
    let mut report = |actions: &[Action]| {
        for action in actions {
            if action.status != "Skipped" && started.insert(action.name.clone()) {
                on_event(RunEvent::Started(action));
            }
            if action.has_ended() && ended.insert(action.name.clone()) {
                on_event(RunEvent::Ended(action));
            }
        }
    };
    let mut misses = 0;
    loop {
        let answers = tokio::try_join!(arm.run(workflow, run), arm.actions(workflow, run));
        match answers {
            Ok((run_now, actions)) => {
                report(&actions);
                if run_now.has_ended() {
                    // Those that ended since the last poll.
                    if actions.iter().any(|action| !action.has_ended()) {
                        report(&arm.actions(workflow, run).await?);
                    }
                    return Ok(run_now);
                }
            }
            Err(error) if error.is_not_found() && misses < MISSES => misses += 1,
            Err(error) => return Err(error),
        }
        tokio::time::sleep(arm.timings().poll).await;
    }
}
