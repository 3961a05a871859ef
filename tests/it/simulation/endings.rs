//! How single runs end.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use insta::assert_snapshot;
use picletter::config::Config;
use picletter::template;
use picletter::r#try::simulation::{Plan, Simulation, story};
use picletter_logic_apps::Clock;
use picletter_logic_apps::{EarlyCallback, Options, Services, Status};
use picletter_logic_apps::{Sending, Transport};
use picletter_sandbox::faults::{Fault, Faults, Silence};
use picletter_sandbox::heroku::refused;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};
use picletter_worker::outcome::Outcome;
use serde_json::json;

use crate::simulation::world::{at, config, failed, plan, script, sent_after};

const START: &str = "2026-11-24T07:00:00Z";

fn daily(run: &str) -> Config {
    config("every = \"day\"\nat = \"08:00\"", run)
}

/// The story of a day, with the alerts.
async fn day(plan: Plan) -> String {
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:00:00Z")).await;
    let mut told = String::new();
    for run in simulation.apps()[0].runs().iter().rev() {
        let story = story(&simulation.apps()[0], &run.id);
        let _ = writeln!(told, "{story}billed {}", run.billed);
    }
    for record in simulation.heroku().drain_ended() {
        let dyno = &record.dyno;
        let _ = writeln!(
            told,
            "dyno {} to {}: {:?}, stopped by {:?}",
            dyno.started_at, record.ended_at, record.ending, record.stopped_by
        );
    }
    for (time, text) in simulation.drain_alerts() {
        let _ = writeln!(told, "alert {time}: {text}");
    }
    for (n, run) in simulation.apps()[0].runs().iter().rev().enumerate() {
        told = told.replace(&*run.id, &format!("(run {})", n + 1));
    }
    told
}

fn with_script(made: impl Fn() -> Script + Send + Sync + 'static) -> Plan {
    Plan {
        script: Box::new(move |_, _| made()),
        ..plan(&daily(""))
    }
}

#[tokio::test(start_paused = true)]
async fn sent() {
    assert_snapshot!(day(with_script(|| sent_after(20))).await);
}

