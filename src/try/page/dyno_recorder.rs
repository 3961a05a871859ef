//! Records of dynos for the page.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;

use picletter_sandbox::heroku::{DynoInfo, DynoRecord, LogLine, Observer};

/// Maximum number of recorded dynos, and of lines per dyno.
const MAX_DYNOS: usize = 200;
const MAX_LINES: usize = 200;

/// A dyno, running or ended.
#[derive(Debug, Clone)]
pub(super) struct RecordedDyno {
    pub(super) info: DynoInfo,
    /// Whether its process has begun.
    pub(super) up: bool,
    /// Its output, and Heroku's lines about it.
    pub(super) lines: Vec<LogLine>,
    pub(super) has_ended: bool,
}

/// Records dynos, and counts changes.
pub(super) struct DynoRecorder {
    dynos: Mutex<Vec<RecordedDyno>>,
    changes: watch::Sender<u64>,
    /// Receives the same events.
    next: OnceLock<Arc<dyn Observer>>,
}

impl DynoRecorder {
    pub(super) fn new(changes: watch::Sender<u64>) -> Self {
        Self {
            dynos: Mutex::default(),
            changes,
            next: OnceLock::new(),
        }
    }

    /// Forwards to another observer; only the first is kept.
    pub(super) fn forward_to(&self, next: Arc<dyn Observer>) {
        let _ = self.next.set(next);
    }

    /// The dynos of a run, oldest first.
    pub(super) fn dynos_for_run(&self, run: &str) -> Vec<RecordedDyno> {
        let dynos = self.dynos();
        let own = dynos
            .iter()
            .filter(|dyno| dyno.info.run_id.as_deref() == Some(run));
        own.cloned().collect()
    }

    fn dynos(&self) -> MutexGuard<'_, Vec<RecordedDyno>> {
        self.dynos.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Vec<RecordedDyno>)) {
        change(&mut self.dynos());
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn change_one(&self, name: &str, change: impl FnOnce(&mut RecordedDyno)) {
        self.change(|dynos| {
            // Names can repeat: the newest dyno is meant.
            let named = dynos.iter_mut().rev().find(|dyno| dyno.info.name == name);
            if let Some(dyno) = named {
                change(dyno);
            }
        });
    }
}

impl Observer for DynoRecorder {
    fn started(&self, dyno: &DynoInfo, others: &[Arc<DynoInfo>]) {
        self.change(|dynos| {
            if dynos.len() == MAX_DYNOS {
                dynos.remove(0);
            }
            dynos.push(RecordedDyno {
                info: dyno.clone(),
                up: false,
                lines: Vec::new(),
                has_ended: false,
            });
        });
        if let Some(next) = self.next.get() {
            next.started(dyno, others);
        }
    }

    fn logged(&self, line: &LogLine) {
        if &*line.process != "api" {
            self.change_one(&line.process, |dyno| {
                dyno.up |= line.text == "State changed from starting to up";
                if dyno.lines.len() < MAX_LINES {
                    dyno.lines.push(line.clone());
                }
            });
        }
        if let Some(next) = self.next.get() {
            next.logged(line);
        }
    }

    fn ended(&self, record: &DynoRecord) {
        self.change_one(&record.dyno.name, |dyno| dyno.has_ended = true);
        if let Some(next) = self.next.get() {
            next.ended(record);
        }
    }
}
