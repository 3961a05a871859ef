//! What a person types: a file for each verb.

mod preview;

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
    /// Compose today's mail from the live sources without sending it
    Preview(preview::Preview),
}

impl Cli {
    /// Does what was typed; errors are printed, as one line.
    pub async fn run(self) -> ExitCode {
        match self.command {
            Command::Preview(preview) => match preview.run().await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => failed(&error, error.exit_code()),
            },
        }
    }
}

fn failed(error: &dyn std::error::Error, code: ExitCode) -> ExitCode {
    eprintln!("picletter: {error}");
    code
}
