//! Runs, as recorded by the fakes and the interpreter.

use jiff::Timestamp;

use super::dyno_recorder::{DynoRecorder, RecordedDyno};
use super::switches::Scenario;
use crate::dashboard::html::Tone;
use picletter_core::deploy::azure::{Action, ActionContent, Attempt, Run};
use picletter_logic_apps::LogicApp;
use picletter_logic_apps::history::{ActionRecord, RunRecord};

/// A run so far.
#[derive(Debug)]
pub(super) struct RecordedRun {
    /// Index of its job in the file.
    pub(super) job: usize,
    pub(super) run: RunRecord,
    /// The latest repetition of each action.
    pub(super) actions: Vec<ActionRecord>,
    pub(super) dynos: Vec<RecordedDyno>,
    pub(super) alerts: Vec<(Timestamp, String)>,
    /// Real time at which it appeared on the page.
    pub(super) seen: Timestamp,
    /// Whether its time was simulated and its dyno scripted.
    pub(super) simulated: bool,
    /// The failure that was injected.
    pub(super) scenario: Scenario,
}

impl RecordedRun {
    /// The run's current state from `app` and `recorder`, and the `alerts` that contain its id. `seen` is the
    /// end of the simulation, for simulated runs.
    pub(super) fn new(
        job: usize,
        app: &LogicApp,
        run: RunRecord,
        recorder: &DynoRecorder,
        alerts: &[(Timestamp, String)],
        scenario: Scenario,
        seen: Option<Timestamp>,
    ) -> Self {
        let own = alerts.iter().filter(|(_, text)| text.contains(&*run.id));
        Self {
            job,
            actions: app.actions(&run.id).unwrap_or_default(),
            dynos: recorder.dynos_for_run(&run.id),
            alerts: own.cloned().collect(),
            seen: seen.unwrap_or(run.fired),
            simulated: seen.is_some(),
            scenario,
            run,
        }
    }

    pub(super) fn tone(&self) -> Tone {
        Tone::for_status(self.run.status.name())
    }

    /// The run as Azure's API reports it.
    pub(super) fn azure_run(&self) -> Run {
        let run = &self.run;
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

    /// An action of the run as Azure's API reports it.
    pub(super) fn azure_action(action: &ActionRecord) -> Action {
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
            // Read from the record instead.
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
}

/// An instant as Azure's API reports it, in units of 100 ns.
fn in_ticks(at: Timestamp) -> Timestamp {
    let nanoseconds = at.subsec_nanosecond() / 100 * 100;
    Timestamp::new(at.as_second(), nanoseconds).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use picletter_logic_apps::Status;
    use picletter_logic_apps::history::{AttemptRecord, Content};

    use super::*;

    #[test]
    fn an_action_keeps_its_earlier_attempts() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let record = ActionRecord {
            name: "Post_alert".into(),
            status: Status::Succeeded,
            code: Cow::Borrowed("OK"),
            problem: None,
            started: Some(at("2026-11-24T08:30:00Z")),
            ended: Some(at("2026-11-24T08:30:10Z")),
            inputs: Content::None,
            outputs: Content::None,
            attempts: vec![AttemptRecord {
                started: at("2026-11-24T08:30:00.123456789Z"),
                ended: at("2026-11-24T08:30:01Z"),
                code: Cow::Borrowed("ServiceUnavailable"),
            }],
            repetitions: None,
            loops: Vec::new(),
            tracking_id: None,
        };
        let attempt = Attempt {
            start: Some(at("2026-11-24T08:30:00.1234567Z")),
            end: Some(at("2026-11-24T08:30:01Z")),
            code: Some("ServiceUnavailable".to_owned()),
        };
        assert_eq!(RecordedRun::azure_action(&record).attempts, [attempt]);
    }
}
