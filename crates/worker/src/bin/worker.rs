//! The program that a dyno runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    picletter_worker::main()
}
