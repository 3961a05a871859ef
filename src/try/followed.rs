//! Follows a run until it and its worker have ended: one stream of actions, dynos, and alerts, then a
//! report.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;

use super::error::TrialError;
use super::watch::{Earlier, Observed, requests_to_heroku};
use picletter_logic_apps::history::Problem;
use picletter_logic_apps::{Event, LogicApp, Status};
use picletter_sandbox::Sandbox;
use picletter_sandbox::azure::AlertMail;
use picletter_sandbox::heroku::program::Ending;
use picletter_sandbox::heroku::{DynoInfo, DynoRecord};
use picletter_sandbox::mail::Mail;

/// How long a worker may outlive its run before an event reports it.
const OUTLIVE_LIMIT: Duration = Duration::from_secs(2);

/// The exit status that shells report for a process that signal 9 killed.
const KILLED: i32 = 128 + 9;

/// An event of a run. Control actions, which only decide which actions run, cause no events.
pub(crate) enum RunEvent {
    /// The trigger fired.
    Fired {
        trigger: Arc<str>,
        at: Timestamp,
    },
    /// An action starts a dyno and waits for its report, up to a limit if the definition has one.
    WaitsForReport {
        action: Arc<str>,
        limit: Option<SignedDuration>,
        at: Timestamp,
    },
    /// An action waits for time to pass.
    Waits {
        action: Arc<str>,
        at: Timestamp,
    },
    /// An action ended and was not skipped.
    ActionEnded {
        action: Arc<str>,
        status: Status,
        /// Such as `OK` or `NotFound`.
        code: String,
        at: Timestamp,
    },
    DynoStarted(DynoInfo),
    /// The dyno wrote a line.
    DynoOutput(String),
    DynoEnded(DynoRecord),
    /// The workflow sent this alert.
    Alert(String),
    /// The run has ended, but the worker has not.
    WorkerOutlivesRun,
}

/// The results of a run and its worker.
pub(crate) struct RunReport {
    pub(crate) run: String,
    /// The end of the run; `None` if the run was waiting for a report that can no longer arrive.
    pub(crate) end: Option<RunEnd>,
    /// The worker's exit status; 128 plus the signal's number if a signal killed it.
    pub(crate) exit_status: i32,
    /// How long the dyno lived.
    pub(crate) took: SignedDuration,
    /// The mails that the fake of SendGrid accepted.
    pub(crate) mails: Vec<Arc<Mail>>,
    /// Billed executions.
    pub(crate) billed: u64,
    /// Requests to Heroku about apps.
    pub(crate) requests: usize,
    /// The pings to the cron monitor.
    pub(crate) heartbeats: Vec<String>,
    /// Mails that Azure Monitor would send.
    pub(crate) alert_mails: Vec<AlertMail>,
}

/// The end of a run.
#[derive(Clone)]
pub(crate) struct RunEnd {
    pub(crate) status: Status,
    problem: Option<Problem>,
}

impl RunEnd {
    /// Code and first line of the workflow's error.
    pub(crate) fn problem(&self) -> String {
        self.problem.as_ref().map_or_else(String::new, |problem| {
            let why = problem.message.lines().next().unwrap_or_default();
            format!("{}: {why}", problem.code)
        })
    }
}

