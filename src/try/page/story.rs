//! Records of dynos for the page.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;

use picletter_sandbox::heroku::{DynoInfo, DynoRecord, LogLine, Observer};

/// Maximum number of dynos, and of lines of each.
const LIVES: usize = 200;
const LINES: usize = 200;

/// A dyno so far.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) dyno: DynoInfo,
    /// Whether its process has begun.
    pub(super) up: bool,
    /// Its output, and Heroku's lines about it.
    pub(super) lines: Vec<LogLine>,
    pub(super) has_ended: bool,
}

/// Records dynos, and counts changes.
pub(super) struct Story {
    lives: Mutex<Vec<Life>>,
    news: watch::Sender<u64>,
    /// Receives the same events.
    next: OnceLock<Arc<dyn Observer>>,
}

impl Story {
    pub(super) fn new(news: watch::Sender<u64>) -> Self {
        Self {
            lives: Mutex::default(),
            news,
            next: OnceLock::new(),
        }
    }

    /// Forwards to another observer; only the first is kept.
    pub(super) fn forward_to(&self, next: Arc<dyn Observer>) {
        let _ = self.next.set(next);
    }

    /// The dynos of a run, oldest first.
    pub(super) fn dynos_of_run(&self, run: &str) -> Vec<Life> {
        let lives = self.lives();
        let own = lives
            .iter()
            .filter(|life| life.dyno.run_id.as_deref() == Some(run));
        own.cloned().collect()
    }

    fn lives(&self) -> MutexGuard<'_, Vec<Life>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Life>)) {
        change(&mut self.lives());
        self.news.send_modify(|news| *news += 1);
    }

    fn change_one(&self, name: &str, change: impl FnOnce(&mut Life)) {
        self.change(|lives| {
            // Names can repeat: the newest dyno is meant.
            let named = lives.iter_mut().rev().find(|life| life.dyno.name == name);
            if let Some(life) = named {
                change(life);
            }
        });
    }
}

impl Observer for Story {
    fn started(&self, dyno: &DynoInfo, others: &[Arc<DynoInfo>]) {
        self.change(|lives| {
            if lives.len() == LIVES {
                lives.remove(0);
            }
            lives.push(Life {
                dyno: dyno.clone(),
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
            self.change_one(&line.process, |life| {
                life.up |= line.text == "State changed from starting to up";
                if life.lines.len() < LINES {
                    life.lines.push(line.clone());
                }
            });
        }
        if let Some(next) = self.next.get() {
            next.logged(line);
        }
    }

    fn ended(&self, record: &DynoRecord) {
        self.change_one(&record.dyno.name, |life| life.has_ended = true);
        if let Some(next) = self.next.get() {
            next.ended(record);
        }
    }
}
