//! The interpreter's records in the form of Azure's API.

use jiff::Timestamp;

use picletter_core::deploy::azure::{Action, ActionContent, Attempt, Run};
use picletter_logic_apps::history::{ActionRecord, RunRecord};

/// A run as Azure's API reports it.
pub fn run(run: &RunRecord) -> Run {
    let problem = run.problem.as_ref();
    // The template appends the log's lines to the reason.
    let mut lines = problem
        .into_iter()
        .flat_map(|problem| problem.message.lines().map(str::to_owned));
    Run {
        id: (*run.id).to_owned(),
        status: run.status.name().to_owned(),
        start: Some(in_ticks(run.fired)),
        end: run.ended.map(in_ticks),
        trigger: Some((*run.trigger).to_owned()),
        code: problem.map(|problem| problem.code.clone()),
        message: lines.next(),
        log: lines.collect(),
    }
}

/// An action of a run as Azure's API reports it, without inputs and outputs: pages read these from the
/// record.
pub fn action(action: &ActionRecord) -> Action {
    Action {
        name: (*action.name).to_owned(),
        status: action.status.name().to_owned(),
        start: action.started.map(in_ticks),
        end: action.ended.map(in_ticks),
        code: Some(action.code.clone().into_owned()),
        error: action
            .problem
            .as_ref()
            .map(|problem| problem.message.clone()),
        inputs: ActionContent::None,
        outputs: ActionContent::None,
        repetitions: action.repetitions,
        attempts: action
            .attempts
            .iter()
            .map(|attempt| Attempt {
                start: Some(in_ticks(attempt.started)),
                end: Some(in_ticks(attempt.ended)),
                code: Some(attempt.code.clone().into_owned()),
            })
            .collect(),
    }
}

/// An instant as Azure's API reports it, in units of 100 ns.
fn in_ticks(at: Timestamp) -> Timestamp {
    let nanoseconds = at.subsec_nanosecond() / 100 * 100;
    Timestamp::new(at.as_second(), nanoseconds).unwrap_or(at)
}
