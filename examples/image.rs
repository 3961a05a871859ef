//! Writes the image that `picletter deploy` takes, where there is no Nix to make it:
//! `cargo run --example image -- PROGRAM IMAGE`. PROGRAM is a static worker, as `ci/static-worker`
//! builds it; IMAGE, a docker-archive, is replaced where it is there.

use std::error::Error;
use std::process::ExitCode;
use std::{env, fs};

use picletter_sandbox::image::{WorkerImage, runs_alone};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [program, image] = arguments.as_slice() else {
        eprintln!("usage: cargo run --example image -- PROGRAM IMAGE");
        return ExitCode::from(64);
    };
    match write(program, image) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("image: {program} in {image}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(program: &str, image: &str) -> Result<(), Box<dyn Error>> {
    let program = fs::read(program)?;
    runs_alone(&program)?;
    fs::write(image, WorkerImage::new(&program)?.docker_archive()?)?;
    println!("{image} is written");
    Ok(())
}
