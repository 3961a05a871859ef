//! Actions that repeat others.

use std::ops::ControlFlow;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::Value;

use super::environment::{Execution, Iteration};
use super::execute::Outcome;
use super::state::FrameId;
use super::{Run, objects};
use crate::definition::action::{ActionId, Block, Until};
use crate::definition::kind_of;
use crate::expression::{EvalError, Templated};
use crate::status::Status;

/// "Foreach array items" (`logic-apps-limits-and-config.md`).
const MOST_ITEMS: usize = 100_000;

/// How an iteration of a Foreach ended.
struct IterationEnd {
    index: usize,
    failed: bool,
    results: Vec<Value>,
}

impl Execution<'_> {
    fn within<'p>(&self, frame: FrameId, iteration: &'p Iteration<'p>) -> Execution<'p>
    where
        Self: 'p,
    {
        let run: &'p Run = self.run;
        Execution {
            run,
            frame,
            iteration: Some(iteration),
        }
    }

    pub(super) async fn foreach(
        &self,
        id: ActionId,
        over: &Templated,
        at_once: usize,
        body: &Block,
    ) -> ControlFlow<(), Outcome> {
        let items = match self.evaluate(id, over) {
            Ok(Value::Array(items)) if items.len() <= MOST_ITEMS => items,
            Ok(Value::Array(items)) => {
                return ControlFlow::Continue(Outcome::failed(
                    "ForeachItemsLimitExceeded",
                    format!("{} items, of at most {MOST_ITEMS}", items.len()),
                ));
            }
            Ok(other) => {
                let kind = kind_of(&other);
                let error = EvalError(format!("a Foreach needs an array, not {kind}"));
                return ControlFlow::Continue(self.wrong_inputs(id, &error));
            }
            Err(error) => return ControlFlow::Continue(self.wrong_inputs(id, &error)),
        };
        let mut failed = false;
        let mut results = Vec::new();
        let mut going = FuturesUnordered::new();
        let mut rest = items.iter().enumerate();
        loop {
            while going.len() < at_once {
                let Some((index, item)) = rest.next() else {
                    break;
                };
                going.push(self.iteration(id, index, item, body));
            }
            match going.next().await {
                Some(end) => {
                    let end = end?;
                    failed |= end.failed;
                    results.push(end);
                }
                None => break,
            }
        }
        // They end in any order and are told in that of the items.
        results.sort_by_key(|end| end.index);
        if let Some(record) = self.run.state().record_mut(self.frame, id) {
            record.passes = u32::try_from(items.len()).ok();
            record.results = results.into_iter().flat_map(|end| end.results).collect();
        }
        ControlFlow::Continue(Outcome::of_block(failed))
    }

    async fn iteration(
        &self,
        id: ActionId,
        index: usize,
        item: &Value,
        body: &Block,
    ) -> ControlFlow<(), IterationEnd> {
        let app = &self.run.app;
        let action = &app.definition.actions[id];
        let frame = self.run.state().open_frame(self.frame, id, action);
        let iteration = Iteration {
            of: id,
            index,
            item: Some(item),
            outer: self.iteration,
        };
        let execution = self.within(frame, &iteration);
        execution.block(body).await?;
        let failed = execution.has_failed(body);
        let mut state = self.run.state();
        let results = if action.result_wanted {
            let told = |id: &ActionId| {
                let record = state.record(frame, *id)?;
                Some(objects::action(self.run, *id, record))
            };
            body.actions.iter().filter_map(told).collect()
        } else {
            Vec::new()
        };
        state.close_frame(frame, &app.definition.actions);
        ControlFlow::Continue(IterationEnd {
            index,
            failed,
            results,
        })
    }

    /// Repeats until the condition holds or a limit is reached, which is checked after each iteration.
    ///
    /// A limit that is reached is no failure: "the Until loop succeeds if all the actions inside the
    /// loop succeed, and if the loop limit is reached"; "if any action fails in the last iteration
    /// … the entire Until loop is marked as Failed" (`logic-apps-control-flow-loops.md` in
    /// MicrosoftDocs/azure-docs). With the option `FailWhenLimitsReached` the action then ends as
    /// `TimedOut` (observed: Azure/logicapps#439). An iteration that takes longer
    /// than the timeout is not stopped; the next does not begin.
    pub(super) async fn until(&self, id: ActionId, until: &Until) -> ControlFlow<(), Outcome> {
        let Until {
            condition,
            most_passes,
            timeout,
            fail_at_limit,
            body,
        } = until;
        let app = &self.run.app;
        let actions = &app.definition.actions;
        let deadline = app.later(*timeout);
        let mut passes = 0_u32;
        loop {
            passes = passes.saturating_add(1);
            self.run.state().clear_within(self.frame, id, actions);
            let iteration = Iteration {
                of: id,
                index: passes as usize - 1,
                item: None,
                outer: self.iteration,
            };
            let execution = self.within(self.frame, &iteration);
            execution.block(body).await?;
            if let Some(record) = self.run.state().record_mut(self.frame, id) {
                record.passes = Some(passes);
            }
            let done = match execution.holds(id, condition) {
                Ok(done) => done,
                Err(error) => return ControlFlow::Continue(self.wrong_inputs(id, &error)),
            };
            let outcome = || Outcome::of_block(execution.has_failed(body));
            if done {
                return ControlFlow::Continue(outcome());
            }
            let limit = if passes >= *most_passes {
                "count"
            } else if app.clock.now() >= deadline {
                "timeout"
            } else {
                continue;
            };
            if *fail_at_limit {
                return ControlFlow::Continue(Outcome {
                    status: Status::TimedOut,
                    ..Outcome::failed(
                        "ActionTimedOut",
                        format!("The loop reached its limit ({limit}) before its condition held."),
                    )
                });
            }
            return ControlFlow::Continue(outcome());
        }
    }
}
