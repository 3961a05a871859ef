//! The last lines of a failed dyno's log, which are kept after the log is gone.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use picletter::r#try::simulation::{SECRETS, run_trace};
use picletter_core::config::Config;
use picletter_core::template;
use picletter_logic_apps::Clock;
use picletter_logic_apps::Transport as _;
use picletter_logic_apps::history::RunRecord;
use picletter_logic_apps::{LogicApp, Options, Services, Status};
use picletter_sandbox::faults::{Faults, FaultyTransport};
use picletter_sandbox::heroku::DynoRecord;
use picletter_sandbox::heroku::error_response;
use picletter_sandbox::heroku::program::{DynoHandle, Ending, Program, Run, Start};
use picletter_sandbox::in_memory::InMemory;
use picletter_sandbox::logic_apps;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::simulation::world::{at, config, heroku};

/// The behavior of a run's dyno.
#[derive(Clone)]
struct Script {
    /// Lines that the dyno writes before it ends.
    lines: Vec<String>,
    /// The number of lines that another dyno of the app writes first.
    flood: usize,
    /// The report to the callback; `DYNO` stands for the dyno's name.
    report: Option<Value>,
    /// The time from the report to the dyno's end.
    lingers: Duration,
    ending: Ending,
}

impl Script {
    fn failing(lines: impl IntoIterator<Item = String>) -> Self {
        Self {
            lines: lines.into_iter().collect(),
            flood: 0,
            report: Some(json!({
                "outcome": "exit status 1", "exit_code": 1, "dyno": "DYNO",
            })),
            lingers: Duration::from_secs(2),
            ending: Ending::Exited(1),
        }
    }
}

struct Dynos {
    script: Script,
    hosts: InMemory,
}

impl Program for Dynos {
    fn run(&self, start: Start, handle: DynoHandle) -> Run {
        let (script, hosts) = (self.script.clone(), self.hosts.clone());
        Box::pin(async move {
            handle.up();
            // The other dyno, which does not belong to a run.
            if start.dyno.run_id.is_none() {
                sleep(Duration::from_secs(30)).await;
                for n in 0..script.flood {
                    handle.print(&format!("another dyno, {n}"));
                }
                sleep(Duration::from_hours(1)).await;
                return Ending::Exited(0);
            }
            sleep(Duration::from_mins(1)).await;
            for line in &script.lines {
                handle.print(line);
            }
            if let Some(report) = &script.report {
                let report = report.to_string().replace("DYNO", &start.dyno.name);
                let url = &start.env["RUN_CALLBACK_URL"];
                let report = Request::post(url)
                    .header("Content-Type", "application/json")
                    .body(report.into())
                    .unwrap();
                hosts.send(report).await.unwrap();
            }
            sleep(script.lingers).await;
            script.ending
        })
    }
}

struct Ended {
    app: LogicApp,
    run: RunRecord,
    dyno: DynoRecord,
    alerts: Vec<String>,
    hosts: InMemory,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.hosts.clear();
        self.app.stop();
    }
}

impl Ended {
    /// The kept lines of the run, without their times.
    fn kept(&self) -> Vec<String> {
        let message = &self.run.problem.as_ref().unwrap().message;
        let lines = message.lines().skip(1);
        let line = |line: &str| line.split_once(' ').unwrap().1.to_owned();
        lines.map(line).collect()
    }

    fn trace(&self) -> String {
        run_trace(&self.app, &self.run.id)
    }
}

