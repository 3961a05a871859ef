//! The worker for `try`: the program of the crate `picletter-worker`, built with the crates that
//! `picletter` is built with, so that `cargo run -- try` compiles none of them twice.

use std::process::ExitCode;

fn main() -> ExitCode {
    picletter_worker::main()
}
