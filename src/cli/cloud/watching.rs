//! Follows a run: its actions and its dyno's output.

use std::time::Duration;

use tokio::time::timeout;

use super::actions::{Actions, summary};
use super::{CommandError, Session, print, print_text};
use crate::cli::interrupted::Interrupted;
use crate::dashboard::next_step::next_step;
use crate::run_log::{DynoEvent, RunDyno};
use picletter_core::config::Job;
use picletter_core::deploy::azure::{Run, RunEvent, follow_run};
use picletter_core::deploy::heroku::log::{LogRequest, LogStream};
use picletter_core::deploy::http::Verbosity;
use picletter_core::deploy::start_run::RunTrigger;
use picletter_core::deploy::step::{CloudError, Step, StepContext as _};

/// How long to wait for a dyno's last lines after its run has ended.
const LAST_LINES: Duration = Duration::from_secs(3);

/// The id of an active run of the job, if there is one.
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

/// Starts a run of the job and follows it to its end.
pub(super) async fn start_and_watch(
    session: &Session,
    job: &Job,
    trigger: Option<&str>,
) -> Result<Run, CommandError> {
    let Session {
        clouds, desired, ..
    } = session;
    // Opened before the run starts, so that no line is missed.
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
                .warning(format_args!("cannot follow the log: {error}"));
            None
        }
    };
    session.output.set_interrupted(Interrupted::RunRequested);
    let run = trigger.start(clouds).await?;
    session
        .output
        .set_interrupted(Interrupted::RunStarted(run.clone()));
    session.output.note(format_args!("Started run {run}"));
    let mut lines = Lines::new(log, &run);
    let actions = Actions::from_template();
    let following = follow_run(&clouds.arm, &trigger.workflow, &run, |event| {
        print_event(session, &actions, event);
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
        match timeout(LAST_LINES, lines.next()).await {
            Ok(line) => {
                print(&session.output, line)?;
            }
            Err(_) => break,
        }
    }
    Ok(ended)
}

/// Prints the outcome of a run, and returns the exit status.
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
            ": another run is active, or this one was canceled".to_owned()
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
            .note_fitting(next_step(job, run).for_terminal());
    }
    Ok(run.exit_status())
}

fn print_event(session: &Session, actions: &Actions, event: RunEvent<'_>) {
    if let RunEvent::Ended(action) = event
        && action.status != "Skipped"
    {
        let line = match session.output.verbosity() {
            Verbosity::Quiet => actions.line(action),
            _ => Some(summary(action)),
        };
        if let Some(line) = line {
            session.output.note(format_args!("  {line}"));
        }
    }
}

/// The lines of one run's dyno.
struct Lines {
    log: Option<LogStream>,
    dyno: RunDyno,
    /// Whether the dyno has ended or its log cannot be read.
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

    /// The next line of the dyno's output. Never returns after the last one.
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
