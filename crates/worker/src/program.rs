//! The program that a dyno starts: reads its arguments, runs the job, and returns the exit code.

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

/// Runs the program to its end.
pub fn main() -> ExitCode {
    let args = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned());
    let (run_id, usage) = match invocation::parse(args) {
        Ok(Invocation::Run { run_id }) => (run_id, None),
        Ok(Invocation::Help) => {
            return printed(HELP);
        }
        Ok(Invocation::Version) => {
            return printed(concat!("worker ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        Err(error) => {
            let usage = Report::because(Outcome::Usage, &error);
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
            // A name look-up that hangs must not keep the dyno.
            runtime.shutdown_background();
            report
        }
        Err(error) => {
            // It may be closed.
            let _ = writeln!(std::io::stderr(), "worker: cannot start: {error}");
            Report::new(Outcome::Unavailable)
        }
    };
    ExitCode::from(report.exit_code)
}

/// Prints a text, which may have no reader.
fn printed(text: &str) -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "no secret is in it")]
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
    let reading = settings::read(&Variables::from_env(), run_id);
    job::run(reading, usage, SystemTime::now(), &stop).await
}
