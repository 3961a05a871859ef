//! Signals that interrupt a command.

use std::fs;
use std::future::poll_fn;
use std::io;
use std::process::ExitCode;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, SIGTERM from a service manager, SIGHUP from a terminal or a connection that is closed, and
/// Ctrl-\.
pub(in crate::cli) struct Interruption {
    /// Each with the exit status that shells use for it.
    signals: Vec<(Signal, u8)>,
}

impl Interruption {
    /// Handles these signals from now on; they no longer end the process. Under `nohup`, SIGHUP stays
    /// ignored.
    pub(in crate::cli) fn listen() -> io::Result<Self> {
        let kinds = [
            (SignalKind::interrupt(), 130),
            (SignalKind::terminate(), 143),
            (SignalKind::quit(), 131),
            (SignalKind::hangup(), 129),
        ];
        let signals = kinds
            .into_iter()
            .filter(|(kind, _)| *kind != SignalKind::hangup() || !is_hangup_ignored())
            .map(|(kind, status)| Ok((signal(kind)?, status)));
        let signals = signals.collect::<io::Result<_>>()?;
        Ok(Self { signals })
    }

    /// Waits for the first signal, and returns its exit status.
    pub(in crate::cli) async fn received(&mut self) -> ExitCode {
        poll_fn(|context| {
            for (signal, status) in &mut self.signals {
                if signal.poll_recv(context).is_ready() {
                    return Poll::Ready(ExitCode::from(*status));
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// Whether SIGHUP is ignored. Known on Linux only.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is for signal 1, SIGHUP.
    ignored.is_some_and(|mask| mask & 1 != 0)
}
