//! What `picletter check` costs for a file of 1,000 jobs: reading the file, checking each job against
//! the template, and the whole process.
//!
//! `cargo bench --bench check`; `-- FILE` writes the file of 1,000 jobs there as well. Panics if the
//! target is missed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench's way to fail"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use picletter_core::config::Config;
use picletter_core::template;

const JOBS: usize = 1_000;
const ROUNDS: usize = 11;
const LONGEST: Duration = Duration::from_millis(200);

fn main() {
    let file = jobs();
    // Cargo adds `--bench`.
    let path = std::env::args().skip(1).find(|one| !one.starts_with('-'));
    if let Some(path) = path {
        std::fs::write(path, &file).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picletter.toml");
    std::fs::write(&path, &file).unwrap();

    let parse = median(|| {
        Config::parse(Path::new("picletter.toml"), &file).unwrap();
    });
    let config = Config::parse(Path::new("picletter.toml"), &file).unwrap();
    assert_eq!(config.jobs.len(), JOBS);
    let check = median(|| template::check(&config, Timestamp::now()).unwrap());
    let process = median(|| {
        let output = Command::new(env!("CARGO_BIN_EXE_picletter"))
            .arg("check")
            .current_dir(folder.path())
            .env_clear()
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    });

    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("jobs                 {JOBS}");
    println!("read the file        {:.1} ms", ms(parse));
    println!("check the jobs       {:.1} ms", ms(check));
    println!(
        "`picletter check`    {:.1} ms (target: under {} ms)",
        ms(process),
        LONGEST.as_millis()
    );
    println!("Medians of {ROUNDS} rounds.");
    assert!(process < LONGEST, "the target is missed");
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

/// A file in which each job has a command and a time of its own, and the kinds of schedule, of
/// overlap and of reports alternate.
fn jobs() -> String {
    let mut file = String::from(
        "[heroku]\napp = \"my-shop\"\n\n[azure]\nlocation = \"westeurope\"\n\n\
         [alert]\nemail = \"ops@example.com\"\n\n\
         [defaults]\ntime_zone = \"Europe/Berlin\"\n\n[jobs]\n",
    );
    for job in 0..JOBS {
        let (hour, minute) = (job / 60 % 24, job % 60);
        let at = format!("at = \"{hour:02}:{minute:02}\"");
        let schedule = match job % 7 {
            0 => format!("every = \"day\", {at}"),
            1 => format!("every = \"day\", {at}, on = \"weekdays\", report = \"none\""),
            2 => format!("every = \"week\", {at}, on = \"sunday\", overlap = \"queue\""),
            3 => format!("every = \"month\", {at}, on = [1, 15], time_to_live = \"2 hours\""),
            4 => "every = \"15 minutes\", time_to_live = \"10 minutes\"".to_owned(),
            5 => format!("every = \"month\", {at}, on = \"first monday\""),
            _ => format!("cron = \"{minute} {hour} * * 1-5\", overlap = \"replace\""),
        };
        // Writing to a String does not fail.
        let _ = writeln!(
            file,
            "job-{job} = {{ command = \"bin/task {job}\", {schedule} }}"
        );
    }
    file
}
