//! The program that a dyno runs: parses arguments, handles signals, runs the job, and returns the
//! exit code.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::SystemTime;

use crate::budget::{Signal, Stop};
use crate::invocation::{self, HELP, Invocation};
use crate::job;
use crate::outcome::{Outcome, Report};
use crate::settings::{self, Variables};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    let args = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned());
    let (run_id, usage) = match invocation::parse(args) {
        Ok(Invocation::Run { run_id }) => (run_id, None),
        Ok(Invocation::Help) => {
            return print(HELP);
        }
        Ok(Invocation::Version) => {
            return print(concat!("worker ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        Err(error) => {
            let usage = Report::with_detail(Outcome::Usage, &error);
            (
                None,
                Some(Report {
                    exit_code: error.exit_code(),
                    ..usage
                }),
            )
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let report = match runtime {
        Ok(runtime) => {
            let report = runtime.block_on(run(run_id, usage));
            // Does not wait for a DNS look-up that hangs, which would keep the dyno running.
            runtime.shutdown_background();
            report
        }
        Err(error) => {
            // Standard error may be closed.
            let _ = writeln!(std::io::stderr(), "worker: cannot start: {error}");
            Report::new(Outcome::Unavailable)
        }
    };
    ExitCode::from(report.exit_code)
}

/// Prints a text. Ignores errors, because the output may be closed.
fn print(text: &str) -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "contains no secret")]
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

async fn run(run_id: Option<String>, usage: Option<Report>) -> Report {
    let (sender, stop) = Stop::channel();
    for (kind, name) in [
        (SignalKind::terminate(), "SIGTERM"),
        (SignalKind::interrupt(), "SIGINT"),
    ] {
        let sender = sender.clone();
        if let Ok(mut signals) = signal(kind) {
            tokio::spawn(async move {
                signals.recv().await;
                let at = Instant::now();
                let _ = sender.send(Some(Signal { name, at }));
            });
        }
    }
    let variables = settings::read(&Variables::from_env(), run_id);
    job::run(variables, usage, SystemTime::now(), &stop).await
}
