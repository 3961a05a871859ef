//! What a person starts.

use std::process::ExitCode;

use clap::Parser as _;
use picletter::cli::Cli;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
