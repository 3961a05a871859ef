//! History records of a run.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::Run;
use super::objects::tracking_id;
use super::state::Record;
use crate::definition::action::ActionId;
use crate::history::{ActionRecord, Content, LoopIndex, RunRecord};
use crate::status::Status;

impl Run {
    /// The current record of the run.
    pub(crate) fn record(&self) -> RunRecord {
        let state = self.state();
        RunRecord {
            id: self.id.clone(),
            trigger: self.app.definition.triggers[self.trigger].name.clone(),
            scheduled: self.scheduled,
            window_end: self.window_end,
            fired: self.fired,
            started: state.started,
            ended: state.ended,
            status: state.status,
            problem: state.problem.clone(),
            billed: state.billed,
        }
    }

    /// The latest repetition of every action that has started or was skipped. After the run,
    /// includes actions in branches that were not taken.
    pub(crate) fn action_records(&self) -> Vec<ActionRecord> {
        let state = self.state();
        let ended = state.ended.is_some();
        (0..self.app.definition.actions.len())
            .filter_map(|id| {
                let record = state.record(0, id).or_else(|| {
                    let mut past = state.past.iter().rev();
                    past.find(|(past_id, _)| *past_id == id)
                        .map(|(_, record)| record)
                });
                match record {
                    Some(record) => Some(self.action_record(id, record)),
                    None => ended.then(|| self.skipped_with_branch(id)),
                }
            })
            .collect()
    }

    /// Every repetition of an action, oldest first.
    pub(crate) fn repetitions(&self, id: ActionId) -> Vec<ActionRecord> {
        let state = self.state();
        state
            .past
            .iter()
            .filter(|(past_id, _)| *past_id == id)
            .map(|(_, record)| record)
            .chain(state.record(0, id))
            .map(|record| self.action_record(id, record))
            .collect()
    }

    fn action_record(&self, id: ActionId, record: &Record) -> ActionRecord {
        let actions = &self.app.definition.actions;
        let action = &actions[id];
        let loops = record.indexes.iter().map(|(id, index)| LoopIndex {
            name: actions[*id].name.clone(),
            index: *index,
        });
        ActionRecord {
            name: action.name.clone(),
            status: record.status,
            code: record.code.clone(),
            problem: record.problem.as_deref().cloned(),
            started: Some(record.started),
            ended: record.ended,
            inputs: content(action.redacted.inputs, record.inputs.as_ref()),
            outputs: content(action.redacted.outputs, record.outputs.as_ref()),
            attempts: record.attempts.clone(),
            repetitions: record.iterations,
            loops: loops.collect(),
            tracking_id: Some(tracking_id(self, record.serial)),
        }
    }

    /// The record of an action in a branch that was not taken.
    fn skipped_with_branch(&self, id: ActionId) -> ActionRecord {
        ActionRecord {
            name: self.app.definition.actions[id].name.clone(),
            status: Status::Skipped,
            code: Cow::Borrowed("ActionSkipped"),
            problem: None,
            started: None,
            ended: None,
            inputs: Content::None,
            outputs: Content::None,
            attempts: Vec::new(),
            repetitions: None,
            loops: Vec::new(),
            tracking_id: None,
        }
    }
}

fn content(redacted: bool, value: Option<&Arc<Value>>) -> Content {
    match value {
        _ if redacted => Content::Redacted,
        None => Content::None,
        Some(value) => Content::Value(Arc::clone(value)),
    }
}
