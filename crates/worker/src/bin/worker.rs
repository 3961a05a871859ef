//! What a dyno starts.

use std::process::ExitCode;

fn main() -> ExitCode {
    picletter_worker::main()
}
