//! Renders the page with the results and the targets.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs, thread};

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

use crate::contenders::{Built, Contender, SHELL_SCRIPT};
use crate::measure::Usage;
use crate::{BenchResult, Measured};

/// Maximum size of the worker, in bytes: plain and gzipped.
const BINARY: (u64, u64) = (3_400_000, 1_600_000);

pub(crate) fn render(built: &Built, results: &[Measured]) -> BenchResult<String> {
    let sizes = sizes(built)?;
    let mut page = String::from(include_str!("performance.head.md"));

    for Measured {
        scene,
        rounds,
        medians,
    } in results
    {
        write!(
            page,
            "\n## A picture of {}\n\nMedians of {rounds} rounds.\n\n",
            scene.title
        )?;
        page += &table(&costs(medians));
    }

    page += "\n## Size\n\n";
    page += &table(&sizes.rows);

    page += "\n## Targets\n\n";
    page += &table(&targets(results, &sizes));

    page += "\n## Environment\n\n";
    for fact in machine()?.iter().chain(&built.versions) {
        writeln!(page, "- {fact}")?;
    }
    Ok(page)
}

fn costs(medians: &BTreeMap<Contender, Usage>) -> Vec<Vec<String>> {
    let mut rows = vec![
        [
            "",
            "CPU",
            "wall",
            "peak memory",
            "CPU ÷ Go",
            "wall ÷ Go",
            "CPU ÷ curl",
            "wall ÷ curl",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let (go, curl) = (medians[&Contender::Go], medians[&Contender::Curl]);
    for (contender, usage) in medians {
        rows.push(vec![
            contender.name().to_owned(),
            milliseconds(usage.cpu),
            milliseconds(usage.wall),
            mebibytes(usage.peak),
            share(usage.cpu, go.cpu),
            share(usage.wall, go.wall),
            share(usage.cpu, curl.cpu),
            share(usage.wall, curl.wall),
        ]);
    }
    rows
}

struct Sizes {
    worker: u64,
    worker_gzipped: u64,
    rows: Vec<Vec<String>>,
}

fn sizes(built: &Built) -> BenchResult<Sizes> {
    let worker = fs::metadata(&built.worker)?.len();
    let worker_gzipped = gzipped(&built.worker)?;
    let row = |name: &str, bytes: u64, gzipped: Option<u64>, note: &str| {
        vec![
            name.to_owned(),
            megabytes(bytes),
            gzipped.map_or_else(|| "–".to_owned(), megabytes),
            note.to_owned(),
        ]
    };
    let go = fs::metadata(&built.go)?.len();
    let script = Path::new(SHELL_SCRIPT);
    Ok(Sizes {
        worker,
        worker_gzipped,
        rows: vec![
            ["", "size", "gzip -9", "also needs"]
                .map(str::to_owned)
                .to_vec(),
            row(
                "worker",
                worker,
                Some(worker_gzipped),
                "nothing; contains trust anchors",
            ),
            row("Go", go, Some(gzipped(&built.go)?), "trust anchors"),
            row(
                "Python",
                tree_size(&built.site_packages()?)?,
                None,
                "Python itself, trust anchors",
            ),
            row(
                "shell",
                fs::metadata(script)?.len(),
                Some(gzipped(script)?),
                "bash, curl, jq, coreutils, trust anchors",
            ),
        ],
    })
}

fn targets(results: &[Measured], sizes: &Sizes) -> Vec<Vec<String>> {
    let mut rows = vec![
        ["", "at most", "measured", "met"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let mut target = |what: String, at_most: String, measured: String, met: bool| {
        rows.push(vec![
            what,
            at_most,
            measured,
            if met { "yes" } else { "**no**" }.to_owned(),
        ]);
    };
    for Measured { scene, medians, .. } in results {
        let title = scene.title;
        let worker = medians[&Contender::Worker];
        let (go, curl) = (medians[&Contender::Go], medians[&Contender::Curl]);
        for (what, mine, other, at_most) in [
            ("CPU ÷ Go", worker.cpu, go.cpu, scene.cpu_of_go),
            ("CPU ÷ curl", worker.cpu, curl.cpu, 1.0),
            ("wall ÷ Go", worker.wall, go.wall, scene.wall_of_go),
        ] {
            let ratio = ratio(mine, other);
            target(
                format!("{title}: {what}"),
                format!("{at_most:.3}"),
                format!("{ratio:.3}"),
                ratio <= at_most,
            );
        }
        let peak_at_most = (5 << 20) + scene.bytes as u64 * 4 / 3;
        target(
            format!("{title}: peak memory"),
            mebibytes(peak_at_most),
            mebibytes(worker.peak),
            worker.peak <= peak_at_most,
        );
    }
    let (plain, zipped) = BINARY;
    target(
        "binary".into(),
        megabytes(plain),
        megabytes(sizes.worker),
        sizes.worker <= plain,
    );
    target(
        "binary, gzip -9".into(),
        megabytes(zipped),
        megabytes(sizes.worker_gzipped),
        sizes.worker_gzipped <= zipped,
    );
    rows
}

fn machine() -> BenchResult<Vec<String>> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or(env::consts::ARCH, |(_, model)| model);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(vec![
        format!("{model}, {} cores", thread::available_parallelism()?),
        format!("Linux {}", kernel.trim()),
    ])
}

/// A Markdown table with aligned columns.
fn table(rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table
        .load_style(ASCII_MARKDOWN)
        .set_header(&rows[0])
        .add_rows(&rows[1..]);
    format!("{table}\n")
}

fn ratio(mine: Duration, other: Duration) -> f64 {
    mine.as_secs_f64() / other.as_secs_f64()
}

fn share(mine: Duration, other: Duration) -> String {
    format!("{:.2}", ratio(mine, other))
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

#[expect(clippy::cast_precision_loss, reason = "rounded to a tenth for display")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rounded to a hundredth for display"
)]
fn megabytes(bytes: u64) -> String {
    match bytes {
        ..100_000 => format!("{:.2} kB", bytes as f64 / 1e3),
        _ => format!("{:.2} MB", bytes as f64 / 1e6),
    }
}

fn gzipped(file: &Path) -> BenchResult<u64> {
    let gzip = Command::new("gzip")
        .args(["-9", "--no-name", "--stdout"])
        .arg(file)
        .output()?;
    if !gzip.status.success() {
        return Err(format!("gzip: {}", gzip.status).into());
    }
    Ok(gzip.stdout.len() as u64)
}

fn tree_size(path: &Path) -> BenchResult<u64> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() {
        return Ok(found.len());
    }
    fs::read_dir(path)?
        .map(|entry| tree_size(&entry?.path()))
        .sum()
}
