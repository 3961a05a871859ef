//! Execution of actions in the order of their `runAfter` dependencies.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::environment::Execution;
use super::event::Event;
use super::state::{Record, State};
use crate::definition::action::{ActionId, Block, Kind};
use crate::expression::{EvalError, Templated};
use crate::history::Problem;
use crate::status::Status;

/// Whether the run continues or was terminated.
pub(super) type Flow = ControlFlow<()>;

/// The result of one repetition of an action.
pub(super) struct Outcome {
    pub(super) status: Status,
    pub(super) code: Cow<'static, str>,
    pub(super) problem: Option<Problem>,
    pub(super) outputs: Option<Arc<Value>>,
}

impl Outcome {
    pub(super) fn succeeded(outputs: Option<Value>) -> Self {
        Self {
            status: Status::Succeeded,
            code: Cow::Borrowed("OK"),
            problem: None,
            outputs: outputs.map(Arc::new),
        }
    }

    pub(super) fn failed(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let code = code.into();
        Self {
            status: Status::Failed,
            problem: Some(Problem {
                code: code.clone().into_owned(),
                message: message.into(),
            }),
            code,
            outputs: None,
        }
    }

    pub(super) fn for_block(failed: bool) -> Self {
        if failed {
            Self::failed("ActionFailed", ACTION_FAILED)
        } else {
            Self::succeeded(None)
        }
    }
}

/// The service's message for a scope or a run in which a branch failed.
pub(super) const ACTION_FAILED: &str = "An action failed. No dependent actions succeeded.";

/// The state of an action that has not started.
enum Readiness {
    Ready,
    Waiting,
    Unmet(Problem),
}

