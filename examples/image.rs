//! Writes an image for `picletter deploy` without Nix: `cargo run --example image -- PROGRAM
//! IMAGE`. PROGRAM is a static worker, as built by `ci/static-worker`. IMAGE, a docker-archive, is
//! overwritten.

use std::error::Error;
use std::process::ExitCode;
use std::{env, fs};

use picletter_sandbox::image::{WorkerImage, check_standalone};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [program, image] = arguments.as_slice() else {
        eprintln!("usage: cargo run --example image -- PROGRAM IMAGE");
        return ExitCode::from(64);
    };
    match write(program, image) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("image: cannot write {program} to {image}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(program: &str, image: &str) -> Result<(), Box<dyn Error>> {
    let program = fs::read(program)?;
    check_standalone(&program)?;
    fs::write(image, WorkerImage::new(&program)?.docker_archive()?)?;
    println!("wrote {image}");
    Ok(())
}
