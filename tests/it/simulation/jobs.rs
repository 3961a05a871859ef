//! Several jobs on one app.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use picletter::r#try::simulation::{Plan, SECRETS, Simulation, run_trace};
use picletter_core::config::Config;
use picletter_core::template;
use picletter_logic_apps::Clock;
use picletter_logic_apps::Transport as _;
use picletter_logic_apps::{LogicApp, Options, Services, Status};
use picletter_sandbox::heroku::simulated::{End, Simulated};
use picletter_sandbox::heroku::{DynoRecord, Heroku, Stopper};
use picletter_sandbox::in_memory::InMemory;
use picletter_sandbox::logic_apps;
use serde_json::json;

use crate::simulation::world::{at, config, heroku, plan, script, sent_after};

const START: &str = "2026-11-24T07:59:00Z";
const REPORTS: [&str; 3] = ["worker", "shell", "none"];

/// Workflows that start dynos on the same app.
struct Shared {
    clock: Clock,
    heroku: Heroku,
    hosts: InMemory,
    apps: Vec<LogicApp>,
}

impl Shared {
    /// Starts a workflow for each name and configuration. The work of each dyno takes `work`
    /// seconds.
    fn start(work: u64, jobs: &[(&str, Config)]) -> Self {
        let clock = Clock::simulated(at(START));
        let hosts = InMemory::default();
        let program = Simulated::new(Arc::new(hosts.clone()), move |_| sent_after(work));
        let heroku = heroku(clock, &hosts, program);
        let apps = jobs.iter().enumerate().map(|(n, (name, config))| {
            let mut parameters = template::parameters(config, &config.jobs[0], clock.now());
            parameters.insert("workflows_picletter_app_name".into(), json!(name));
            parameters.insert("heroku_token".into(), json!(SECRETS[0]));
            let host = format!("logic-{n}.azure.example");
            let services = Services {
                clock,
                transport: Arc::new(hosts.clone()),
                callback_base: format!("https://{host}"),
                seed: n as u64,
                options: Options::default(),
            };
            let app = template::deploy(&parameters, services).unwrap();
            hosts.mount(host, logic_apps::router(app.clone()));
            app.start();
            app
        });
        Self {
            clock,
            heroku,
            apps: apps.collect(),
            hosts,
        }
    }

    async fn run_until(&self, end: &str) -> Vec<DynoRecord> {
        self.clock.sleep_until(at(end)).await;
        for app in &self.apps {
            app.disable();
        }
        for app in &self.apps {
            app.idle().await;
        }
        // A dyno may still run after the report that ends its run.
        tokio::time::sleep(Duration::from_mins(15)).await;
        self.heroku.drain_ended()
    }

