//! Measures the operator's commands against fakes that take 100 ms for each response, compares them
//! with the vendors' own commands, and measures the startup time of the command line.
//!
//! `cargo bench --bench deploy` writes docs/performance-deploy.md; `-- --short` only prints it,
//! after one round; `-- --jobs` only prints the results for several jobs. Exits with 1 if a target is
//! missed. Heroku's own command line is measured too, if `ci/heroku-cli target/heroku-cli` has installed
//! it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failing benchmark panics"
)]

mod operator;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use tokio::process::Command;

use crate::operator::{Operator, PICLETTER, SignIn, Subscription};

/// Delay of each response.
const RESPONSE_DELAY: Duration = Duration::from_millis(100);

/// Factor of the longer delay. The difference in duration yields the number of round trips.
const DELAY_FACTOR: u32 = 4;

const STARTS: usize = 51;

/// The vendors' commands that do the same, and the number of sequential requests of each.
const VENDOR_COMMANDS: [(&str, u32, &str); 7] = [
    ("heroku apps:create --stack container", 1, "the app"),
    (
        "heroku config:set",
        2,
        "the config vars, the resulting release",
    ),
    (
        "heroku container:push worker",
        1,
        "the app; requests to the registry are not counted for either tool",
    ),
    (
        "heroku container:release worker",
        5,
        "app, manifest, last release, formation, last release",
    ),
    (
        "heroku authorizations:create --scope write",
        1,
        "the authorization",
    ),
    ("az group create", 1, "the group"),
    (
        "az deployment group create",
        4,
        "validate, deployment, one poll, deployment",
    ),
];

/// Maximum ratio of a deployment's round trips to theirs. About five of a deployment's round trips detect
/// other commands that run at the same time; the vendors' commands do not.
const MAX_RATIO: f64 = 0.9;

fn main() {
    let is_given = |option: &str| std::env::args().any(|argument| argument == option);
    let (short, only_jobs) = (is_given("--short"), is_given("--jobs"));
    let rounds = if short { 1 } else { 5 };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (page, missed) = runtime.block_on(async {
        if only_jobs {
            let (mut page, mut missed) = (String::new(), Vec::new());
            several_jobs(rounds, &mut page, &mut missed).await;
            return (page, missed);
        }
        measure(rounds).await
    });
    print!("{page}");
    if !short && !only_jobs {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        fs::write(docs.join("performance-deploy.md"), &page).unwrap();
    }
    assert!(missed.is_empty(), "missed: {missed:?}");
}

/// The medians of a command.
struct Measured {
    requests: usize,
    round_trips: u32,
    wall: Duration,
}

/// A measured command.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Whether the app is already deployed.
    deployed: bool,
}

const DEPLOY: &[&str] = &["deploy", "--yes", "--image", "worker.tar"];

const CASES: [Case; 4] = [
    Case {
        name: "`plan`",
        arguments: &["plan", "--image", "worker.tar"],
        deployed: true,
    },
    Case {
        name: "`deploy`, nothing to do",
        arguments: DEPLOY,
        deployed: true,
    },
    Case {
        name: "`status`",
        arguments: &["status"],
        deployed: true,
    },
    Case {
        name: "`deploy` from nothing",
        arguments: DEPLOY,
        deployed: false,
    },
];

impl Case {
    /// The maximum number of round trips.
    fn max_round_trips(&self) -> u32 {
        if self.deployed { 2 } else { u32::MAX }
    }

    async fn measure(
        &self,
        sign_in: SignIn,
        subscription: Subscription,
        jobs: Option<usize>,
        rounds: usize,
    ) -> Measured {
        let picletter = Path::new(PICLETTER);
        let mut walls = [Vec::new(), Vec::new()];
        let mut requests = 0;
        for _ in 0..rounds {
            for (delay, walls) in [RESPONSE_DELAY, RESPONSE_DELAY * DELAY_FACTOR]
                .into_iter()
                .zip(&mut walls)
            {
                let operator = Operator::new(sign_in, subscription, jobs).await;
                if self.deployed {
                    operator.run(picletter, DEPLOY).await;
                }
                operator.sandbox.faults().delay_all(delay);
                let cost = operator.run(picletter, self.arguments).await;
                requests = cost.requests;
                walls.push(cost.wall);
            }
        }
        let [fastest, slower] = [0, 1].map(|at| walls[at].iter().min().copied().unwrap());
        let more = slower.saturating_sub(fastest).as_secs_f64()
            / (RESPONSE_DELAY * (DELAY_FACTOR - 1)).as_secs_f64();
        let wall = median(std::mem::take(&mut walls[0]));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounded, and small"
        )]
        let round_trips = more.round() as u32;
        Measured {
            requests,
            round_trips,
            wall,
        }
    }
}

