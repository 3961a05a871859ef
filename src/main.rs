//! What a person starts.

use std::process::ExitCode;

use picletter::cli::Cli;

fn main() -> ExitCode {
    match Cli::typed() {
        Ok(cli) => cli.run(),
        Err(code) => code,
    }
}
