//! Shows the progress of a deployment's steps.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::cli::interrupted::Interrupted;
use crate::cli::output::{Output, Progress};
use picletter_core::deploy::step;
use picletter_core::deploy::step::Step;

/// Each step with its spinner.
pub(in crate::cli) struct Steps {
    output: Output,
    running: Mutex<BTreeMap<Step, Progress>>,
}

impl Steps {
    /// No steps yet. From now on, an interruption may leave changes.
    pub(in crate::cli) fn new(output: &Output) -> Self {
        output.set_interrupted(Interrupted::Resumable);
        Self {
            output: output.clone(),
            running: Mutex::default(),
        }
    }

    fn with(&self, work: impl FnOnce(&mut BTreeMap<Step, Progress>)) {
        work(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl step::Progress for Steps {
    fn begin(&self, step: Step) {
        let progress = self.output.progress(step.to_string());
        self.with(|steps| drop(steps.insert(step, progress)));
    }

    fn done(&self, step: Step) {
        self.with(|steps| {
            if let Some(progress) = steps.remove(&step) {
                progress.finish("done");
            }
        });
    }

    fn line(&self, step: Step, line: &str) {
        self.with(|steps| {
            if let Some(progress) = steps.get(&step) {
                progress.step(line);
            }
        });
    }
}
