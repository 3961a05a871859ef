//! Where the dashboard's data comes from.

use std::future::Future;

use tokio::sync::watch;

use super::view::{Board, RunDetail};
use picletter_core::diagnostic::Diagnostic;

/// A deployment that can be shown: live clients, or fakes.
///
/// Both give equal views of the same deployment; a contract test compares them.
pub trait Source: Clone + Send + Sync + 'static {
    /// All jobs, as last read. Reads nothing itself, so that a page appears immediately.
    fn board(&self) -> Board;

    /// Counts the changes of [`Source::board`].
    fn changes(&self) -> watch::Receiver<u64>;

    /// A run of a job with its actions; `None` if there is no such run.
    ///
    /// # Errors
    /// It could not be read.
    fn run(
        &self,
        job: usize,
        id: &str,
    ) -> impl Future<Output = Result<Option<RunDetail>, Diagnostic>> + Send;

    /// Executes a command for a job.
    ///
    /// # Errors
    /// It failed, or the vendor refused it.
    fn execute(
        &self,
        job: usize,
        command: Command,
    ) -> impl Future<Output = Result<String, Diagnostic>> + Send;
}

/// A command that the dashboard offers for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Starts a run.
    Run,
    /// Disables the schedule and the alerts.
    Pause,
    /// Enables them.
    Resume,
}
