//! Execution of `Foreach` and `Until` loops.

use std::ops::ControlFlow;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::Value;

use super::environment::{Execution, Iteration};
use super::execute::Outcome;
use super::state::FrameId;
use super::{Run, objects};
use crate::definition::action::{ActionId, Block, Until};
use crate::definition::json_type;
use crate::expression::{EvalError, Templated};
use crate::status::Status;

/// Maximum number of items of a loop ("Foreach array items", `logic-apps-limits-and-config.md`).
const MAX_ITEMS: usize = 100_000;

/// The result of one iteration of a `Foreach`.
struct IterationEnd {
    index: usize,
    failed: bool,
    results: Vec<Value>,
}

impl Execution<'_> {
    fn for_iteration<'p>(&self, frame: FrameId, iteration: &'p Iteration<'p>) -> Execution<'p>
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
        concurrency: usize,
        body: &Block,
    ) -> ControlFlow<(), Outcome> {
        let items = match self.evaluate(id, over) {
            Ok(Value::Array(items)) if items.len() <= MAX_ITEMS => items,
            Ok(Value::Array(items)) => {
                return ControlFlow::Continue(Outcome::failed(
                    "ForeachItemsLimitExceeded",
                    format!("{} items exceed the limit of {MAX_ITEMS}", items.len()),
                ));
            }
            Ok(other) => {
                let kind = json_type(&other);
                let error = EvalError::new(format!("a Foreach requires an array, not {kind}"));
                return ControlFlow::Continue(self.invalid_inputs(id, &error));
            }
            Err(error) => return ControlFlow::Continue(self.invalid_inputs(id, &error)),
        };
        let mut failed = false;
        let mut results = Vec::new();
        let mut running = FuturesUnordered::new();
        let mut rest = items.iter().enumerate();
        loop {
            while running.len() < concurrency {
                let Some((index, item)) = rest.next() else {
                    break;
                };
                running.push(self.iteration(id, index, item, body));
            }
            match running.next().await {
                Some(end) => {
                    let end = end?;
                    failed |= end.failed;
                    results.push(end);
                }
                None => break,
            }
        }
        // Iterations end in any order; results are reported in the order of the items.
        results.sort_by_key(|end| end.index);
        if let Some(record) = self.run.state().record_mut(self.frame, id) {
            record.iterations = u32::try_from(items.len()).ok();
            record.results = results.into_iter().flat_map(|end| end.results).collect();
        }
        ControlFlow::Continue(Outcome::for_block(failed))
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
            loop_id: id,
            index,
            item: Some(item),
            outer: self.iteration,
        };
        let execution = self.for_iteration(frame, &iteration);
        execution.block(body).await?;
        let failed = execution.has_failed(body);
        let mut state = self.run.state();
        let results = if action.needs_results {
            let object = |id: &ActionId| {
                let record = state.record(frame, *id)?;
                Some(objects::action(self.run, *id, record))
            };
            body.actions.iter().filter_map(object).collect()
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

    /// Repeats until the condition is true or a limit is reached. Both are checked after each
    /// iteration.
    ///
    /// Reaching a limit is not a failure: "the Until loop succeeds if all the actions inside the
    /// loop succeed, and if the loop limit is reached"; "if any action fails in the last iteration
    /// … the entire Until loop is marked as Failed" (`logic-apps-control-flow-loops.md` in
    /// MicrosoftDocs/azure-docs). With the option `FailWhenLimitsReached`, the action ends as
    /// `TimedOut` instead (observed: Azure/logicapps#439). An iteration that exceeds the timeout is
    /// not stopped, but no further iteration starts.
    pub(super) async fn until(&self, id: ActionId, until: &Until) -> ControlFlow<(), Outcome> {
        let Until {
            condition,
            max_iterations,
            timeout,
            fail_at_limit,
            body,
        } = until;
        let app = &self.run.app;
        let actions = &app.definition.actions;
        let deadline = app.after(*timeout);
        let mut iterations = 0_u32;
        loop {
            iterations = iterations.saturating_add(1);
            self.run
                .state()
                .archive_descendants(self.frame, id, actions);
            let iteration = Iteration {
                loop_id: id,
                index: iterations as usize - 1,
                item: None,
                outer: self.iteration,
            };
            let execution = self.for_iteration(self.frame, &iteration);
            execution.block(body).await?;
            if let Some(record) = self.run.state().record_mut(self.frame, id) {
                record.iterations = Some(iterations);
            }
            let is_true = match execution.holds(id, condition) {
                Ok(is_true) => is_true,
                Err(error) => return ControlFlow::Continue(self.invalid_inputs(id, &error)),
            };
            let outcome = || Outcome::for_block(execution.has_failed(body));
            if is_true {
                return ControlFlow::Continue(outcome());
            }
            let limit = if iterations >= *max_iterations {
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
                        format!(
                            "The loop reached its limit ({limit}) before its condition was true."
                        ),
                    )
                });
            }
            return ControlFlow::Continue(outcome());
        }
    }
}