fn median(mut walls: Vec<Duration>) -> Duration {
    walls.sort_unstable();
    walls[walls.len() / 2]
}

/// Returns the page and the missed targets.
async fn measure(rounds: usize) -> (String, Vec<String>) {
    let mut missed = Vec::new();
    let mut page = include_str!("head.md").to_owned();
    let from_nothing = commands(rounds, &mut page, &mut missed).await;
    several_jobs(rounds, &mut page, &mut missed).await;
    vendor_comparison(from_nothing, &mut page, &mut missed);
    if let Some(rows) = vendor().await {
        page += "\nHeroku's own command line, measured against the same fake with 100 ms per answer:\n\n";
        page += &table(&rows);
    }
    measure_startup(&mut page, &mut missed).await;
    let _ = writeln!(
        page,
        "\nValues are medians of {rounds} rounds; of {STARTS} starts for the startup time."
    );
    (page, missed)
}

/// Measures the commands. Returns the maximum number of round trips of a first deployment.
async fn commands(rounds: usize, page: &mut String, missed: &mut Vec<String>) -> u32 {
    let variants = [
        (SignIn::Az, Subscription::Id, "`az login`", "an id"),
        (
            SignIn::ServicePrincipal,
            Subscription::Id,
            "service principal",
            "an id",
        ),
        (
            SignIn::ServicePrincipal,
            Subscription::Name,
            "service principal",
            "a name",
        ),
        (
            SignIn::ServicePrincipal,
            Subscription::LeftOut,
            "service principal",
            "left out",
        ),
    ];
    let mut rows = vec![row([
        "",
        "Azure sign-in",
        "subscription",
        "requests",
        "round trips",
        "wall",
    ])];
    let mut from_nothing = 0;
    for case in &CASES {
        for (sign_in, subscription, by, subscription_kind) in variants {
            let measured = case.measure(sign_in, subscription, None, rounds).await;
            if matches!(subscription, Subscription::Id) {
                if measured.round_trips > case.max_round_trips() {
                    missed.push(format!("{} by {by}: {}", case.name, measured.round_trips));
                }
                if !case.deployed {
                    from_nothing = from_nothing.max(measured.round_trips);
                }
            }
            rows.push(row([
                case.name,
                by,
                subscription_kind,
                &measured.requests.to_string(),
                &measured.round_trips.to_string(),
                &format!("{} ms", measured.wall.as_millis()),
            ]));
        }
    }
    *page += "\n## Commands\n\n";
    *page += &table(&rows);
    from_nothing
}

/// Measures the commands with one job and with twenty. The number of jobs must not increase the round
/// trips of a command that runs after the deployment.
async fn several_jobs(rounds: usize, page: &mut String, missed: &mut Vec<String>) {
    let titles = ["", "jobs", "requests", "round trips", "wall"];
    let mut rows = vec![row(titles)];
    for case in &CASES {
        let mut for_one_job = None;
        for jobs in [1, 20] {
            let (sign_in, subscription) = (SignIn::Az, Subscription::Id);
            let measured = case
                .measure(sign_in, subscription, Some(jobs), rounds)
                .await;
            let round_trips = measured.round_trips;
            if case.deployed && round_trips > *for_one_job.get_or_insert(round_trips) {
                missed.push(format!("{} with {jobs} jobs: {round_trips}", case.name));
            }
            rows.push(row([
                case.name,
                &jobs.to_string(),
                &measured.requests.to_string(),
                &round_trips.to_string(),
                &format!("{} ms", measured.wall.as_millis()),
            ]));
        }
    }
    *page += "\n## Several jobs\n\n\
              A file with `[jobs.NAME]`, after `az login` and with the subscription's id. \
              `plan` reads lists that contain all jobs; `status` reads the runs of all jobs \
              concurrently; `deploy` deploys 8 jobs at a time.\n\n";
    *page += &table(&rows);
}

