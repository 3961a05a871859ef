//! Watches a run: its actions, and what its dyno writes.

use std::time::Duration;

use tokio::time::timeout;

use super::actions::{Actions, said};
use super::{CommandError, Session, print, print_text};
use crate::cli::interrupted::Interrupted;
use crate::config::Job;
use crate::dashboard::next_step::next_step;
use crate::deploy::azure::{Run, RunEvent, follow_run};
use crate::deploy::heroku::log::{LogRequest, LogStream};
use crate::deploy::http::Verbosity;
use crate::deploy::run_log::{DynoEvent, RunDyno};
use crate::deploy::start_run::RunTrigger;
use crate::deploy::step::{CloudError, Step, StepContext as _};

/// For how long a dyno's last lines are waited for when its run is over.
const PATIENCE: Duration = Duration::from_secs(3);

/// The id of a run of the job that has not ended, if there is one.
pub(super) async fn active_run(
    session: &Session,
    job: &Job,
) -> Result<Option<String>, CommandError> {
    let Session {
        clouds, desired, ..
    } = session;
    let id = clouds
        .workflow_id(desired, &job.workflow)
        .await
        .in_step(Step::FindSubscription)?;
    let active = clouds.arm.active_runs(&id).await.in_step(Step::ReadRuns)?;
    Ok(active.into_iter().next().map(|run| run.id))
}

/// Starts a run of the job and watches it to its end.
pub(super) async fn start_and_watch(
    session: &Session,
    job: &Job,
    trigger: Option<&str>,
) -> Result<Run, CommandError> {
    let Session {
        clouds, desired, ..
    } = session;
    // The log is opened before there is a run, so that no line of it is missed.
    let request = LogRequest {
        dyno: None,
        source: None,
        lines: 1,
        tail: true,
    };
    let (trigger, log) = tokio::join!(
        RunTrigger::find(clouds, desired, &job.workflow, trigger),
        clouds.heroku.log_session(&desired.app, &request)
    );
    let trigger = trigger?;
    let log = match log {
        Ok(log) => Some(log),
        Err(error) => {
            session
                .output
                .warning(format_args!("the log cannot be followed: {error}"));
            None
        }
    };
    session.output.leaves(Interrupted::RunRequested);
    let run = trigger.start(clouds).await?;
    session.output.leaves(Interrupted::RunStarted(run.clone()));
    session.output.say(format_args!("Run {run} has begun"));
    let mut lines = Lines::new(log, &run);
    let actions = Actions::new();
    let following = follow_run(&clouds.arm, &trigger.workflow, &run, |event| {
        tell(session, &actions, event);
    });
    tokio::pin!(following);
    let ended = loop {
        tokio::select! {
            ended = &mut following => {
                let ended = ended.map_err(|error| CloudError::NotFollowed {
                    run: run.clone(),
                    reason: error.reason(),
                });
                break ended.in_step(Step::FollowRun)?;
            }
            line = lines.next() => {
                print(&session.output, line)?;
            },
        }
    };
    while !lines.over {
        match timeout(PATIENCE, lines.next()).await {
            Ok(line) => {
                print(&session.output, line)?;
            }
            Err(_) => break,
        }
    }
    Ok(ended)
}

/// Tells how a run ended, and gives the status to end with.
pub(super) fn ended(session: &Session, job: &Job, run: &Run) -> Result<u8, CommandError> {
    let took = run
        .start
        .zip(run.end)
        .map(|(start, end)| end.duration_since(start));
    let took = took
        .map(|took| format!(" after {} s", took.as_secs()))
        .unwrap_or_default();
    let why = match (&run.code, &run.message) {
        _ if run.status == "Succeeded" => String::new(),
        _ if run.status == "Cancelled" => {
            ": another run is active, or this one was cancelled".to_owned()
        }
        (Some(code), Some(message)) => format!(": {code}: {message}"),
        (Some(why), None) | (None, Some(why)) => format!(": {why}"),
        (None, None) => String::new(),
    };
    let outcome = match run.status.as_str() {
        "Cancelled" => "Skipped",
        status => status,
    };
    print_text(&session.output, format_args!("{outcome}{took}{why}"))?;
    if run.status != "Succeeded" {
        session
            .output
            .say_fitting(next_step(job, run).for_terminal());
    }
    Ok(run.exit_status())
}

fn tell(session: &Session, actions: &Actions, event: RunEvent<'_>) {
    if let RunEvent::Ended(action) = event
        && action.status != "Skipped"
    {
        let line = match session.output.verbosity() {
            Verbosity::Quiet => actions.line(action),
            _ => Some(said(action)),
        };
        if let Some(line) = line {
            session.output.say(format_args!("  {line}"));
        }
    }
}

/// The lines of one run's dyno.
struct Lines {
    log: Option<LogStream>,
    dyno: RunDyno,
    /// Whether the dyno has ended, or nothing can be read.
    over: bool,
}

impl Lines {
    fn new(log: Option<LogStream>, run: &str) -> Self {
        Self {
            over: log.is_none(),
            log,
            dyno: RunDyno::new(run),
        }
    }

    /// The next line that the run's dyno wrote. Never, once there is none to come.
    async fn next(&mut self) -> String {
        while !self.over {
            let Some(log) = &mut self.log else { break };
            let Ok(Some(line)) = log.next_line().await else {
                self.over = true;
                break;
            };
            match self.dyno.event(&line) {
                Some(DynoEvent::Output { dyno, text }) => return format!("{dyno} | {text}"),
                Some(DynoEvent::Ended) => self.over = true,
                Some(DynoEvent::Platform) | None => {}
            }
        }
        std::future::pending().await
    }
}
