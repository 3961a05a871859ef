//! How a person ends what goes on.

use std::io;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, or SIGTERM from a service manager.
pub(in crate::cli) struct Interruption {
    interrupt: Signal,
    terminate: Signal,
}

impl Interruption {
    pub(in crate::cli) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The status by which shells tell that a signal ended a process.
    pub(in crate::cli) async fn received(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupt.recv() => ExitCode::from(130),
            _ = self.terminate.recv() => ExitCode::from(143),
        }
    }
}
