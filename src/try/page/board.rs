//! The fakes as the dashboard's data source.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::azure_records;
use super::dyno_recorder::RecordedDyno;
use super::record::RecordedRun;
use super::switches::Scenario;
use super::{Page, ShownJobs};
use crate::dashboard::board::{self, JobReading, RunsRead};
use crate::dashboard::source::{Command, Source};
use crate::dashboard::view::{ActionView, Board, DynoView, JobState, RunDetail, RunLog, RunView};
use picletter_core::config::Job;
use picletter_core::deploy::drift::Drift;
use picletter_core::diagnostic::Diagnostic;

impl Source for Page {
    fn board(&self) -> Board {
        match self.jobs() {
            Some(jobs) => self.board_for(&jobs),
            None => board::board("", Timestamp::now(), Vec::new(), Vec::new(), Vec::new()),
        }
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
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
        let no_job = || Diagnostic::plain("the job does not exist");
        let jobs = self.jobs().ok_or_else(no_job)?;
        let shown = jobs.jobs.get(job).ok_or_else(no_job)?;
        match command {
            Command::Run => {
                if self.is_busy() {
                    let help = "wait until it ends";
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
    fn board_for(&self, jobs: &ShownJobs) -> Board {
        let runs = self.runs();
        let (paused, created) = {
            let state = self.state();
            (state.paused.clone(), state.shown)
        };
        let readings = jobs.jobs.iter().enumerate().map(|(n, shown)| {
            let own = runs.iter().filter(|run| run.job == n);
            let views =
                own.filter_map(|run| RunView::new(azure_records::run(&run.run), &jobs.redactor));
            JobReading {
                job: Arc::new(shown.job.clone()),
                // `try` keeps every workflow disabled, so that only the page's buttons start runs.
                state: if paused.contains(&n) {
                    JobState::Paused
                } else {
                    JobState::OnSchedule
                },
                drift: Drift::default(),
                alerts: shown.alerts.clone(),
                created,
                runs: Some(RunsRead {
                    runs: views.map(Arc::new).collect(),
                    all_since: None,
                }),
            }
        });
        let alive = runs.iter().flat_map(|run| &run.dynos);
        let alive = alive.filter(|dyno| !dyno.has_ended);
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
pub(super) fn detail(jobs: &ShownJobs, recorded: &RecordedRun) -> Option<RunDetail> {
    let redactor = &jobs.redactor;
    let run = azure_records::run(&recorded.run);
    let job: &Job = &jobs.jobs.get(recorded.job)?.job;
    let advice = board::advice(job, &run);
    let mut actions: Vec<_> = recorded
        .actions
        .iter()
        .map(|record| {
            let (inputs, outputs) = (record.inputs.clone(), record.outputs.clone());
            ActionView::new(azure_records::action(record), inputs, outputs, redactor)
        })
        .collect();
    actions.sort_by_key(|action| action.start.unwrap_or(Timestamp::MAX));
    let alive = recorded.dynos.iter().filter(|dyno| !dyno.has_ended);
    let alive: Vec<_> = alive.map(dyno).collect();
    let mut lines: Vec<_> = recorded.dynos.iter().flat_map(|dyno| &dyno.lines).collect();
    lines.sort_by_key(|line| line.time);
    let lines = lines.iter().map(|line| jobs.clean(&line.to_string()));
    let lines: Vec<String> = lines.collect();
    let run = Arc::new(RunView::new(run, redactor)?);
    Some(RunDetail {
        job: recorded.job,
        actions,
        dynos: board::dynos_of_run(&run, &lines, &alive),
        run,
        log: RunLog::new(lines),
        advice,
        outdated: None,
    })
}

fn dyno(dyno: &RecordedDyno) -> DynoView {
    DynoView {
        name: dyno.info.name.clone(),
        size: dyno.info.size.to_owned(),
        state: if dyno.up { "up" } else { "starting" }.to_owned(),
        start: dyno.info.started_at,
        end: None,
        run: dyno.info.run_id.as_deref().map(Arc::from),
    }
}
