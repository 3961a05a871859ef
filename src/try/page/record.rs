//! Runs, as recorded by the fakes and the interpreter.

use jiff::Timestamp;

use super::dyno_recorder::{DynoRecorder, RecordedDyno};
use super::switches::Scenario;
use crate::dashboard::html::Tone;
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
}