/// Runs a job like a Rails task, next to another dyno of its app.
async fn ended(script: Script, run: &str, alert: &str, faults: Faults) -> Ended {
    let clock = Clock::simulated(at("2026-11-24T07:59:30Z"));
    let hosts = InMemory::default();
    let program = Dynos {
        script,
        hosts: hosts.clone(),
    };
    let heroku = heroku(clock, &hosts, program);
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let hook = axum::routing::post(async move |body: String| {
        let _ = sender.send(body);
    });
    let path = SECRETS[1].strip_prefix("https://hooks.example").unwrap();
    hosts.mount("hooks.example", axum::Router::new().route(path, hook));

    let config = job(run, alert);
    let mut parameters = template::parameters(&config, &config.jobs[0], clock.now());
    parameters.insert("heroku_token".into(), json!(SECRETS[0]));
    parameters.insert("alert_webhook".into(), json!(SECRETS[1]));
    let services = Services {
        clock,
        transport: Arc::new(FaultyTransport::new(hosts.clone(), clock, faults)),
        callback_base: "https://logic.azure.example".into(),
        seed: 1,
        options: Options::default(),
    };
    let app = template::deploy(&parameters, services).unwrap();
    hosts.mount("logic.azure.example", logic_apps::router(app.clone()));
    let other = Request::post("https://api.heroku.com/apps/my-app/dynos")
        .header("Accept", "application/vnd.heroku+json; version=3")
        .header("Authorization", format!("Bearer {}", SECRETS[0]))
        .header("Content-Type", "application/json")
        .body(
            json!({ "command": "rake other", "type": "worker" })
                .to_string()
                .into(),
        )
        .unwrap();
    assert_eq!(
        hosts.send(other).await.unwrap().status(),
        StatusCode::CREATED
    );
    let id = app.run_trigger(&app.trigger_names()[0]).unwrap();
    let run = app.join(&id).await.unwrap();
    sleep(Duration::from_mins(5)).await;
    let mut alerts = Vec::new();
    while let Ok(body) = receiver.try_recv() {
        let alert: Value = serde_json::from_str(&body).unwrap();
        alerts.push(alert["text"].as_str().unwrap().to_owned());
    }
    let mut dynos = heroku.drain_ended();
    dynos.retain(|record| record.dyno.run_id.is_some());
    Ended {
        app,
        run,
        dyno: dynos.remove(0),
        alerts,
        hosts,
    }
}

fn job(run: &str, alert: &str) -> Config {
    config(
        "every = \"day\"\nat = \"08:00\"",
        &format!("{run}\n[alert]\n{alert}"),
    )
}

fn lines(numbers: std::ops::RangeInclusive<usize>) -> impl Iterator<Item = String> {
    numbers.map(|n| format!("line {n}"))
}

/// By then, the start of the dyno is no longer in the log.
#[tokio::test(start_paused = true)]
async fn keeps_the_last_twenty_lines_in_the_alert_and_the_run_history() {
    let script = Script {
        flood: 2_000,
        ..Script::failing(lines(1..=30))
    };
    let ended = ended(script, "report = \"shell\"", "", Faults::default()).await;
    let name = &ended.dyno.dyno.name;
    let expected: Vec<String> = lines(11..=30)
        .map(|line| format!("app[{name}]: {line}"))
        .collect();
    assert_eq!(ended.kept(), expected, "{}", ended.trace());
    let problem = ended.run.problem.as_ref().unwrap();
    let (reason, kept) = problem.message.split_once('\n').unwrap();
    assert_eq!(problem.code, "exit status 1");
    assert_eq!(reason, "Reported outcome: exit status 1.");
    assert_eq!(ended.alerts.len(), 1);
    let alert = &ended.alerts[0];
    assert!(
        alert.contains("failed: exit status 1: Reported outcome"),
        "{alert}"
    );
    assert!(alert.ends_with(&format!("\n```\n{kept}\n```")), "{alert}");
}

/// Otherwise, its SIGTERM would be the last line of its log.
#[tokio::test(start_paused = true)]
async fn does_not_stop_a_dyno_that_has_reported() {
    let script = Script {
        lingers: Duration::from_secs(40),
        ..Script::failing(lines(1..=2))
    };
    let ended = ended(script, "report = \"shell\"", "", Faults::default()).await;
    assert_eq!(ended.dyno.stopped_by, None, "{}", ended.trace());
    assert_eq!(ended.dyno.ending, Ending::Exited(1));
}