fn vendor_comparison(from_nothing: u32, page: &mut String, missed: &mut Vec<String>) {
    let total: u32 = VENDOR_COMMANDS
        .iter()
        .map(|(_, requests, _)| requests)
        .sum();
    let mut rows = vec![row(["", "sequential requests", "requests for"])];
    for (command, requests, which) in VENDOR_COMMANDS {
        rows.push(row([&format!("`{command}`"), &requests.to_string(), which]));
    }
    rows.push(row(["total", &total.to_string(), ""]));
    let ratio = f64::from(from_nothing) / f64::from(total);
    if ratio > MAX_RATIO {
        missed.push(format!("{ratio:.2} of the vendors' round trips"));
    }
    rows.push(row([
        "`picletter deploy` from nothing",
        &from_nothing.to_string(),
        &format!(
            "{:.0} % of the total, including the service principal's token",
            ratio * 100.0
        ),
    ]));
    *page += "\n## Comparison with the vendors' command lines\n\n";
    *page += &table(&rows);
}

async fn measure_startup(page: &mut String, missed: &mut Vec<String>) {
    let mut rows = vec![row(["", "median", "at most"])];
    for (arguments, limit) in [(["--version"].as_slice(), 10), (&["status", "--help"], 15)] {
        let wall = startup_time(arguments).await;
        let limit = Duration::from_millis(limit);
        if wall > limit {
            missed.push(format!("{arguments:?}: {wall:?}"));
        }
        rows.push(row([
            &format!("`picletter {}`", arguments.join(" ")),
            &format!("{:.1} ms", wall.as_secs_f64() * 1e3),
            &format!("{} ms", limit.as_millis()),
        ]));
    }
    *page += "\n## Startup time\n\n";
    *page += &table(&rows);
}

async fn startup_time(arguments: &[&str]) -> Duration {
    let mut walls = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let mut command = Command::new(PICLETTER);
        let output = command.args(arguments).output().await.unwrap();
        walls.push(start.elapsed());
        assert!(output.status.success());
    }
    median(walls)
}

/// Measures Heroku's own command line, if installed.
async fn vendor() -> Option<Vec<Vec<String>>> {
    let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target");
    let heroku = target.join("heroku-cli/node_modules/.bin/heroku");
    if !heroku.exists() {
        return None;
    }
    let mut operator = Operator::new(SignIn::ServicePrincipal, Subscription::Id, None).await;
    let host = operator.environment["HEROKU_API_URL"].clone();
    let path = std::env::var("PATH").unwrap();
    for (name, value) in [
        ("HEROKU_HOST", host.as_str()),
        ("DISABLE_TELEMETRY", "true"),
        ("HEROKU_SKIP_NEW_VERSION_CHECK", "1"),
        ("PATH", &path),
    ] {
        operator
            .environment
            .insert(name.to_owned(), value.to_owned());
    }
    operator.sandbox.faults().delay_all(RESPONSE_DELAY);
    let mut rows = vec![row(["", "requests", "wall"])];
    let app = "picletter-bench";
    for arguments in [
        ["apps:create", app, "--stack", "container", "--no-remote"].as_slice(),
        &["config:set", "SG_KEY=a", "BOT_EMAIL=b", "-a", app],
        &[
            "authorizations:create",
            "--scope",
            "write",
            "--description",
            "a job",
        ],
    ] {
        let cost = operator.run(&heroku, arguments).await;
        rows.push(row([
            &format!("`heroku {}`", arguments[0]),
            &cost.requests.to_string(),
            &format!("{} ms", cost.wall.as_millis()),
        ]));
    }
    Some(rows)
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn table(rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(&rows[0]).add_rows(&rows[1..]);
    format!("{table}\n")
}
