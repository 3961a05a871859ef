//! Measures how fast the dashboard shows a deployment if the vendors take 100 ms for each response,
//! and how much memory a long history takes.
//!
//! `cargo bench --bench dashboard` writes docs/performance-dashboard.md; `-- --short` only prints
//! it. Exits with 1 if a target is missed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench's way to fail"
)]

mod histories;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use jiff::{SignedDuration, Timestamp};
use picletter_sandbox::Sandbox;
use picletter_sandbox::faults::Faults;
use picletter_sandbox::image::WorkerImage;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use wait4::Wait4 as _;

use crate::histories::Histories;

const PICLETTER: &str = env!("CARGO_BIN_EXE_picletter");

/// Delay of each response.
const ANSWER: Duration = Duration::from_millis(100);

/// Targets.
const FIRST_PAINT: Duration = Duration::from_secs(1);
const COMPLETE: Duration = Duration::from_secs(3);
const MEMORY: u64 = 64 << 20;

/// A measured deployment.
struct Case {
    what: &'static str,
    jobs: usize,
    every: &'static str,
    interval: SignedDuration,
}

const CASES: [Case; 2] = [
    Case {
        what: "20 jobs, each once a day",
        jobs: 20,
        every: "every = \"day\"\nat = \"08:30\"\n",
        interval: SignedDuration::from_hours(24),
    },
    Case {
        what: "1 job, each minute",
        jobs: 1,
        every: "every = \"minute\"\n",
        interval: SignedDuration::from_mins(1),
    },
];

/// The results of a case.
struct Measured {
    first_paint: Duration,
    complete: Duration,
    requests: usize,
    memory: u64,
    /// The number of existing runs, and of those that were read.
    runs: (i64, usize),
    complete_since: String,
}

fn main() {
    let short = std::env::args().any(|argument| argument == "--short");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (page, missed) = runtime.block_on(measure());
    print!("{page}");
    if !short {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        fs::write(docs.join("performance-dashboard.md"), &page).unwrap();
    }
    assert!(missed.is_empty(), "missed: {missed:?}");
}

async fn measure() -> (String, Vec<String>) {
    let mut page = include_str!("head.md").to_owned();
    let mut missed = Vec::new();
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "",
        "first paint",
        "complete",
        "requests",
        "memory",
        "runs",
        "read",
        "all since",
    ]);
    for case in CASES {
        let measured = case.measure().await;
        let Measured {
            first_paint,
            complete,
            memory,
            ..
        } = measured;
        for (what, is_met) in [
            ("first paint", first_paint < FIRST_PAINT),
            ("complete", complete < COMPLETE),
            ("memory", memory < MEMORY),
        ] {
            if !is_met {
                missed.push(format!("{}: {what}", case.what));
            }
        }
        table.add_row([
            case.what.to_owned(),
            format!("{} ms", first_paint.as_millis()),
            format!("{} ms", complete.as_millis()),
            measured.requests.to_string(),
            format!("{} MiB", memory >> 20),
            measured.runs.0.to_string(),
            measured.runs.1.to_string(),
            measured.complete_since,
        ]);
    }
    let _ = writeln!(page, "{table}");
    let _ = writeln!(
        page,
        "\nTargets: first paint in 1 s, complete in 3 s, 64 MiB. Of a job with more than 2,500 runs, \
         the newest 2,500 are read, and of the others those that failed. The page shows from when on \
         all runs were read."
    );
    (page, missed)
}

impl Case {
    async fn measure(&self) -> Measured {
        let histories = Histories {
            interval: self.interval,
            now: Timestamp::now(),
        };
        let faults = Faults::new(move |call| histories.answer(call));
        let sandbox = Sandbox::start_with(faults).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let environment = self.prepare(&sandbox, &folder);
        let person = Person {
            folder,
            environment,
        };
        let deployed = person
            .command("deploy --yes --image worker.tar")
            .output()
            .await;
        let deployed = deployed.unwrap();
        assert!(deployed.status.success(), "{deployed:?}");
        sandbox.faults().delay_all(ANSWER);

        let first_paint = self.first_paint(&person).await;
        let before = sandbox.faults().record().len();
        let begun = Instant::now();
        let (report, memory) = tokio::task::spawn_blocking(move || person.report())
            .await
            .unwrap();
        let complete = begun.elapsed();
        let jobs = report["jobs"].as_array().unwrap();
        let read = jobs
            .iter()
            .map(|job| job["runs"].as_array().unwrap().len())
            .sum();
        Measured {
            first_paint,
            complete,
            requests: sandbox.faults().record().len() - before,
            memory,
            runs: (histories.runs() * i64::try_from(self.jobs).unwrap(), read),
            complete_since: jobs[0]["complete_since"].as_str().unwrap().to_owned(),
        }
    }

    fn prepare(&self, sandbox: &Sandbox, folder: &TempDir) -> BTreeMap<String, String> {
        let image = WorkerImage::new(b"a worker").unwrap();
        let archive = image.docker_archive().unwrap();
        fs::write(folder.path().join("worker.tar"), archive).unwrap();
        sandbox
            .registry()
            .put_image("picletter-bench", "worker", image);
        let subscription = &sandbox.azure().subscriptions()[0].id;
        let mut file = format!(
            "[heroku]\napp = \"picletter-bench\"\n\
             [azure]\nsubscription = \"{subscription}\"\nlocation = \"westeurope\"\n\
             [defaults]\nreport = \"worker\"\nprocess_type = \"worker\"\n\
             [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n"
        );
        for n in 1..=self.jobs {
            let _ = write!(file, "[jobs.job{n}]\ncommand = \"worker\"\n{}", self.every);
        }
        fs::write(folder.path().join("picletter.toml"), file).unwrap();
        let mut environment = sandbox.environment();
        let key = format!("SG.{}.{}", "a".repeat(22), "b".repeat(43));
        environment.insert("SG_KEY".to_owned(), key);
        environment
    }

    /// The time until the page shows all jobs on schedule.
    async fn first_paint(&self, person: &Person) -> Duration {
        let begun = Instant::now();
        let mut dashboard = person
            .command("dashboard --port 0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(dashboard.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line.split(' ').find(|word| word.starts_with("http://"));
        let address = address.unwrap().to_owned();
        let client = picletter_test_support::loopback::client();
        loop {
            let page = client.get(&address).send().await.unwrap();
            let page = page.text().await.unwrap();
            let is_there = (1..=self.jobs).all(|n| page.contains(&format!("job{n}")));
            let is_read = !page.contains("not read yet") && !page.contains("not deployed");
            if is_there && is_read {
                return begun.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

struct Person {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Person {
    fn command(&self, line: &str) -> Command {
        Command::from(self.std_command(line))
    }

    fn std_command(&self, line: &str) -> std::process::Command {
        let mut command = std::process::Command::new(PICLETTER);
        command
            .args(line.split(' '))
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null());
        command
    }

    /// The report, and the peak memory of its process, in bytes.
    fn report(&self) -> (Value, u64) {
        let path = self.folder.path().join("report.json");
        let file = fs::File::create(&path).unwrap();
        let child = self
            .std_command("report --json")
            .stdout(file)
            .spawn()
            .unwrap();
        let ended = child.wait4().unwrap();
        assert!(ended.status.success());
        let report = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        (report, ended.rusage.maxrss)
    }
}
