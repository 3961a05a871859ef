//! Compares the worker with alternatives: a Go program in the style of the original article, a
//! Python script with SendGrid's package, a shell script, and two plain curl transfers of the same
//! bytes as the lower bound. All do the same work against the same local TLS servers, and take
//! turns.
//!
//! ```sh
//! cargo bench --bench compare                 # builds, measures, writes docs/performance.md
//! cargo bench --bench compare -- --rounds 3   # fewer rounds
//! ```
//!
//! Requires Linux with go, python3 (with venv), bash, curl, jq, base64, and gzip, and glibc's
//! static libraries (Debian: libc6-dev). The first run downloads the Python packages.

mod contenders;
mod measure;
mod report;
mod servers;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

use clap::Parser;

use contenders::{Built, Contender};
use measure::Usage;
use servers::Servers;

type BenchResult<T> = Result<T, Box<dyn Error>>;

/// Compare the worker with alternatives
#[derive(Parser)]
#[command(name = "compare", bin_name = "cargo bench --bench compare --")]
struct Args {
    /// Number of rounds for each picture size (default: 11 for the small one, 5 for the large one)
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Passed by `cargo bench`, but not by `cargo test --all-targets`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A picture size, the number of rounds, and the targets.
#[derive(Clone, Copy)]
struct Scene {
    title: &'static str,
    bytes: usize,
    rounds: u32,
    /// Maximum ratio of the worker's usage to that of the Go program.
    cpu_of_go: f64,
    wall_of_go: f64,
}

const SCENES: [Scene; 2] = [
    Scene {
        title: "0.5 MB",
        bytes: 500_000,
        rounds: 11,
        cpu_of_go: 0.25,
        wall_of_go: 0.45,
    },
    Scene {
        title: "16 MiB",
        bytes: 16 << 20,
        rounds: 5,
        cpu_of_go: 0.12,
        wall_of_go: 0.20,
    },
];

/// The results of a scene.
struct Measured {
    scene: Scene,
    rounds: u32,
    medians: BTreeMap<Contender, Usage>,
}

fn main() -> BenchResult<()> {
    if env::args().nth(1).as_deref() == Some(measure::FLAG) {
        return measure::launch(env::args_os().skip(2));
    }
    let args = Args::parse();
    if !args.bench {
        println!("compare: only measures if started by `cargo bench`");
        return Ok(());
    }

    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
    fs::create_dir_all(&work)?;
    let built = Built::new(&work)?;
    let servers = Servers::start(&work, &SCENES.map(|scene| scene.bytes))?;
    let results = SCENES
        .into_iter()
        .map(|scene| {
            let rounds = args.rounds.unwrap_or(scene.rounds);
            let medians = measure(&scene, rounds, &built, &servers)?;
            Ok(Measured {
                scene,
                rounds,
                medians,
            })
        })
        .collect::<BenchResult<Vec<_>>>()?;

    let report = report::render(&built, &results)?;
    print!("{report}");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    fs::create_dir_all(&docs)?;
    fs::write(docs.join("performance.md"), report)?;
    eprintln!("written to docs/performance.md");
    Ok(())
}

/// Runs one warm-up round and the measured rounds. Each round includes every contender, so that
/// changes in the machine's speed affect all of them.
fn measure(
    scene: &Scene,
    rounds: u32,
    built: &Built,
    servers: &Servers,
) -> BenchResult<BTreeMap<Contender, Usage>> {
    let mut usages = BTreeMap::<Contender, Vec<Usage>>::new();
    for round in 0..=rounds {
        eprintln!("{}: round {round} of {rounds}", scene.title);
        for contender in Contender::ALL {
            let usage = built.run(contender, scene.bytes, servers)?;
            let mail = servers
                .check_mail(scene.bytes)
                .map_err(|why| format!("{} failed: {why}", contender.name()))?;
            if round > 0 {
                usages.entry(contender).or_default().push(usage);
            } else if contender == Contender::Worker {
                // Uploaded by the curl contender later.
                fs::write(built.prepared_body(), mail)?;
            }
        }
    }
    Ok(usages
        .into_iter()
        .map(|(contender, used)| (contender, Usage::medians(&used)))
        .collect())
}