impl Execution<'_> {
    /// Executes the actions of a block.
    pub(super) fn block<'b>(&'b self, block: &'b Block) -> BoxFuture<'b, Flow> {
        Box::pin(async move {
            let mut waiting = block.actions.clone();
            let mut running = FuturesUnordered::new();
            loop {
                let mut ready = self.take_ready(&mut waiting);
                if running.is_empty() && ready.len() == 1 {
                    let alone = ready.pop().unwrap_or_default();
                    self.action(alone).await?;
                    continue;
                }
                running.extend(ready.into_iter().map(|id| self.action(id)));
                match running.next().await {
                    Some(flow) => flow?,
                    None => return Flow::Continue(()),
                }
            }
        })
    }

    fn take_ready(&self, waiting: &mut Vec<ActionId>) -> Vec<ActionId> {
        let mut ready = Vec::new();
        waiting.retain(|id| match self.readiness(*id) {
            Readiness::Waiting => true,
            Readiness::Ready => {
                ready.push(*id);
                false
            }
            Readiness::Unmet(problem) => {
                self.skip(*id, problem);
                false
            }
        });
        ready
    }

    fn readiness(&self, id: ActionId) -> Readiness {
        let actions = &self.run.app.definition.actions;
        let action = &actions[id];
        let state = self.run.state();
        let mut unmet = None;
        for (before, statuses) in &action.run_after {
            match state.status_for(self.frame, *before) {
                Some(status) if status.has_ended() => {
                    if !statuses.contains(status) {
                        unmet = unmet.or(Some((*before, *statuses, status)));
                    }
                }
                _ => return Readiness::Waiting,
            }
        }
        unmet.map_or(Readiness::Ready, |(before, statuses, status)| {
            Readiness::Unmet(Problem {
                code: "ActionConditionFailed".to_owned(),
                message: format!(
                    "The execution of template action '{}' is skipped: the 'runAfter' condition for action '{}' is not satisfied. Expected status values '{}' and actual value '{status}'.",
                    action.name, actions[before].name, statuses.names()
                ),
            })
        })
    }

    fn skip(&self, id: ActionId, problem: Problem) {
        let now = self.run.app.clock.now();
        let mut state = self.run.state();
        let record = Record {
            status: Status::Skipped,
            code: Cow::Borrowed("ActionSkipped"),
            problem: Some(Box::new(problem)),
            ended: Some(now),
            ..self.new_record(&mut state, now)
        };
        state.put(self.frame, id, record);
        drop(state);
        self.emit_end(id);
    }

    /// Creates the record of a repetition that starts now.
    fn new_record(&self, state: &mut State, now: Timestamp) -> Record {
        Record {
            status: Status::Running,
            code: Cow::Borrowed(""),
            problem: None,
            started: now,
            ended: None,
            inputs: None,
            outputs: None,
            serial: state.next_serial(),
            iterations: None,
            attempts: Vec::new(),
            results: Vec::new(),
            indexes: self.indexes(),
            object: OnceLock::new(),
        }
    }

    fn indexes(&self) -> Vec<(ActionId, usize)> {
        let Some(iteration) = self.iteration else {
            return Vec::new();
        };
        let mut indexes: Vec<_> = iteration
            .outwards()
            .map(|outer| (outer.loop_id, outer.index))
            .collect();
        indexes.reverse();
        indexes
    }

    /// Executes one action.
    async fn action(&self, id: ActionId) -> Flow {
        let app = &self.run.app;
        let now = app.clock.now();
        {
            let mut state = self.run.state();
            state.billed += 1;
            let record = self.new_record(&mut state, now);
            state.put(self.frame, id, record);
        }
        app.emit(|| Event::ActionStarted {
            run: self.run.id.clone(),
            action: app.definition.actions[id].name.clone(),
            at: now,
        });
        let outcome = match &app.definition.actions[id].kind {
            Kind::If {
                condition,
                then,
                otherwise,
            } => match self.holds(id, condition) {
                Ok(holds) => {
                    self.record_inputs(id, json!({ "expressionResult": holds }));
                    let block = if holds { then } else { otherwise };
                    self.block(block).await?;
                    Outcome::for_block(self.has_failed(block))
                }
                Err(error) => self.invalid_inputs(id, &error),
            },
            Kind::Switch { on, cases, default } => match self.evaluate(id, on) {
                Ok(value) => {
                    let case = cases.iter().find(|(case, _)| *case == value);
                    let block = case.map_or(default, |(_, block)| block);
                    self.record_inputs(id, json!({ "expressionResult": value }));
                    self.block(block).await?;
                    Outcome::for_block(self.has_failed(block))
                }
                Err(error) => self.invalid_inputs(id, &error),
            },
            Kind::Scope(block) => {
                self.block(block).await?;
                Outcome::for_block(self.has_failed(block))
            }
            Kind::Foreach {
                over,
                concurrency,
                body,
            } => match self.foreach(id, over, *concurrency, body).await {
                ControlFlow::Continue(outcome) => outcome,
                ControlFlow::Break(()) => return Flow::Break(()),
            },
            Kind::Until(until) => match self.until(id, until).await {
                ControlFlow::Continue(outcome) => outcome,
                ControlFlow::Break(()) => return Flow::Break(()),
            },
            Kind::Terminate {
                status,
                code,
                message,
            } => match self.terminate(id, status, code.as_ref(), message.as_ref()) {
                Ok(()) => {
                    self.finish(id, Outcome::succeeded(None));
                    return Flow::Break(());
                }
                Err(error) => self.invalid_inputs(id, &error),
            },
            Kind::Http(http) => self.http(id, http).await,
            Kind::HttpWebhook {
                subscribe,
                unsubscribe,
            } => self.webhook(id, subscribe, unsubscribe.as_deref()).await,
            Kind::Wait(wait) => self.wait(id, wait).await,
            Kind::Data(data) => self
                .data(id, data)
                .unwrap_or_else(|error| self.invalid_inputs(id, &error)),
        };
        self.finish(id, outcome);
        Flow::Continue(())
    }

    fn finish(&self, id: ActionId, outcome: Outcome) {
        let now = self.run.app.clock.now();
        if let Some(record) = self.run.state().record_mut(self.frame, id) {
            record.status = outcome.status;
            record.code = outcome.code;
            record.problem = outcome.problem.map(Box::new);
            record.outputs = outcome.outputs;
            record.ended = Some(now);
        }
        self.emit_end(id);
    }

    fn emit_end(&self, id: ActionId) {
        let app = &self.run.app;
        app.emit(|| {
            let state = self.run.state();
            let record = state.record(self.frame, id);
            let started = record.map_or_else(|| app.clock.now(), |record| record.started);
            Event::ActionEnded {
                run: self.run.id.clone(),
                action: app.definition.actions[id].name.clone(),
                status: record.map_or(Status::Skipped, |record| record.status),
                code: record.map_or(Cow::Borrowed(""), |record| record.code.clone()),
                started,
                ended: record.and_then(|record| record.ended).unwrap_or(started),
            }
        });
    }

    /// Records the evaluated inputs of an action for the history.
    pub(super) fn record_inputs(&self, id: ActionId, inputs: impl Into<Arc<Value>>) {
        if let Some(record) = self.run.state().record_mut(self.frame, id) {
            record.inputs = Some(inputs.into());
        }
    }

    /// The outcome of an action whose inputs cannot be evaluated.
    pub(super) fn invalid_inputs(&self, id: ActionId, error: &EvalError) -> Outcome {
        let name = &self.run.app.definition.actions[id].name;
        Outcome::failed(
            "InvalidTemplate",
            format!(
                "Unable to process template language expressions in action '{name}' inputs: '{error}'."
            ),
        )
    }

    pub(super) fn has_failed(&self, block: &Block) -> bool {
        let actions = &self.run.app.definition.actions;
        self.run.state().has_failed(self.frame, block, actions)
    }

    fn terminate(
        &self,
        id: ActionId,
        status: &Templated,
        code: Option<&Templated>,
        message: Option<&Templated>,
    ) -> Result<(), EvalError> {
        let text = |value: &Templated| match self.evaluate(id, value)? {
            Value::String(text) => Ok(text),
            Value::Null => Ok(String::new()),
            other => Ok(other.to_string()),
        };
        let name = text(status)?;
        let known = [Status::Succeeded, Status::Failed, Status::Cancelled];
        let status = known
            .into_iter()
            .find(|status| status.name().eq_ignore_ascii_case(&name))
            .ok_or_else(|| {
                let message = "the run status must be Succeeded, Failed, or Cancelled";
                EvalError::new(message)
            })?;
        let code = code.map(text).transpose()?;
        let message = message.map(text).transpose()?;
        let mut inputs = json!({ "runStatus": status.name() });
        let mut problem = None;
        if status == Status::Failed && (code.is_some() || message.is_some()) {
            inputs["runError"] = json!({ "code": code, "message": message });
            problem = Some(Problem {
                code: code.unwrap_or_default(),
                message: message.unwrap_or_default(),
            });
        }
        self.record_inputs(id, inputs);
        let mut state = self.run.state();
        state.status = status;
        state.problem = problem;
        Ok(())
    }
}
