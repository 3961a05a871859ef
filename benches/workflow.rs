//! What running the workflow here costs: whole runs a second on one core, and a year of minutes.
//!
//! `cargo bench --bench workflow`; `-- --short` for a hundredth of it. Ends with 1 where a target
//! is missed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench's way to fail"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use picletter::config::Config;
use picletter::template;
use picletter::r#try::simulation::{Plan, Simulation};
use picletter_logic_apps::{EarlyCallback, Status};
use picletter_sandbox::faults::Faults;
use picletter_sandbox::heroku::NoObserver;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};

const MINUTES: i64 = 525_600;
const RUNS_A_SECOND: f64 = 5_000.0;
const LONGEST: Duration = Duration::from_mins(2);
const MEMORY: u64 = 64 << 20;
const HEROKU_CALLS: f64 = 2.0;
const BILLED: u64 = 9;

fn main() {
    // Cargo adds `--bench`.
    let short = std::env::args().any(|argument| argument == "--short");
    let minutes = if short { MINUTES / 100 } else { MINUTES };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let kept = runtime.block_on(year(minutes));
    assert!(kept, "a target is missed");
}

async fn year(minutes: i64) -> bool {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let toml = "[schedule]\nevery = \"minute\"\n[heroku]\napp = \"my-app\"\n\
                [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n";
    let config = Config::parse(Path::new("picletter.toml"), toml).unwrap();
    let start: Timestamp = "2026-12-31T23:59:30Z".parse().unwrap();
    let plan = Plan {
        jobs: vec![template::parameters(&config, &config.jobs[0], start)],
        script: Box::new(|_, _| Script {
            boot: Duration::from_secs(5),
            work: Duration::from_secs(5),
            end: End::Sent,
            on_sigterm: OnSigterm::Report,
        }),
        faults: Faults::new(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            None
        }),
        observer: Arc::new(NoObserver),
        early_callback: EarlyCallback::Accepted,
        eager_arguments: false,
        kept: 1_000,
        seed: 1,
    };
    let simulation = Simulation::start(plan, start).unwrap();

    let began = Instant::now();
    let early = start + SignedDuration::from_mins(minutes / 10);
    simulation.clock().sleep_until(early).await;
    let memory_early = peak_memory();
    simulation
        .run_until(start + SignedDuration::from_mins(minutes))
        .await;
    let took = began.elapsed();
    let memory = peak_memory();

    let runs = simulation.apps()[0].runs();
    assert!(runs.iter().all(|run| run.status == Status::Succeeded));
    let billed = runs.iter().map(|run| run.billed).max().unwrap();
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (count, calls) = (minutes as f64, calls.load(Ordering::Relaxed) as f64);
    let a_second = count / took.as_secs_f64();
    let calls = calls / count;
    let mib = |bytes: u64| bytes / (1 << 20);

    println!("whole runs                    {minutes}");
    println!(
        "time                          {:.1} s (target: under {} s a year)",
        took.as_secs_f64(),
        LONGEST.as_secs()
    );
    println!("runs a second                 {a_second:.0} (target: {RUNS_A_SECOND:.0})");
    println!("peak memory after a tenth     {} MiB", mib(memory_early));
    println!(
        "peak memory at the end        {} MiB (target: under {} MiB)",
        mib(memory),
        mib(MEMORY)
    );
    println!("calls to Heroku a run         {calls:.2} (target: at most {HEROKU_CALLS})");
    println!("billed executions a run       {billed} (target: at most {BILLED})");
    took < LONGEST
        && a_second >= RUNS_A_SECOND
        && memory < MEMORY
        && calls <= HEROKU_CALLS
        && billed <= BILLED
}

/// Of this process, in bytes: `VmHWM` of proc(5).
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}
