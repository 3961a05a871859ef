//! Watches a run: its actions, and what its dyno writes.

use std::time::Duration;

use tokio::time::timeout;

use super::{CommandError, Session, no_workflow, print};
use crate::deploy::azure::{Run, RunEvent, exit_status, follow_run};
use crate::deploy::clouds::{During as _, Step};
use crate::deploy::heroku::log::{LogRequest, LogStream};

/// For how long a dyno's last lines are waited for when its run is over.
const PATIENCE: Duration = Duration::from_secs(3);

/// Starts a run and watches it to its end.
pub(super) async fn start_and_watch(
    session: &Session,
    trigger: Option<&str>,
) -> Result<Run, CommandError> {
    let Session { clouds, wanted, .. } = session;
    let id = wanted
        .workflow_id(clouds)
        .await
        .during(Step::FindSubscription)?;
    // The log is opened before there is a run, so that no line of it is missed.
    let request = LogRequest {
        dyno: None,
        source: None,
        lines: 1,
        tail: true,
    };
    let (triggers, log) = tokio::join!(
        clouds.arm.triggers(&id),
        clouds.heroku.log_session(&wanted.app, &request)
    );
    let triggers = triggers.during(Step::ReadTriggers)?;
    let trigger = match trigger {
        Some(name) => triggers.iter().find(|trigger| trigger.name == name),
        None => triggers.first(),
    };
    let Some(trigger) = trigger else {
        let names: Vec<&str> = triggers
            .iter()
            .map(|trigger| trigger.name.as_str())
            .collect();
        return Err(if names.is_empty() {
            no_workflow(wanted)
        } else {
            let names = names.join(", ");
            CommandError::Usage(format!("there is no such trigger: there are {names}"))
        });
    };
    let log = match log {
        Ok(log) => Some(log),
        Err(error) => {
            session
                .output
                .warning(format_args!("the log cannot be followed: {error}"));
            None
        }
    };
    let run = clouds
        .arm
        .run_trigger(&id, &trigger.name)
        .await
        .during(Step::RunTrigger)?;
    session.output.say(format_args!("Run {run} has begun"));
    let mut lines = Lines::new(log, &run);
    let following = follow_run(&clouds.arm, &id, &run, |event| tell(session, event));
    tokio::pin!(following);
    let ended = loop {
        tokio::select! {
            ended = &mut following => break ended.during(Step::FollowRun)?,
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
pub(super) fn ended(session: &Session, run: &Run) -> Result<u8, CommandError> {
    let took = run
        .start
        .zip(run.end)
        .map(|(start, end)| end.duration_since(start));
    let took = took
        .map(|took| format!(" after {} s", took.as_secs()))
        .unwrap_or_default();
    let why = match (&run.code, &run.message) {
        _ if run.status == "Succeeded" => String::new(),
        (Some(code), Some(message)) => format!(": {code}: {message}"),
        (Some(why), None) | (None, Some(why)) => format!(": {why}"),
        (None, None) => String::new(),
    };
    print(&session.output, format_args!("{}{took}{why}", run.status))?;
    Ok(exit_status(run))
}

fn tell(session: &Session, event: RunEvent<'_>) {
    if let RunEvent::Ended(action) = event
        && action.status != "Skipped"
    {
        let error = action.error.as_ref();
        let error = error.map(|error| format!(": {error}")).unwrap_or_default();
        session
            .output
            .say(format_args!("  {} {}{error}", action.name, action.status));
    }
}

/// The lines of one run's dyno.
struct Lines {
    log: Option<LogStream>,
    dyno: DynoOf,
    /// Whether the dyno has ended, or nothing can be read.
    over: bool,
}

impl Lines {
    fn new(log: Option<LogStream>, run: &str) -> Self {
        Self {
            over: log.is_none(),
            log,
            dyno: DynoOf::new(run),
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
            match self.dyno.line(&line) {
                Some(("app", dyno, text)) => return format!("{dyno} | {text}"),
                Some((_, _, text)) => {
                    self.over =
                        text.starts_with("State changed from") && text.ends_with("complete");
                }
                None => {}
            }
        }
        std::future::pending().await
    }
}

/// The dyno of a run, which Heroku's line on its start tells by the command.
pub(super) struct DynoOf {
    run: String,
    name: Option<String>,
}

impl DynoOf {
    pub(super) fn new(run: &str) -> Self {
        Self {
            run: run.to_owned(),
            name: None,
        }
    }

    /// Source, dyno and text of a line, such as `2026-11-24T08:30:00.1+00:00 app[worker.1]: text`,
    /// where it is of this dyno.
    pub(super) fn line<'a>(&mut self, line: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
        let (_, rest) = line.split_once(' ')?;
        let (origin, text) = rest.split_once("]: ")?;
        let (source, dyno) = origin.split_once('[')?;
        if source == "heroku"
            && text.starts_with("Starting process with command")
            && text.contains(&self.run)
        {
            self.name = Some(dyno.to_owned());
        }
        (self.name.as_deref() == Some(dyno)).then_some((source, dyno, text))
    }
}
