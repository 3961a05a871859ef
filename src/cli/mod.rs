//! What a person types: one file for each subcommand.

mod try_run;
mod worker_binary;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Scheduled jobs on Heroku that pay only for the seconds they run.
#[derive(Debug, Parser)]
#[command(name = "picletter", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the worker on this machine, against stand-ins, and show the mail that it sends
    Try(try_run::TryArgs),
}

impl Cli {
    /// Does what was asked for, and says with which status the process should end. What went
    /// wrong is on standard error by then.
    pub async fn run(self) -> ExitCode {
        let result = match self.command {
            Command::Try(args) => args.run().await.map_err(|error| error.to_string()),
        };
        result.unwrap_or_else(|error| {
            eprintln!("picletter: {error}");
            ExitCode::FAILURE
        })
    }
}
