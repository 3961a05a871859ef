//! The live deployment as a [`Source`], read from both clouds in the background.
//!
//! The first read contains jobs and their state; histories follow, for all jobs concurrently. Later
//! reads are limited to what may have changed. Nothing is read while no page is open.

mod commands;
mod config_file;
mod detail;
mod histories;
mod polling;
mod readings;
pub mod run_log;
pub mod shared_reading;
pub mod vendor;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use self::config_file::WatchedFile;
use self::detail::Details;
use self::readings::Readings;
use self::run_log::AppLog;
use super::board;
use super::source::{Command, Source};
use super::view::{Board, RunDetail};
use picletter_core::config::{Config, Job};
use picletter_core::deploy::clouds::Clouds;
use picletter_core::deploy::desired::{DesiredJob, DesiredState};
use picletter_core::deploy::redact::Redactor;
use picletter_core::deploy::step::StepError;
use picletter_core::diagnostic::Diagnostic;

/// A deployment, read through the clients of both clouds. Clones share the readings.
#[derive(Clone)]
pub struct Live(Arc<Shared>);

struct Shared {
    clouds: Clouds,
    config: Config,
    jobs: Vec<Arc<Job>>,
    desired: DesiredState,
    /// The file of `config`, if its changes are reported.
    file: Option<WatchedFile>,
    redactor: Redactor,
    readings: Mutex<Readings>,
    /// The cached board, with the number of changes of its readings.
    computed: Mutex<Option<(u64, Arc<Board>)>>,
    changes: watch::Sender<u64>,
    details: Details,
    log: AppLog,
    /// Allows one read at a time.
    reading: tokio::sync::Mutex<()>,
    /// Whether a page was requested since the last read.
    is_viewed: AtomicBool,
    viewed: Arc<Notify>,
}

impl Live {
    /// The deployment of `config`; reads nothing yet. `redactor` masks secrets in all output.
    pub fn new(clouds: Clouds, config: Config, desired: DesiredState, redactor: Redactor) -> Self {
        let jobs: Vec<Arc<Job>> = config.jobs.iter().cloned().map(Arc::new).collect();
        Self(Arc::new(Shared {
            readings: Mutex::new(Readings::new(jobs.len())),
            clouds,
            config,
            jobs,
            desired,
            file: None,
            redactor,
            computed: Mutex::default(),
            changes: watch::Sender::default(),
            details: Details::default(),
            log: AppLog::default(),
            reading: tokio::sync::Mutex::default(),
            is_viewed: AtomicBool::new(true),
            viewed: Arc::default(),
        }))
    }

    /// The same deployment, which reports changes of its configuration file.
    #[must_use]
    pub fn watching(mut self, file: &Path) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.0) {
            shared.file = Some(WatchedFile::new(file));
        }
        self
    }

    /// The board at `now`, from the last readings.
    pub fn board_at(&self, now: Timestamp) -> Board {
        let shared = &self.0;
        let (jobs, dynos, outages, file_change) = {
            let readings = shared.readings();
            let jobs = shared.jobs.iter().zip(&readings.jobs);
            let jobs = jobs.map(|(job, reading)| reading.for_board(job));
            let jobs: Vec<_> = jobs.collect();
            let dynos = readings.dynos.clone();
            (
                jobs,
                dynos,
                readings.outages(),
                readings.file_change.clone(),
            )
        };
        Board {
            file_change,
            ..board::board(&shared.desired.app, now, jobs, dynos, outages)
        }
    }

    /// The errors of the vendors that cannot be read now, in the order of [`Board::outages`].
    pub fn errors(&self) -> Vec<Arc<StepError>> {
        self.0.readings().errors().cloned().collect()
    }
}

impl Drop for Shared {
    /// Ends the background reads.
    fn drop(&mut self) {
        self.viewed.notify_one();
    }
}

impl Shared {
    fn readings(&self) -> MutexGuard<'_, Readings> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the readings. Notifies listeners if `change` returns that the board has changed.
    fn change(&self, change: impl FnOnce(&mut Readings) -> bool) {
        if change(&mut self.readings()) {
            self.report_change();
        }
    }

    fn report_change(&self) {
        self.readings().reported = Timestamp::now();
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// The number of changes of the board.
    fn change_count(&self) -> u64 {
        *self.changes.borrow()
    }

    /// The diagnostic with secrets masked.
    fn clean(&self, diagnostic: Diagnostic) -> Diagnostic {
        let clean = |text: String| self.redactor.clean(&text).into_owned();
        Diagnostic {
            summary: clean(diagnostic.summary),
            help: diagnostic.help.map(clean),
        }
    }

    fn desired_job(&self, job: usize) -> Option<&DesiredJob> {
        self.desired.jobs.get(job)
    }
}

impl Source for Live {
    fn board(&self) -> Board {
        self.look();
        let changes = self.0.change_count();
        let now = Timestamp::now();
        let mut computed = self
            .0
            .computed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let board = match &*computed {
            Some((of, board)) if *of == changes => board.clone(),
            _ => {
                let board = Arc::new(self.board_at(now));
                *computed = Some((changes, board.clone()));
                board
            }
        };
        drop(computed);
        let mut board = Board::clone(&board);
        board.now = now;
        for job in &mut board.jobs {
            job.next.retain(|at| *at > now);
        }
        board
    }

    fn changes(&self) -> watch::Receiver<u64> {
        let receiver = self.0.changes.subscribe();
        self.look();
        receiver
    }

    async fn run(&self, job: usize, id: &str) -> Result<Option<RunDetail>, Diagnostic> {
        self.detail(job, id).await
    }

    async fn execute(&self, job: usize, command: Command) -> Result<String, Diagnostic> {
        self.command(job, command).await
    }
}
