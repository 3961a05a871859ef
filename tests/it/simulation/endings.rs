//! How single runs end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use insta::assert_snapshot;
use picletter::r#try::simulation::{Plan, Simulation};
use picletter_core::template;
use picletter_logic_apps::{Clock, Options, Sending, Services, Transport};
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};
use picletter_worker::outcome::Outcome;
use serde_json::json;

use crate::simulation::world::{START, at, daily, day, failed, plan, script, sent_after};

fn with_script(create: impl Fn() -> Script + Send + Sync + 'static) -> Plan {
    Plan {
        script: Box::new(move |_, _| create()),
        ..plan(&daily(""))
    }
}

#[tokio::test(start_paused = true)]
async fn sent() {
    assert_snapshot!(day(with_script(|| sent_after(20))).await);
}

#[tokio::test(start_paused = true)]
async fn rejected_by_the_mail_api() {
    assert_snapshot!(
        day(with_script(|| failed(
            20,
            Outcome::Refused,
            "SendGrid: 403: <bad> & worse"
        )))
        .await
    );
}

#[tokio::test(start_paused = true)]
async fn no_report() {
    assert_snapshot!(day(with_script(|| script(20, End::Crash(139)))).await);
}

#[tokio::test(start_paused = true)]
async fn hangs() {
    assert_snapshot!(day(with_script(|| script(20, End::Hang))).await);
}

#[tokio::test(start_paused = true)]
async fn shell_reports_the_exit_status() {
    let plan = Plan {
        script: Box::new(|_, _| failed(20, Outcome::Unavailable, "no source gave a picture")),
        ..plan(&daily("report = \"shell\""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn shell_reports_success() {
    let plan = plan(&daily("report = \"shell\""));
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn without_reports_the_dyno_is_watched() {
    assert_snapshot!(day(plan(&daily("report = \"none\""))).await);
}

#[tokio::test(start_paused = true)]
async fn without_reports_a_hanging_dyno_fails() {
    let plan = Plan {
        script: Box::new(|_, _| Script {
            on_sigterm: OnSigterm::Ignore,
            ..script(20, End::Hang)
        }),
        ..plan(&daily("report = \"none\""))
    };
    assert_snapshot!(day(plan).await);
}

/// The outcome of a run whose dyno hangs and whose callback gets `body`, which none of our programs
/// sends.
async fn reported(body: &'static str) -> String {
    let callback = Arc::new(Mutex::new(None));
    let shared = callback.clone();
    let plan = Plan {
        script: Box::new(move |_, start| {
            *shared.lock().unwrap() = start.env.get("RUN_CALLBACK_URL").cloned();
            script(1, End::Hang)
        }),
        ..plan(&daily(""))
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation
        .clock()
        .sleep_until(at("2026-11-24T08:01:00Z"))
        .await;
    let url = callback.lock().unwrap().take().unwrap();
    let request = Request::post(url)
        .header("Content-Type", "text/plain")
        .body(Bytes::from(body))
        .unwrap();
    assert_eq!(
        simulation.apps()[0].callback(&request).status(),
        StatusCode::OK
    );
    simulation.run_until(at("2026-11-24T09:00:00Z")).await;
    let run = simulation.apps()[0].runs().remove(0);
    let problem = run.problem.unwrap();
    let alerts = simulation.drain_alerts();
    let alerts: Vec<&str> = alerts.iter().map(|(_, text)| text.as_str()).collect();
    format!(
        "{:?} {}: {}\n{}",
        run.status,
        problem.code,
        problem.message,
        alerts.join("\n")
    )
    .replace(&*run.id, "(run)")
}

#[tokio::test(start_paused = true)]
async fn invalid_report_sends_an_alert() {
    assert_snapshot!(reported("fine, thanks").await);
}

#[tokio::test(start_paused = true)]
async fn malformed_report_sends_an_alert() {
    assert_snapshot!(reported("{oops").await);
}

/// A Heroku API that still lists an ended dyno.
#[derive(Default)]
struct Lingering {
    started: AtomicUsize,
}

impl Transport for Lingering {
    fn send(&self, request: Request<Bytes>) -> Sending<'_> {
        let (status, body) = if request.method() == Method::POST {
            if !request.uri().path().ends_with("/log-sessions") {
                self.started.fetch_add(1, Ordering::Relaxed);
            }
            (
                StatusCode::CREATED,
                json!({ "id": "2", "state": "starting" }),
            )
        } else {
            let ended = json!({
                "id": "1",
                "name": "worker.1",
                "state": "crashed",
                "command": "worker --run-id 08584061117034470886767632014CU07",
            });
            (StatusCode::OK, json!([ended]))
        };
        let response = Response::builder()
            .status(status)
            .header("Content-Type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        Box::pin(async { Ok(response) })
    }
}

#[tokio::test(start_paused = true)]
async fn ignores_ended_dynos_that_are_still_listed() {
    let heroku = Arc::new(Lingering::default());
    let services = Services {
        clock: Clock::simulated(at(START)),
        transport: heroku.clone(),
        callback_base: "https://logic.azure.example".into(),
        seed: 1,
        options: Options::default(),
    };
    let mut parameters = plan(&daily("")).jobs.remove(0);
    parameters.insert("heroku_token".into(), json!("HRKU-0123456789"));
    let app = template::deploy(&parameters, services).unwrap();
    let run = app.run_trigger(&app.trigger_names()[0]).unwrap();
    assert_eq!(
        app.join(&run).await.unwrap().problem.unwrap().code,
        "no_report"
    );
    assert_eq!(
        heroku.started.load(Ordering::Relaxed),
        1,
        "one start, and no stop"
    );
}
