//! What a person types: a file for each verb.

mod check;
mod config_file;
mod preview;
mod schedule;
mod template;
mod try_run;
mod worker_binary;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Scheduled jobs on Heroku that pay only for the seconds they run.
#[derive(Debug, Parser)]
#[command(name = "picletter", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the Logic App and the worker on this machine against stand-ins, and show the mail
    Try(try_run::Try),
    /// Compose today's mail from the live sources without sending it
    Preview(preview::Preview),
    /// Show when the job will run
    Schedule(schedule::Schedule),
    /// Check picletter.toml without contacting anyone
    Check(check::Check),
    /// Write the Logic App's ARM template and its parameters
    Template(template::Template),
}

impl Cli {
    /// Does what was typed; errors are printed, as one line.
    pub async fn run(self) -> ExitCode {
        match self.command {
            Command::Try(trial) => match trial.run().await {
                Ok(code) => code,
                Err(error) => failed(&[error.to_string()], error.exit_code()),
            },
            Command::Preview(preview) => match preview.run().await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => failed(&error.lines(), error.exit_code()),
            },
            Command::Schedule(schedule) => schedule.run(),
            Command::Check(check) => check.run(),
            Command::Template(template) => template.run(),
        }
    }
}

fn failed(lines: &[String], code: ExitCode) -> ExitCode {
    for line in lines {
        eprintln!("picletter: {line}");
    }
    code
}
