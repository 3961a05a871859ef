//! What a person starts.

use std::process::ExitCode;

use clap::Parser as _;
use picletter::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(cli.run()),
        Err(error) => {
            eprintln!("picletter: cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}
