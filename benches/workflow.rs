//! Measures running the workflow locally: complete runs per second on one core, for a simulated
//! year with a run per minute.
//!
//! `cargo bench --bench workflow`; `-- --short` simulates a hundredth of the year. Panics if a
//! target is missed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failing benchmark panics"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use picletter::r#try::simulation::{Plan, Simulation};
use picletter_core::config::Config;
use picletter_core::template;
use picletter_logic_apps::{EarlyCallback, Status};
use picletter_sandbox::faults::Faults;
use picletter_sandbox::heroku::NoObserver;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};

const MINUTES: i64 = 525_600;
const RUNS_PER_SECOND: f64 = 5_000.0;
const MAX_DURATION: Duration = Duration::from_mins(2);
const MAX_MEMORY: u64 = 64 << 20;
const MAX_HEROKU_CALLS: f64 = 2.0;
const MAX_BILLED: u64 = 9;

fn main() {
    // Cargo also passes `--bench`.
    let short = std::env::args().any(|argument| argument == "--short");
    let minutes = if short { MINUTES / 100 } else { MINUTES };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let met = runtime.block_on(year(minutes));
    assert!(met, "a target is missed");
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
    let per_second = count / took.as_secs_f64();
    let calls = calls / count;
    let mib = |bytes: u64| bytes / (1 << 20);

    println!("complete runs                 {minutes}");
    println!(
        "time                          {:.1} s (target: under {} s per year)",
        took.as_secs_f64(),
        MAX_DURATION.as_secs()
    );
    println!("runs per second               {per_second:.0} (target: {RUNS_PER_SECOND:.0})");
    println!("peak memory after a tenth     {} MiB", mib(memory_early));
    println!(
        "peak memory at the end        {} MiB (target: under {} MiB)",
        mib(memory),
        mib(MAX_MEMORY)
    );
    println!("calls to Heroku per run       {calls:.2} (target: at most {MAX_HEROKU_CALLS})");
    println!("billed executions per run     {billed} (target: at most {MAX_BILLED})");
    took < MAX_DURATION
        && per_second >= RUNS_PER_SECOND
        && memory < MAX_MEMORY
        && calls <= MAX_HEROKU_CALLS
        && billed <= MAX_BILLED
}

/// Peak resident memory of this process, in bytes: `VmHWM` of proc(5).
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}