    fn assert_all_succeeded(&self, case: &str) {
        for app in &self.apps {
            let runs = app.runs();
            assert!(!runs.is_empty(), "{case}");
            for run in runs {
                let trace = run_trace(app, &run.id);
                assert_eq!(run.status, Status::Succeeded, "{case}: {trace}");
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.hosts.clear();
        for app in &self.apps {
            app.stop();
        }
    }
}

fn job(time: &str, overlap: &str, report: &str) -> Config {
    config(
        &format!("every = \"day\"\nat = \"{time}\"\noverlap = \"{overlap}\""),
        &format!("report = \"{report}\""),
    )
}

fn overlap_in_time(dynos: &[DynoRecord]) -> bool {
    let mut pairs = dynos.windows(2);
    pairs.any(|pair| pair[1].dyno.started_at < pair[0].ended_at)
}

/// One name, `daily`, is a prefix of the second and a suffix of the third.
#[tokio::test(start_paused = true)]
async fn jobs_with_the_same_command_run_concurrently() {
    for overlap in ["skip", "replace", "queue"] {
        for report in REPORTS {
            let case = format!("{overlap}, {report}");
            let shared = Shared::start(
                300,
                &[
                    ("daily", job("08:00", overlap, report)),
                    ("daily-2", job("08:01", overlap, report)),
                    ("my-daily", job("08:02", overlap, report)),
                ],
            );
            let mut dynos = shared.run_until("2026-11-24T08:30:00Z").await;
            shared.assert_all_succeeded(&case);
            assert_eq!(dynos.len(), 3, "{case}");
            for dyno in &dynos {
                assert_eq!(dyno.stopped_by, None, "{case}");
            }
            dynos.sort_by_key(|record| record.dyno.started_at);
            assert!(overlap_in_time(&dynos), "{case}: the dynos do not overlap");
        }
    }
}

/// Runs the job at 08:00 while a dyno with `command`, started by other means, is active.
async fn run_beside(overlap: &str, report: &str, command: &str) -> (Status, Option<Stopper>) {
    let config = job("08:00", overlap, report);
    let process_type = &config.jobs[0].process_type;
    let plan = Plan {
        // The other dyno hangs. It has no callback.
        script: Box::new(|_, start| {
            if start.env.contains_key("RUN_ID") {
                sent_after(20)
            } else {
                script(1, End::Hang)
            }
        }),
        ..plan(&config)
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    let hosts = InMemory::default();
    hosts.mount("api.heroku.com", simulation.heroku().router());
    simulation
        .clock()
        .sleep_until(at("2026-11-24T07:59:58Z"))
        .await;
    let start = Request::post("https://api.heroku.com/apps/my-app/dynos")
        .header("Accept", "application/vnd.heroku+json; version=3")
        .header("Authorization", format!("Bearer {}", SECRETS[0]))
        .header("Content-Type", "application/json")
        .body(
            json!({ "command": command, "type": process_type, "time_to_live": 600 })
                .to_string()
                .into(),
        )
        .unwrap();
    assert_eq!(
        hosts.send(start).await.unwrap().status(),
        StatusCode::CREATED
    );
    simulation.run_until(at("2026-11-24T08:30:00Z")).await;
    let run = simulation.apps()[0].runs().remove(0);
    let dynos = simulation.heroku().drain_ended();
    let other = dynos.iter().find(|record| record.dyno.command == command);
    (run.status, other.and_then(|record| record.stopped_by))
}

const ID: &str = "08584061117034470886767632014CU07";

/// The active dyno has a command in the form of each kind of report. A deployment may change the
/// kind and the command during a run, so the workflow must recognize dynos of earlier
/// configurations.
#[tokio::test(start_paused = true)]
async fn recognizes_the_jobs_dyno_with_any_command() {
    let own = format!("00000000/picletter/picletter/{ID}");
    for command in [
        format!("worker --run-id {own}"),
        format!("bin/other --note late --run-id {own}"),
        format!("sh -c 'export RUN_ID={own}; (rake other); code=$?; exit $code'"),
        format!("sh -c 'export RUN_ID={own}; (eval '\\''rake other'\\''); code=$?; exit $code'"),
        format!("RUN_ID={own} rake other"),
    ] {
        for report in REPORTS {
            let skipped = run_beside("skip", report, &command).await;
            let expired = Some(Stopper::TimeToLive);
            assert_eq!(skipped, (Status::Cancelled, expired), "{report}: {command}");
            let replaced = run_beside("replace", report, &command).await;
            let stopped = Some(Stopper::Request);
            assert_eq!(
                replaced,
                (Status::Succeeded, stopped),
                "{report}: {command}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn ignores_dynos_of_other_jobs() {
    for job in [
        "00000000/picletter/picletter-2",
        "00000000/picletter/my-picletter",
        "00000000/other/picletter",
        "11111111/picletter/picletter",
    ] {
        for command in [
            format!("worker --run-id {job}/{ID}"),
            format!("RUN_ID={job}/{ID} rake digest"),
        ] {
            for report in REPORTS {
                let ran = run_beside("skip", report, &command).await;
                let expired = Some(Stopper::TimeToLive);
                assert_eq!(ran, (Status::Succeeded, expired), "{report}: {command}");
            }
        }
    }
}

/// Azure's names are case-insensitive and may contain parentheses, which are special in a shell.
#[tokio::test(start_paused = true)]
async fn command_contains_the_job_and_the_run() {
    for (report, expected) in [
        ("worker", "worker --run-id 00000000/picletter/daily_2_/RUN"),
        ("none", "RUN_ID=00000000/picletter/daily_2_/RUN rake digest"),
    ] {
        let shared = Shared::start(1, &[("Daily(2)", job("08:00", "skip", report))]);
        let dynos = shared.run_until("2026-11-24T08:30:00Z").await;
        shared.assert_all_succeeded(report);
        let run = shared.apps[0].runs().remove(0);
        let command = dynos[0].dyno.command.replace(&*run.id, "RUN");
        assert_eq!(command, expected);
        assert_eq!(dynos[0].dyno.run_id.as_deref(), Some(&*run.id));
    }
}

#[tokio::test(start_paused = true)]
async fn runs_of_one_job_still_queue() {
    let config = config(
        "every = \"day\"\nat = [\"08:00\", \"08:01\"]\noverlap = \"queue\"",
        "",
    );
    let shared = Shared::start(300, &[("daily", config)]);
    let mut dynos = shared.run_until("2026-11-24T08:30:00Z").await;
    shared.assert_all_succeeded("queue");
    dynos.sort_by_key(|record| record.dyno.started_at);
    assert_eq!(dynos.len(), 2);
    assert!(!overlap_in_time(&dynos));
}
