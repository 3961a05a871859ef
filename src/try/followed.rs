//! A run that is followed to its end, which is the worker's: the actions, dynos, and alerts in one
//! order, and a report.

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

/// How long a worker may outlive its run before this is an event.
const PATIENCE: Duration = Duration::from_secs(2);

/// The exit status of a process that signal 9 ended, as shells report it.
const KILLED: i32 = 128 + 9;

/// What happens in a run. Actions that only decide which others run cause no events.
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
    /// The workflow alerted with this text.
    Alert(String),
    /// The run is over and the worker is not.
    WorkerOutlivesRun,
}

/// A run that has ended, with its worker.
pub(crate) struct RunReport {
    pub(crate) run: String,
    /// How the run ended; none if it waited for a report that can no longer come.
    pub(crate) end: Option<RunEnd>,
    /// The worker's exit status; 128 and the signal's number if a signal ended it.
    pub(crate) exit_status: i32,
    /// How long the dyno lived.
    pub(crate) took: SignedDuration,
    /// The mails that SendGrid's fake accepted.
    pub(crate) mails: Vec<Arc<Mail>>,
    /// Executions that Azure would bill.
    pub(crate) billed: u64,
    /// Requests about apps, to Heroku.
    pub(crate) requests: usize,
    /// The pings that a cron monitor received.
    pub(crate) heartbeats: Vec<String>,
    /// What Azure Monitor would mail.
    pub(crate) alert_mails: Vec<AlertMail>,
}

/// How a run ended.
#[derive(Clone)]
pub(crate) struct RunEnd {
    pub(crate) status: Status,
    problem: Option<Problem>,
}

impl RunEnd {
    /// Why the run did not succeed, in the workflow's words.
    pub(crate) fn problem(&self) -> String {
        self.problem.as_ref().map_or_else(String::new, |problem| {
            let why = problem.message.lines().next().unwrap_or_default();
            format!("{}: {why}", problem.code)
        })
    }
}

impl RunReport {
    /// Checks that a worker that ended with 0 sent a mail, and that its run succeeded.
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

/// A run under way.
pub(crate) struct FollowedRun<'a> {
    sandbox: &'a Sandbox,
    app: LogicApp,
    run: String,
    /// The actions that do something; the others only decide which of these do.
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
    patient: bool,
}

#[derive(Default)]
struct Dyno {
    /// Empty before it is started.
    name: String,
    up: bool,
    last_line: String,
    ended: Option<DynoRecord>,
}

/// What an action does.
enum ActionKind {
    /// It takes hardly any time.
    Short,
    /// It waits for a callback, up to a limit if the definition has one.
    Webhook(Option<SignedDuration>),
    Wait,
}

/// What a run is followed by.
pub(super) struct Followed<'a, 'd> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) app: LogicApp,
    pub(super) run: String,
    pub(super) definition: &'d Value,
    pub(super) events: Receiver<Event>,
    pub(super) observed: &'a mut UnboundedReceiver<Observed>,
    pub(super) earlier: Earlier,
}

impl<'a> FollowedRun<'a> {
    pub(super) fn new(followed: Followed<'a, '_>) -> Self {
        let mut actions = HashMap::new();
        collect(followed.definition, &mut actions);
        Self {
            sandbox: followed.sandbox,
            app: followed.app,
            run: followed.run,
            actions,
            events: followed.events,
            observed: followed.observed,
            earlier: followed.earlier,
            dyno: Dyno::default(),
            reported: false,
            end: None,
            closed: false,
            patient: true,
        }
    }

    /// The next event; none once the run and its worker have ended.
    pub(crate) async fn next(&mut self) -> Option<RunEvent> {
        loop {
            if self.closed || self.is_over() {
                // What happened before the end and was not seen until now.
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
                // What an action did comes before what follows from it.
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
                () = sleep(PATIENCE), if self.patient && self.end.is_some() => {
                    self.patient = false;
                    Some(RunEvent::WorkerOutlivesRun)
                }
            };
            if event.is_some() {
                return event;
            }
        }
    }

    /// Ends the run, and reports it.
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
        // Where the worker ended without a report, the workflow would go on to wait for one.
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

    /// Whether nothing more is to be expected: the run and its dyno have ended, or the dyno has and
    /// the run can get no report.
    fn is_over(&self) -> bool {
        let dyno_ended = self.dyno.ended.is_some();
        match self.end {
            Some(_) => dyno_ended || self.dyno.name.is_empty(),
            None => dyno_ended && !self.reported,
        }
    }

    /// Takes an event of the workflow, unless it is another run's.
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

    /// Takes what a dyno did, unless it is another run's.
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

/// Collects the actions that do something, at any depth.
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