#[tokio::test(start_paused = true)]
async fn refused_by_the_mail_api() {
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
async fn lost_answer_and_the_dyno_is_seen() {
    let plan = Plan {
        script: Box::new(|_, _| sent_after(120)),
        faults: lost_start(Duration::ZERO, Silence::Reset(Duration::from_secs(1))),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn lost_answer_and_the_dyno_has_come_and_gone() {
    let plan = Plan {
        script: Box::new(|_, _| sent_after(1)),
        faults: lost_start(Duration::ZERO, Silence::Reset(Duration::from_secs(1))),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

/// A1 of the field reports: the service was seen to send a POST twice, with one action in the
/// history.
fn sent_twice() -> Faults {
    first_post(Fault::Twice(Duration::from_secs(1)))
}

/// The dynos of the only run, how it ended, and the alerts.
async fn ended_with_two_dynos(plan: Plan) -> (Status, Vec<String>, String) {
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:00:00Z")).await;
    simulation
        .clock()
        .sleep_until(at("2026-11-24T10:00:00Z"))
        .await;
    let runs = simulation.apps()[0].runs();
    assert_eq!(runs.len(), 1);
    let dynos = simulation.heroku().drain_ended();
    let ids: Vec<_> = dynos.iter().map(|record| &record.dyno.run_id).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    let alerts: Vec<String> = simulation
        .drain_alerts()
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let problem = runs[0].problem.as_ref();
    let message = problem.map_or("", |problem| problem.message.lines().next().unwrap());
    (runs[0].status, alerts, message.to_owned())
}

const TWO_DYNOS: &str = "More than one dyno has the id of this run";

#[tokio::test(start_paused = true)]
async fn a_start_that_is_sent_twice_starts_two_dynos_and_the_first_report_counts() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    let twice = sent_twice();
    let plan = Plan {
        faults: Faults::new(move |call| {
            count.fetch_add(1, Ordering::Relaxed);
            twice.decide(call)
        }),
        ..plan(&daily(""))
    };
    let (status, alerts, _) = ended_with_two_dynos(plan).await;
    assert_eq!(status, Status::Succeeded);
    assert!(alerts.is_empty(), "{alerts:?}");
    assert_eq!(
        requests.load(Ordering::Relaxed),
        2,
        "none more than otherwise"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_with_two_dynos_says_so_in_its_alert() {
    for (script, runs_on) in [
        (failed(20, Outcome::Refused, "SendGrid: 403: no"), true),
        (script(20, End::Hang), true),
        // Only the log has them.
        (script(20, End::Crash(139)), false),
    ] {
        let plan = Plan {
            script: Box::new(move |_, _| script.clone()),
            faults: sent_twice(),
            ..plan(&daily(""))
        };
        let (status, alerts, message) = ended_with_two_dynos(plan).await;
        assert_eq!(status, Status::Failed, "{runs_on}");
        assert_eq!(alerts.len(), 1);
        assert!(alerts[0].contains(TWO_DYNOS), "{}", alerts[0]);
        assert!(message.contains(TWO_DYNOS), "{message}");
    }
}

/// It has reported, and the second may still do the work.
#[tokio::test(start_paused = true)]
async fn a_second_dyno_of_a_run_that_failed_by_its_report_is_not_stopped() {
    let first = std::sync::atomic::AtomicBool::new(true);
    let plan = Plan {
        script: Box::new(move |_, _| {
            if first.swap(false, Ordering::Relaxed) {
                failed(20, Outcome::Unavailable, "no source gave a picture")
            } else {
                sent_after(60)
            }
        }),
        faults: sent_twice(),
        ..plan(&daily(""))
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:00:00Z")).await;
    let dynos = simulation.heroku().drain_ended();
    assert!(dynos.iter().all(|record| record.stopped_by.is_none()));
    let alerts = simulation.drain_alerts();
    assert!(alerts[0].1.contains(TWO_DYNOS), "{}", alerts[0].1);
}

#[tokio::test(start_paused = true)]
async fn refused_by_heroku() {
    let plan = Plan {
        faults: first_post(refused(StatusCode::FORBIDDEN, None)),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn conflict_after_a_release() {
    let plan = Plan {
        faults: first_post(refused(StatusCode::CONFLICT, None)),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_minute() {
    let plan = Plan {
        faults: Faults::new(|call| {
            if call.at < at("2026-11-24T08:01:00Z") {
                Some(Fault::Reset)
            } else {
                None
            }
        }),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

/// The first start is done after this time, but its answer is lost.
fn lost_start(done_after: Duration, seen: Silence) -> Faults {
    first_post(Fault::Lost {
        done_after: Some(done_after),
        seen,
    })
}

/// This fault for the first attempt to start a dyno; none for what follows.
fn first_post(fault: Fault) -> Faults {
    let met = std::sync::atomic::AtomicBool::new(false);
    Faults::new(move |call| {
        let start = call.method == Method::POST && call.uri.path().ends_with("/dynos");
        if start && !met.swap(true, std::sync::atomic::Ordering::Relaxed) {
            Some(fault.clone())
        } else {
            None
        }
    })
}

#[tokio::test(start_paused = true)]
async fn the_exit_status_is_reported_by_a_shell() {
    let plan = Plan {
        script: Box::new(|_, _| failed(20, Outcome::Unavailable, "no source gave a picture")),
        ..plan(&daily("report = \"shell\""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn a_shell_reports_success() {
    let plan = plan(&daily("report = \"shell\""));
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn nobody_reports_and_the_dyno_is_watched() {
    assert_snapshot!(day(plan(&daily("report = \"none\""))).await);
}

#[tokio::test(start_paused = true)]
async fn nobody_reports_and_the_dyno_hangs() {
    let plan = Plan {
        script: Box::new(|_, _| Script {
            on_sigterm: OnSigterm::Ignore,
            ..script(20, End::Hang)
        }),
        ..plan(&daily("report = \"none\""))
    };
    assert_snapshot!(day(plan).await);
}

/// The service waits two minutes for an answer. Who gives up before that has not been refused, and
/// does not start again.
#[tokio::test(start_paused = true)]
async fn a_start_met_by_silence_is_tried_again_whoever_reports() {
    for report in ["worker", "shell", "none"] {
        let plan = Plan {
            faults: first_post(Fault::Lost {
                done_after: None,
                seen: Silence::Timeout(Duration::from_secs(115)),
            }),
            ..plan(&daily(&format!("report = \"{report}\"")))
        };
        let simulation = Simulation::start(plan, at(START)).unwrap();
        simulation.run_until(at("2026-11-24T09:00:00Z")).await;
        let run = simulation.apps()[0].runs().remove(0);
        let told = story(&simulation.apps()[0], &run.id);
        assert_eq!(run.status, Status::Succeeded, "{report}: {told}");
        assert_eq!(
            simulation.heroku().drain_ended().len(),
            1,
            "{report}: {told}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_comes_before_the_answer_is_taken() {
    let plan = Plan {
        script: Box::new(|_, _| sent_after(1)),
        faults: lost_start(Duration::ZERO, Silence::Reset(Duration::from_secs(20))),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_comes_before_the_answer_is_refused() {
    let plan = Plan {
        script: Box::new(|_, _| sent_after(1)),
        faults: lost_start(Duration::ZERO, Silence::Reset(Duration::from_secs(20))),
        early_callback: EarlyCallback::Refused,
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

/// Two runs five minutes apart; the first dyno hangs.
async fn overlapping(overlap: &str) -> String {
    let first = std::sync::atomic::AtomicBool::new(true);
    let config = config(
        &format!("every = \"day\"\nat = [\"08:00\", \"08:05\"]\noverlap = \"{overlap}\""),
        "",
    );
    let plan = Plan {
        script: Box::new(move |_, _| {
            if first.swap(false, std::sync::atomic::Ordering::Relaxed) {
                script(1, End::Hang)
            } else {
                sent_after(10)
            }
        }),
        ..plan(&config)
    };
    day(plan).await
}

#[tokio::test(start_paused = true)]
async fn overlap_skip() {
    assert_snapshot!(overlapping("skip").await);
}

#[tokio::test(start_paused = true)]
async fn overlap_replace() {
    assert_snapshot!(overlapping("replace").await);
}

#[tokio::test(start_paused = true)]
async fn overlap_allow() {
    assert_snapshot!(overlapping("allow").await);
}

#[tokio::test(start_paused = true)]
async fn overlap_queue() {
    assert_snapshot!(overlapping("queue").await);
}

#[tokio::test(start_paused = true)]
async fn a_dyno_that_outlives_its_time_is_no_replaced_one() {
    let config = config("every = \"day\"\nat = \"08:00\"\noverlap = \"replace\"", "");
    let plan = Plan {
        script: Box::new(|_, _| script(20, End::Hang)),
        ..plan(&config)
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:00:00Z")).await;
    let run = simulation.apps()[0].runs().remove(0);
    let told = story(&simulation.apps()[0], &run.id);
    assert_eq!(run.status, Status::Failed, "{told}");
    assert_eq!(simulation.drain_alerts().len(), 1, "{told}");
}

/// Reports that no program of ours sends, told to a run whose dyno hangs.
async fn reported(body: &'static str) -> String {
    let callback = Arc::new(Mutex::new(None));
    let told = callback.clone();
    let plan = Plan {
        script: Box::new(move |_, start| {
            *told.lock().unwrap() = start.env.get("RUN_CALLBACK_URL").cloned();
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
async fn a_report_that_is_no_report_ends_in_an_alert() {
    assert_snapshot!(reported("fine, thanks").await);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_breaks_the_workflow_ends_in_an_alert() {
    assert_snapshot!(reported("{oops").await);
}

/// The start window is over at once for runs two minutes apart, but Heroku is at work on the start.
#[tokio::test(start_paused = true)]
async fn a_start_that_is_done_late_is_waited_for_before_the_next_run() {
    let config = config("every = \"2 minutes\"\noverlap = \"queue\"", "");
    let plan = Plan {
        script: Box::new(|_, _| sent_after(60)),
        faults: lost_start(
            Duration::from_secs(19),
            Silence::Reset(Duration::from_secs(15)),
        ),
        ..plan(&config)
    };
    let simulation = Simulation::start(plan, at("2026-11-24T07:59:30Z")).unwrap();
    simulation.run_until(at("2026-11-24T08:05:00Z")).await;
    let mut runs = simulation.apps()[0].runs();
    runs.reverse();
    assert_eq!(runs[0].problem.as_ref().unwrap().code, "unknown");
    assert!(runs[1..].iter().all(|run| run.status == Status::Succeeded));
    let dynos = simulation.heroku().drain_ended();
    assert_eq!(dynos.len(), runs.len());
    for pair in dynos.windows(2) {
        assert!(pair[0].ended_at <= pair[1].dyno.started_at, "{pair:?}");
    }
}

/// The platform's own line of such a dyno is the only one in the log.
#[tokio::test(start_paused = true)]
async fn a_dyno_that_never_came_up_is_found_in_the_log() {
    let plan = Plan {
        script: Box::new(|_, _| script(1, End::NeverUp)),
        faults: lost_start(
            Duration::from_secs(20),
            Silence::Timeout(Duration::from_secs(30)),
        ),
        ..plan(&daily(""))
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:00:00Z")).await;
    let run = simulation.apps()[0].runs().remove(0);
    assert_eq!(run.problem.unwrap().code, "unknown");
    assert_eq!(simulation.heroku().drain_ended().len(), 1);
}

/// A Heroku that keeps a dyno listed that is over.
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
            let over = json!({
                "id": "1",
                "name": "worker.1",
                "state": "crashed",
                "command": "worker --run-id 08584061117034470886767632014CU07",
            });
            (StatusCode::OK, json!([over]))
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
async fn a_dyno_that_is_over_is_in_nobodys_way() {
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
        "the start, and nothing is stopped"
    );
}
