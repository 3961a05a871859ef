//! What the worker costs, beside what a person would use instead: a Go program in the style of the
//! original article, a Python script with SendGrid's own package, a shell script, and, as the
//! floor, two bare curl transfers of the same bytes. All do the same work against the same local
//! TLS servers, in turn.
//!
//! ```sh
//! cargo bench --bench compare                 # all of it: builds, measures, writes docs/performance.md
//! cargo bench --bench compare -- --rounds 3   # a quick look
//! ```
//!
//! Needs Linux with go, python3 (with venv), bash, curl, jq, base64 and gzip, and glibc's static
//! libraries (Debian has them in libc6-dev). The first run downloads the Python packages.

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

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Compare the worker with what a person would use instead.
#[derive(Parser)]
#[command(name = "compare", bin_name = "cargo bench --bench compare --")]
struct Args {
    /// Rounds of each picture size, instead of 11 (small) and 5 (large).
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Said by `cargo bench`, and not by `cargo test --all-targets`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A picture size, how often it is sent, and the targets.
#[derive(Clone, Copy)]
struct Scene {
    title: &'static str,
    bytes: usize,
    rounds: u32,
    /// The worker's share at most of what the Go program uses.
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

/// What one scene came to.
struct Measured {
    scene: Scene,
    rounds: u32,
    medians: BTreeMap<Contender, Usage>,
}

fn main() -> Outcome<()> {
    if env::args().nth(1).as_deref() == Some(measure::FLAG) {
        return measure::launch(env::args_os().skip(2));
    }
    let args = Args::parse();
    if !args.bench {
        println!("compare: measures only when started by `cargo bench`");
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
        .collect::<Outcome<Vec<_>>>()?;

    let report = report::render(&built, &results)?;
    print!("{report}");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    fs::create_dir_all(&docs)?;
    fs::write(docs.join("performance.md"), report)?;
    eprintln!("written to docs/performance.md");
    Ok(())
}

/// One warm-up, then the rounds, each contender once in each: a change in the machine's speed
/// meets all of them.
fn measure(
    scene: &Scene,
    rounds: u32,
    built: &Built,
    servers: &Servers,
) -> Outcome<BTreeMap<Contender, Usage>> {
    let mut usages = BTreeMap::<Contender, Vec<Usage>>::new();
    for round in 0..=rounds {
        eprintln!("{}: round {round} of {rounds}", scene.title);
        for contender in Contender::ALL {
            let usage = built.run(contender, scene.bytes, servers)?;
            let mail = servers
                .check_mail(scene.bytes)
                .map_err(|why| format!("{} did not do the work: {why}", contender.name()))?;
            if round > 0 {
                usages.entry(contender).or_default().push(usage);
            } else if contender == Contender::Worker {
                // What the bare transfer will upload.
                fs::write(built.prepared_body(), mail)?;
            }
        }
    }
    Ok(usages
        .into_iter()
        .map(|(contender, used)| (contender, Usage::medians(&used)))
        .collect())
}
