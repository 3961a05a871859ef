//! State of a run and its actions.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde_json::Value;

use crate::definition::Definition;
use crate::definition::action::{Action, ActionId, Block};
use crate::history::{AttemptRecord, Problem};
use crate::status::Status;

/// Maximum number of past repetitions in loops that the history keeps per run.
const MAX_PAST_RECORDS: usize = 1000;

/// Index of a [`Frame`] in [`State`].
pub(crate) type FrameId = usize;

/// One repetition of an action.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) status: Status,
    pub(crate) code: Cow<'static, str>,
    pub(crate) problem: Option<Box<Problem>>,
    pub(crate) started: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) inputs: Option<Arc<Value>>,
    pub(crate) outputs: Option<Arc<Value>>,
    /// Number of the repetition within the run; determines its tracking id.
    pub(crate) serial: u32,
    /// For a loop, the number of its iterations so far.
    pub(crate) iterations: Option<u32>,
    pub(crate) attempts: Vec<AttemptRecord>,
    /// For a `Foreach`, the results of all iterations, if an expression calls `result()`.
    pub(crate) results: Vec<Value>,
    /// The enclosing loops with their iterations, outermost first.
    pub(crate) indexes: Vec<(ActionId, usize)>,
    /// The object that `actions()` returns. Cached once the action has ended.
    pub(crate) object: OnceLock<Value>,
}

/// Records of a contiguous range of action ids: those of the run, or of one `Foreach` iteration.
#[derive(Debug)]
pub(crate) struct Frame {
    outer: FrameId,
    first: ActionId,
    records: Vec<Option<Record>>,
}

/// The mutable state of a run.
#[derive(Debug)]
pub(crate) struct State {
    /// The outermost frame, then one for each running `Foreach` iteration.
    frames: Vec<Option<Frame>>,
    pub(crate) variables: Vec<Option<Value>>,
    /// Past repetitions of actions in loops.
    pub(crate) past: VecDeque<(ActionId, Record)>,
    pub(crate) status: Status,
    pub(crate) problem: Option<Problem>,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    /// Billed executions: one for the trigger, and one per repetition of an action that was not
    /// skipped.
    pub(crate) billed: u64,
    serials: u32,
}

impl State {
    pub(crate) fn new(definition: &Definition) -> Self {
        let root = Frame {
            outer: 0,
            first: 0,
            records: vec![None; definition.actions.len()],
        };
        Self {
            frames: vec![Some(root)],
            variables: vec![None; definition.variables.len()],
            past: VecDeque::new(),
            status: Status::Waiting,
            problem: None,
            started: None,
            ended: None,
            billed: 1,
            serials: 0,
        }
    }

    pub(crate) fn next_serial(&mut self) -> u32 {
        self.serials = self.serials.wrapping_add(1);
        self.serials
    }

    /// Finds the frame that contains the record of an action, from `frame` outward.
    fn frame_for(&self, frame: FrameId, id: ActionId) -> FrameId {
        let mut current = frame;
        while let Some(Some(frame)) = self.frames.get(current) {
            if current == 0 || (frame.first..frame.first + frame.records.len()).contains(&id) {
                break;
            }
            current = frame.outer;
        }
        current
    }

    pub(crate) fn record(&self, frame: FrameId, id: ActionId) -> Option<&Record> {
        let frame = self.frames.get(self.frame_for(frame, id))?.as_ref()?;
        frame.records.get(id - frame.first)?.as_ref()
    }

    pub(crate) fn record_mut(&mut self, frame: FrameId, id: ActionId) -> Option<&mut Record> {
        let frame = self.frame_for(frame, id);
        let frame = self.frames.get_mut(frame)?.as_mut()?;
        frame.records.get_mut(id - frame.first)?.as_mut()
    }

    pub(crate) fn put(&mut self, frame: FrameId, id: ActionId, record: Record) {
        let frame = self.frame_for(frame, id);
        if let Some(Some(frame)) = self.frames.get_mut(frame)
            && let Some(slot) = frame.records.get_mut(id - frame.first)
        {
            *slot = Some(record);
        }
    }