impl RunReport {
    /// Checks that a successful worker sent a mail, and that its run succeeded.
    pub(crate) fn check(&self, worker: &Path) -> Result<(), TrialError> {
        let status = self.end.as_ref().map(|end| end.status);
        match (self.exit_status, self.mails.len()) {
            (0, 0) => Err(TrialError::NoMail(worker.to_owned())),
            (0, _) if status != Some(Status::Succeeded) => {
                Err(TrialError::RunFailed(worker.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// An active run.
pub(crate) struct FollowedRun<'a> {
    sandbox: &'a Sandbox,
    app: LogicApp,
    run: String,
    /// The actions with an effect; control actions are left out.
    actions: HashMap<String, ActionKind>,
    events: Receiver<Event>,
    observed: &'a mut UnboundedReceiver<Observed>,
    earlier: Earlier,
    dyno: Dyno,
    /// Whether the workflow no longer waits for a report.
    reported: bool,
    end: Option<RunEnd>,
    /// Whether no more events of the workflow can come.
    closed: bool,
    /// Whether `WorkerOutlivesRun` has been reported.
    reported_outliving: bool,
}

#[derive(Default)]
struct Dyno {
    /// Empty until the dyno starts.
    name: String,
    up: bool,
    last_line: String,
    ended: Option<DynoRecord>,
}

/// The kind of an action.
enum ActionKind {
    /// Takes almost no time.
    Short,
    /// Waits for a callback, up to a limit if the definition has one.
    Webhook(Option<SignedDuration>),
    Wait,
}

/// What [`FollowedRun`] needs.
pub(super) struct RunSources<'a, 'd> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) app: LogicApp,
    pub(super) run: String,
    pub(super) definition: &'d Value,
    pub(super) events: Receiver<Event>,
    pub(super) observed: &'a mut UnboundedReceiver<Observed>,
    pub(super) earlier: Earlier,
}

impl<'a> FollowedRun<'a> {
    pub(super) fn new(sources: RunSources<'a, '_>) -> Self {
        let mut actions = HashMap::new();
        collect(sources.definition, &mut actions);
        Self {
            sandbox: sources.sandbox,
            app: sources.app,
            run: sources.run,
            actions,
            events: sources.events,
            observed: sources.observed,
            earlier: sources.earlier,
            dyno: Dyno::default(),
            reported: false,
            end: None,
            closed: false,
            reported_outliving: false,
        }
    }

    /// The next event; none once the run and its worker have ended.
    pub(crate) async fn next(&mut self) -> Option<RunEvent> {
        loop {
            if self.closed || self.is_over() {
                // Remaining events from before the end.
                let event = if let Ok(event) = self.events.try_recv() {
                    self.take_event(event)
                } else {
                    let observed = self.observed.try_recv().ok()?;
                    self.take_observed(observed)
                };
                match event {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let event = tokio::select! {
                // An action comes before its effects.
                biased;
                event = self.events.recv() => match event {
                    Ok(event) => self.take_event(event),
                    Err(RecvError::Lagged(_)) => None,
                    Err(RecvError::Closed) => {
                        self.closed = true;
                        None
                    }
                },
                Some(observed) = self.observed.recv() => self.take_observed(observed),
                () = sleep(OUTLIVE_LIMIT), if !self.reported_outliving && self.end.is_some() => {
                    self.reported_outliving = true;
                    Some(RunEvent::WorkerOutlivesRun)
                }
            };
            if event.is_some() {
                return event;
            }
        }
    }

    /// Ends the run, and returns its results.
    pub(crate) async fn report(self) -> Result<RunReport, TrialError> {
        let Self {
            sandbox,
            app,
            run,
            dyno,
            end,
            earlier,
            ..
        } = self;
        // If the worker ended without a report, the workflow would continue to wait for one.
        app.cancel(&run);
        let Some(ended) = dyno.ended else {
            let why = end.as_ref().map(RunEnd::problem);
            return Err(TrialError::NoDyno(why.unwrap_or_default()));
        };
        let exit_status = match ended.ending {
            Ending::Exited(_) if !dyno.up => return Err(TrialError::NotStarted(dyno.last_line)),
            Ending::Exited(status) => status,
            Ending::Killed => KILLED,
            Ending::Vanished => return Err(TrialError::Lost(dyno.last_line)),
        };
        let has_failed = end.as_ref().is_some_and(|end| end.status == Status::Failed);
        let alert_mails = if has_failed {
            sandbox.azure().mails_about(&run).await
        } else {
            Vec::new()
        };
        Ok(RunReport {
            end,
            exit_status,
            took: ended.ended_at.duration_since(ended.dyno.started_at),
            mails: sandbox.inbox().mails().split_off(earlier.mails),
            billed: app.run(&run).map_or(0, |record| record.billed),
            requests: requests_to_heroku(sandbox) - earlier.requests,
            heartbeats: sandbox.heartbeats().all().split_off(earlier.heartbeats),
            alert_mails,
            run,
        })
    }

    /// Whether no more events can come: the run and its dyno have ended, or the dyno has ended without a
    /// report.
    fn is_over(&self) -> bool {
        let dyno_ended = self.dyno.ended.is_some();
        match self.end {
            Some(_) => dyno_ended || self.dyno.name.is_empty(),
            None => dyno_ended && !self.reported,
        }
    }

    /// Handles an event of the workflow, unless it belongs to another run.
    fn take_event(&mut self, event: Event) -> Option<RunEvent> {
        if event.run() != Some(&*self.run) {
            return None;
        }
        match event {
            Event::RunStarted { trigger, at, .. } => Some(RunEvent::Fired { trigger, at }),
            Event::ActionStarted { action, at, .. } => match self.actions.get(&*action)? {
                ActionKind::Webhook(limit) => Some(RunEvent::WaitsForReport {
                    action,
                    limit: *limit,
                    at,
                }),
                ActionKind::Wait => Some(RunEvent::Waits { action, at }),
                ActionKind::Short => None,
            },
            Event::ActionEnded {
                action,
                status,
                code,
                ended,
                ..
            } => {
                let kind = self.actions.get(&*action)?;
                if status == Status::Skipped {
                    return None;
                }
                self.reported |= matches!(kind, ActionKind::Webhook(_));
                Some(RunEvent::ActionEnded {
                    action,
                    status,
                    code: code.into_owned(),
                    at: ended,
                })
            }
            Event::RunEnded {
                status, problem, ..
            } => {
                self.end = Some(RunEnd { status, problem });
                None
            }
            Event::NotStarted { .. } => None,
        }
    }

    /// Handles an event of a dyno, unless it belongs to another run.
    fn take_observed(&mut self, observed: Observed) -> Option<RunEvent> {
        match observed {
            Observed::Started(dyno) if dyno.run_id.as_deref() == Some(&self.run) => {
                self.dyno.name.clone_from(&dyno.name);
                Some(RunEvent::DynoStarted(dyno))
            }
            Observed::Up(name) if *name == *self.dyno.name => {
                self.dyno.up = true;
                None
            }
            Observed::Line(name, line) if *name == *self.dyno.name => {
                self.dyno.last_line.clone_from(&line);
                Some(RunEvent::DynoOutput(line))
            }
            Observed::Ended(record) if record.dyno.name == self.dyno.name => {
                self.dyno.ended = Some(record.clone());
                Some(RunEvent::DynoEnded(record))
            }
            Observed::Alert(text) => Some(RunEvent::Alert(text)),
            Observed::Started(_) | Observed::Up(_) | Observed::Line(..) | Observed::Ended(_) => {
                None
            }
        }
    }
}

/// Collects the actions with an effect, at any depth.
fn collect(holder: &Value, kinds: &mut HashMap<String, ActionKind>) {
    match holder {
        Value::Object(members) => {
            let actions = members.get("actions").and_then(Value::as_object);
            for (name, action) in actions.into_iter().flatten() {
                let kind = match action["type"].as_str() {
                    Some("If" | "Switch" | "Until" | "Foreach" | "Scope") | None => continue,
                    Some("HttpWebhook") => {
                        let limit = action["limit"]["timeout"].as_str();
                        ActionKind::Webhook(limit.and_then(|limit| limit.parse().ok()))
                    }
                    Some("Wait") => ActionKind::Wait,
                    Some(_) => ActionKind::Short,
                };
                kinds.insert(name.clone(), kind);
            }
            for member in members.values() {
                collect(member, kinds);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, kinds)),
        _ => {}
    }
}