/// Its start line is the only one that names the run.
#[tokio::test(start_paused = true)]
async fn finds_the_lines_of_a_dyno_without_a_report_by_its_run() {
    let script = Script {
        report: None,
        flood: 3,
        ending: Ending::Exited(137),
        ..Script::failing(lines(1..=2))
    };
    for report in ["worker", "shell"] {
        let run = format!("report = \"{report}\"");
        let ended = ended(script.clone(), &run, "", Faults::default()).await;
        let name = &ended.dyno.dyno.name;
        let kept = ended.kept();
        assert_eq!(ended.run.problem.as_ref().unwrap().code, "no_report");
        assert!(kept.contains(&format!("app[{name}]: line 2")), "{kept:?}");
        let status = format!("heroku[{name}]: Process exited with status 137");
        assert!(kept.contains(&status), "{kept:?}");
        assert!(
            !kept.iter().any(|line| line.contains("another")),
            "{kept:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn finds_the_lines_of_a_watched_dyno_by_its_name() {
    let script = Script {
        report: None,
        flood: 2_000,
        lingers: Duration::from_hours(1),
        ..Script::failing(lines(1..=3))
    };
    let ended = ended(script, "report = \"none\"", "", Faults::default()).await;
    let name = &ended.dyno.dyno.name;
    assert_eq!(ended.run.problem.as_ref().unwrap().code, "not_ended_well");
    assert_eq!(ended.kept()[2], format!("app[{name}]: line 3"));
}

/// At most 4,000 characters, starting at a line; of a longer line, its end.
#[tokio::test(start_paused = true)]
async fn keeps_at_most_4000_characters() {
    let long = |n: usize| format!("line {n} {}.", "x".repeat(990));
    let script = Script::failing((1..=10).map(long));
    let several = ended(script, "report = \"shell\"", "", Faults::default()).await;
    let kept = several.kept();
    assert_eq!(kept.len(), 3, "{kept:#?}");
    assert!(kept[0].contains("]: line 8 ") && kept[2].ends_with('.'));
    let script = Script::failing([format!("{}.", "x".repeat(9_000))]);
    let one = ended(script, "report = \"shell\"", "", Faults::default()).await;
    let message = &one.run.problem.as_ref().unwrap().message;
    let (_, kept) = message.split_once('\n').unwrap();
    assert_eq!(kept, format!("{}.", "x".repeat(3_999)));
}

#[tokio::test(start_paused = true)]
async fn log_lines_sets_the_number_of_lines_and_zero_skips_the_log() {
    let script = Script::failing(lines(1..=30));
    let three = ended(
        script.clone(),
        "report = \"shell\"",
        "log_lines = 3",
        Faults::default(),
    )
    .await;
    assert_eq!(three.kept().len(), 3);
    let faults = Faults::new(|call| {
        assert!(!call.uri.path().contains("log"), "{}", call.uri);
        None
    });
    let none = ended(script, "report = \"shell\"", "log_lines = 0", faults).await;
    let message = &none.run.problem.as_ref().unwrap().message;
    assert_eq!(message, "Reported outcome: exit status 1.");
    assert!(none.alerts[0].ends_with(')'), "{}", none.alerts[0]);
    assert!(none.run.billed < three.run.billed);
}

#[tokio::test(start_paused = true)]
async fn reports_a_failure_even_if_the_log_cannot_be_read() {
    let script = Script::failing(lines(1..=3));
    let faults = Faults::new(|call| {
        if call.method == Method::POST && call.uri.path().ends_with("/log-sessions") {
            Some(error_response(StatusCode::SERVICE_UNAVAILABLE, None))
        } else {
            None
        }
    });
    let ended = ended(script, "report = \"shell\"", "", faults).await;
    assert_eq!(ended.run.status, Status::Failed);
    let problem = ended.run.problem.as_ref().unwrap();
    assert_eq!(problem.code, "exit status 1");
    assert_eq!(problem.message, "Reported outcome: exit status 1.");
    assert_eq!(ended.alerts.len(), 1);
}

/// The URL of a log needs no token, and the rest of the log may be confidential.
#[tokio::test(start_paused = true)]
async fn run_history_contains_only_the_kept_lines() {
    let script = Script {
        flood: 10,
        ..Script::failing(lines(1..=30))
    };
    let ended = ended(script, "report = \"shell\"", "", Faults::default()).await;
    let mut history = String::new();
    for action in ended.app.actions(&ended.run.id).unwrap() {
        let repetitions = ended.app.repetitions(&ended.run.id, &action.name);
        writeln!(history, "{:?}", repetitions.unwrap()).unwrap();
    }
    assert!(history.contains("line 30"));
    for text in ["line 10", "another dyno", "logplex", "/sessions/"] {
        assert!(!history.contains(text), "{text} is in the history");
    }
}
