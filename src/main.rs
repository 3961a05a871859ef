//! The command `picletter`.

use std::process::ExitCode;

use picletter::cli::Cli;

fn main() -> ExitCode {
    match Cli::from_command_line() {
        Ok(cli) => cli.run(),
        Err(code) => code,
    }
}