    pub(crate) fn status_for(&self, frame: FrameId, id: ActionId) -> Option<Status> {
        self.record(frame, id).map(|record| record.status)
    }

    /// Opens a frame for the actions in a loop.
    pub(crate) fn open_frame(&mut self, outer: FrameId, id: ActionId, action: &Action) -> FrameId {
        let frame = Frame {
            outer,
            first: id + 1,
            records: vec![None; action.last_descendant - id],
        };
        let free = self.frames.iter().position(Option::is_none);
        if let Some(free) = free {
            self.frames[free] = Some(frame);
            free
        } else {
            self.frames.push(Some(frame));
            self.frames.len() - 1
        }
    }

    /// Closes a frame and archives its records.
    pub(crate) fn close_frame(&mut self, frame: FrameId, actions: &[Action]) {
        let Some(frame) = self.frames.get_mut(frame).and_then(Option::take) else {
            return;
        };
        for (n, record) in frame.records.into_iter().enumerate() {
            if let Some(record) = record {
                self.archive(frame.first + n, record, actions);
            }
        }
    }

    /// Archives the records of the descendants of an action, for its next iteration.
    pub(crate) fn archive_descendants(&mut self, frame: FrameId, id: ActionId, actions: &[Action]) {
        for id in id + 1..=actions[id].last_descendant {
            let at = self.frame_for(frame, id);
            let Some(Some(frame)) = self.frames.get_mut(at) else {
                continue;
            };
            let first = frame.first;
            if let Some(record) = frame.records.get_mut(id - first).and_then(Option::take) {
                self.archive(id, record, actions);
            }
        }
    }

    fn archive(&mut self, id: ActionId, mut record: Record, actions: &[Action]) {
        record.redact(&actions[id]);
        if self.past.len() == MAX_PAST_RECORDS {
            self.past.pop_front();
        }
        self.past.push_back((id, record));
    }

    /// Whether a branch of the block failed. A skipped action has the status of its predecessor:
    /// "if a branch ends with a Skipped action, that branch's completion status is based on that
    /// skipped action's predecessor status" (`logic-apps-exception-handling.md`).
    pub(crate) fn has_failed(&self, frame: FrameId, block: &Block, actions: &[Action]) -> bool {
        let mut seen = Vec::new();
        let mut open = block.last.clone();
        while let Some(id) = open.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            match self.status_for(frame, id) {
                Some(Status::Failed | Status::TimedOut | Status::Cancelled) => return true,
                Some(Status::Skipped) => {
                    open.extend(actions[id].run_after.iter().map(|(before, _)| *before));
                }
                _ => {}
            }
        }
        false
    }

    /// Ends the run: cancels unfinished actions, and discards secured values and variables.
    pub(crate) fn end(
        &mut self,
        status: Status,
        problem: Option<Problem>,
        now: Timestamp,
        actions: &[Action],
    ) {
        for frame in 1..self.frames.len() {
            if let Some(Some(frame)) = self.frames.get_mut(frame) {
                cancel(&mut frame.records, now);
            }
            self.close_frame(frame, actions);
        }
        self.frames.truncate(1);
        if let Some(Some(root)) = self.frames.first_mut() {
            cancel(&mut root.records, now);
            for (record, action) in root.records.iter_mut().zip(actions) {
                if let Some(record) = record {
                    record.redact(action);
                }
            }
        }
        self.past.shrink_to_fit();
        self.variables = Vec::new();
        self.status = status;
        self.problem = problem;
        self.ended = Some(now);
    }
}

fn cancel(records: &mut [Option<Record>], now: Timestamp) {
    for record in records.iter_mut().flatten() {
        if !record.status.has_ended() {
            record.status = Status::Cancelled;
            record.code = Cow::Borrowed("ActionCancelled");
            record.ended = Some(now);
        }
    }
}

impl Record {
    /// Discards values that the history must not contain.
    fn redact(&mut self, action: &Action) {
        if action.redacted.inputs {
            self.inputs = None;
        }
        if action.redacted.outputs {
            self.outputs = None;
        }
        self.results = Vec::new();
        self.object = OnceLock::new();
    }
}
