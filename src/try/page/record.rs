//! A run as the fakes and the interpreter recorded it.

use jiff::Timestamp;

use super::story::{Life, Story};
use super::switches::Scenario;
use crate::dashboard::html::Tone;
use crate::deploy::azure::{Action, ActionContent, Run};
use picletter_logic_apps::LogicApp;
use picletter_logic_apps::history::{ActionRecord, RunRecord};

/// A run, as far as it has gone.
#[derive(Debug)]
pub(super) struct Recorded {
    /// Its job's place in the file.
    pub(super) job: usize,
    pub(super) run: RunRecord,
    /// The latest repetition of each.
    pub(super) actions: Vec<ActionRecord>,
    pub(super) dynos: Vec<Life>,
    pub(super) alerts: Vec<(Timestamp, String)>,
    /// Time of this machine at which it appeared on the page.
    pub(super) seen: Timestamp,
    /// Whether its time was simulated and its dyno scripted.
    pub(super) simulated: bool,
    /// The failure that was injected.
    pub(super) scenario: Scenario,
}

impl Recorded {
    /// A run of the job at a place, as `app` and `story` have it now; of `alerts`, those that name it.
    /// A simulated one is `seen` when its simulation ends.
    pub(super) fn of(
        job: usize,
        app: &LogicApp,
        run: RunRecord,
        story: &Story,
        alerts: &[(Timestamp, String)],
        scenario: Scenario,
        seen: Option<Timestamp>,
    ) -> Self {
        let own = alerts.iter().filter(|(_, text)| text.contains(&*run.id));
        Self {
            job,
            actions: app.actions(&run.id).unwrap_or_default(),
            dynos: story.of(&run.id),
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
        // The template puts the log's lines below the reason.
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
            // The records have the contents themselves.
            inputs: ActionContent::None,
            outputs: ActionContent::None,
            repetitions: action.repetitions,
        }
    }
}

/// An instant as Azure's API reports it, in units of 100 ns.
fn in_ticks(at: Timestamp) -> Timestamp {
    let nanoseconds = at.subsec_nanosecond() / 100 * 100;
    Timestamp::new(at.as_second(), nanoseconds).unwrap_or(at)
}
