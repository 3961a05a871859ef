//! What a dyno does, as an input.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;

use super::Core;
use super::app::Identity;
use super::dyno::{DynoInfo, Stopper};

/// How a dyno ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It exited with this status; as in a shell, 128 and more is that of a signal.
    Exited(i32),
    /// It outlived SIGTERM by 30 s and was killed.
    Killed,
    /// It was lost with its host: gone from the list, and nothing in the log.
    Vanished,
}

/// A dyno's life that is running.
pub type Run = Pin<Box<dyn Future<Output = Ending> + Send>>;

/// What dynos do.
pub trait Program: Send + Sync {
    /// The life of one dyno, to its end. It is dropped when the dyno is killed, and must leave
    /// nothing behind then.
    fn run(&self, start: Start, life: Life) -> Run;
}

/// A released image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// The app's name.
    pub app: &'a str,
    /// The dyno's process type.
    pub process_type: &'a str,
    /// The digest of its configuration, `sha256:…`.
    pub id: &'a str,
    /// The digest of its manifest, where it was found in a registry.
    pub manifest: Option<&'a str>,
}

/// Of a sandbox that was not told what runs an image.
#[derive(Debug)]
pub(super) struct NoProgram;

impl Program for NoProgram {
    fn run(&self, _start: Start, life: Life) -> Run {
        Box::pin(async move {
            life.print("This sandbox has no program that would run this image.");
            Ending::Exited(126)
        })
    }
}

/// What a dyno is started with.
#[derive(Clone)]
pub struct Start {
    /// The dyno.
    pub dyno: Arc<DynoInfo>,
    /// The app's config vars and the dyno's own variables.
    pub env: BTreeMap<String, String>,
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of variables are secrets.
        f.debug_struct("Start")
            .field("dyno", &self.dyno)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// A running dyno's ties to the platform.
#[derive(Clone)]
pub struct Life {
    pub(super) core: Arc<Core>,
    pub(super) app: Arc<Identity>,
    pub(super) dyno: Arc<DynoInfo>,
    pub(super) stop: watch::Receiver<Option<Stopper>>,
}

impl Life {
    /// The dyno has started its process.
    pub fn up(&self) {
        self.is_up();
    }

    /// The dyno has written a line of output.
    pub fn print(&self, line: &str) {
        self.log("app", line);
    }

    /// Waits for SIGTERM.
    pub async fn sigterm(&self) {
        let mut stop = self.stop.clone();
        if stop.wait_for(Option::is_some).await.is_err() {
            pending::<()>().await;
        }
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Life").field(&self.dyno).finish()
    }
}
