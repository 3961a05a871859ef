//! Commands for a job, with the same errors as `picletter run`, `pause`, and `resume`.

use std::time::Duration;

use tokio::time::timeout;

use super::super::source::Command;
use super::super::view::JobState;
use super::Live;
use picletter_core::deploy::schedule_switch::Switch;
use picletter_core::deploy::start_run::{RunTrigger, StartError, no_workflow};
use picletter_core::deploy::step::{CloudError, StepError};
use picletter_core::diagnostic::{Diagnose as _, Diagnostic};

/// The longest wait for the new state after a command. If a vendor does not respond, the result is
/// shown without it.
const NEW_STATE: Duration = Duration::from_secs(3);

impl Live {
    pub(super) async fn command(&self, job: usize, command: Command) -> Result<String, Diagnostic> {
        let done = match command {
            Command::Run => self.start_run(job).await,
            Command::Pause => self.switch(job, Switch::Pause).await,
            Command::Resume => self.switch(job, Switch::Resume).await,
        };
        // Known even if Azure is not read now.
        let state = match command {
            Command::Run => None,
            Command::Pause => Some(JobState::Paused),
            Command::Resume => Some(JobState::OnSchedule),
        };
        if let Some(state) = state.filter(|_| done.is_ok()) {
            self.0.change(|readings| {
                let read = readings.jobs.get_mut(job);
                read.is_some_and(|read| read.state.replace(state) != Some(state))
            });
        }
        // Also after an error, because something may have changed before it.
        let live = self.clone();
        let refresh = tokio::spawn(async move { live.read_job(job).await });
        // After the timeout, the read continues in its task.
        let _ = timeout(NEW_STATE, refresh).await;
        match done {
            // It can contain an error of a vendor.
            Ok(report) => Ok(self.0.redactor.clean(&report).into_owned()),
            Err(diagnostic) => Err(self.0.clean(diagnostic)),
        }
    }

    async fn start_run(&self, job: usize) -> Result<String, Diagnostic> {
        let shared = &self.0;
        let workflow = &self.job(job)?.workflow;
        let started = async {
            let trigger = RunTrigger::find(&shared.clouds, &shared.desired, workflow, None).await?;
            Ok::<_, StartError>(trigger.start(&shared.clouds).await?)
        };
        let run = started.await.map_err(|error| match error {
            StartError::Step(error) => shared.refused(error).diagnostic,
            error => error.diagnostic(),
        })?;
        Ok(format!("Run {run} started."))
    }

    async fn switch(&self, job: usize, switch: Switch) -> Result<String, Diagnostic> {
        let shared = &self.0;
        let config = self.job(job)?;
        let jobs: Vec<_> = shared.desired_job(job).into_iter().collect();
        let switched = switch.apply(&shared.clouds, &shared.desired, &jobs).await;
        let report = switch.report(config);
        match switched {
            Ok(switched) => Ok(match switched.unchecked {
                None => report,
                Some(unchecked) => format!(
                    "{report} Whether a deployment is under way, which may undo this, could not be \
                     checked: {unchecked}"
                ),
            }),
            Err(StepError {
                error: CloudError::NoWorkflow(workflow),
                ..
            }) => Err(no_workflow(&workflow)),
            Err(error) => Err(shared.refused(error).diagnostic),
        }
    }

    pub(super) fn job(&self, job: usize) -> Result<&picletter_core::config::Job, Diagnostic> {
        let found = self.0.jobs.get(job).map(AsRef::as_ref);
        found.ok_or_else(|| Diagnostic::plain("the job does not exist"))
    }
}
