//! The fakes as a source of the dashboard.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::record::Recorded;
use super::story::Life;
use super::switches::Scenario;
use super::{Page, ShownJobs};
use crate::config::Job;
use crate::dashboard::board::{self, JobReading, RunsRead};
use crate::dashboard::source::{Command, Source};
use crate::dashboard::view::{ActionView, Board, DynoView, JobState, RunDetail, RunView};
use crate::diagnostic::Diagnostic;
use picletter_sandbox::heroku::program::Ending;
use picletter_sandbox::heroku::{DynoRecord, Stopper};

impl Source for Page {
    fn board(&self) -> Board {
        match self.jobs() {
            Some(jobs) => self.board_of(&jobs),
            None => board::board("", Timestamp::now(), Vec::new(), Vec::new(), Vec::new()),
        }
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.shared.news.subscribe()
    }

    async fn run(&self, job: usize, id: &str) -> Result<Option<RunDetail>, Diagnostic> {
        let Some(jobs) = self.jobs() else {
            return Ok(None);
        };
        let runs = self.runs();
        let run = runs.iter().find(|run| run.job == job && *run.run.id == *id);
        Ok(run.and_then(|run| detail(&jobs, run)))
    }

    async fn execute(&self, job: usize, command: Command) -> Result<String, Diagnostic> {
        let no_job = || Diagnostic::plain("there is no such job");
        let jobs = self.jobs().ok_or_else(no_job)?;
        let shown = jobs.jobs.get(job).ok_or_else(no_job)?;
        match command {
            Command::Run => {
                if self.is_busy() {
                    let help = "wait until it has ended";
                    return Err(Diagnostic::new("another run is in progress", help));
                }
                let started = Page::run(self, Some(&shown.job.workflow), Scenario::None);
                started.map_err(|_| no_job())?;
                return Ok("The run has started.".to_owned());
            }
            Command::Pause => self.state().paused.insert(job),
            Command::Resume => self.state().paused.remove(&job),
        };
        self.changed();
        Ok(match command {
            Command::Resume => "The job runs on schedule again.".to_owned(),
            _ => "The job is paused.".to_owned(),
        })
    }
}

impl Page {
    fn board_of(&self, jobs: &ShownJobs) -> Board {
        let runs = self.runs();
        let paused = self.state().paused.clone();
        let readings = jobs.jobs.iter().enumerate().map(|(n, shown)| {
            let own = runs.iter().filter(|run| run.job == n);
            let views = own.filter_map(|run| RunView::new(run.azure_run(), &jobs.redactor));
            JobReading {
                job: Arc::new(shown.job.clone()),
                // The workflows are disabled, so that nothing runs between what a person starts.
                state: if paused.contains(&n) {
                    JobState::Paused
                } else {
                    JobState::OnSchedule
                },
                drift: Vec::new(),
                alerts: shown.alerts.clone(),
                runs: Some(RunsRead {
                    runs: views.map(Arc::new).collect(),
                    all_since: None,
                }),
            }
        });
        let alive = runs.iter().flat_map(|run| &run.dynos);
        let alive = alive.filter(|life| life.ended.is_none());
        let alive = alive.map(dyno).collect();
        board::board(
            &jobs.app,
            self.now(jobs),
            readings.collect(),
            alive,
            Vec::new(),
        )
    }
}

/// A run with its actions.
pub(super) fn detail(jobs: &ShownJobs, recorded: &Recorded) -> Option<RunDetail> {
    let redactor = &jobs.redactor;
    let run = recorded.azure_run();
    let job: &Job = &jobs.jobs.get(recorded.job)?.job;
    let advice = board::advice(job, &run);
    let mut actions: Vec<_> = recorded
        .actions
        .iter()
        .map(|record| {
            let (inputs, outputs) = (record.inputs.clone(), record.outputs.clone());
            ActionView::new(Recorded::azure_action(record), inputs, outputs, redactor)
        })
        .collect();
    actions.sort_by_key(|action| action.start);
    let lines = recorded.dynos.iter().flat_map(|life| &life.lines);
    Some(RunDetail {
        job: recorded.job,
        run: Arc::new(RunView::new(run, redactor)?),
        actions,
        dynos: recorded.dynos.iter().map(dyno).collect(),
        lines: Some(lines.map(|line| jobs.clean(&line.text)).collect()),
        advice,
    })
}

fn dyno(life: &Life) -> DynoView {
    let state = match &life.ended {
        Some(end) => ending(end),
        None if life.up => "up".to_owned(),
        None => "starting".to_owned(),
    };
    DynoView {
        name: life.dyno.name.clone(),
        size: life.dyno.size.to_owned(),
        state,
        start: life.dyno.started_at,
        end: life.ended.as_ref().map(|end| end.ended_at),
        run: life.dyno.run_id.as_deref().map(Arc::from),
    }
}

/// How a dyno ended.
fn ending(record: &DynoRecord) -> String {
    let by = match record.stopped_by {
        None => "",
        Some(Stopper::Request) => ", stopped on request",
        Some(Stopper::TimeToLive) => ", at the end of its time to live",
        Some(Stopper::Formation) => ", replaced in its formation",
    };
    let how = match record.ending {
        Ending::Exited(status) => format!("exit status {status}"),
        Ending::Killed => "killed".to_owned(),
        Ending::Vanished => "lost with its host".to_owned(),
    };
    how + by
}
