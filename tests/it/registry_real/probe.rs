// Prints the environment of a dyno. The tests compile it as a program without dependencies.
// Arguments: paths to look up; `wait` to run until a signal.

use std::{env, fs, process, thread, time::Duration};

unsafe extern "C" {
    safe fn getuid() -> u32;
    safe fn getgid() -> u32;
}

fn names(folder: &str) -> String {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.join(" ")
}

fn main() {
    println!("user {} {}", getuid(), getgid());
    println!("folder {}", env::current_dir().unwrap().display());
    println!("/: {}", names("/"));
    println!("/bin: {}", names("/bin"));
    for path in env::args().filter(|argument| argument.starts_with('/')).skip(1) {
        println!("{path}: {}", fs::exists(&path).unwrap());
    }
    let mut variables: Vec<_> = env::vars().map(|(name, _)| name).collect();
    variables.sort();
    println!("variables {}", variables.join(" "));
    println!("arguments {}", env::args().skip(1).collect::<Vec<_>>().join(" "));
    if env::args().any(|argument| argument == "wait") {
        println!("waits");
        loop {
            thread::sleep(Duration::from_secs(1));
        }
    }
    process::exit(7);
}
