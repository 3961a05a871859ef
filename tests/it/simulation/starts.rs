//! Starts of a dyno that are rejected, lost, late, or processed twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Method, StatusCode};
use insta::assert_snapshot;
use picletter::r#try::simulation::{Plan, Simulation, run_trace};
use picletter_logic_apps::{EarlyCallback, Status};
use picletter_sandbox::faults::{Fault, Faults, Silence};
use picletter_sandbox::heroku::error_response;
use picletter_sandbox::heroku::simulated::End;
use picletter_worker::outcome::Outcome;

use crate::simulation::world::{START, at, config, daily, day, failed, plan, script, sent_after};

/// Applies a fault to the first attempt to start a dyno only.
fn first_post(fault: Fault) -> Faults {
    let met = AtomicBool::new(false);
    Faults::new(move |call| {
        let start = call.method == Method::POST && call.uri.path().ends_with("/dynos");
        if start && !met.swap(true, Ordering::Relaxed) {
            Some(fault.clone())
        } else {
            None
        }
    })
}

/// The first start is processed after this time, but its response is lost.
fn lost_start(processed_after: Duration, seen: Silence) -> Faults {
    first_post(Fault::Lost {
        processed_after: Some(processed_after),
        seen,
    })
}

#[tokio::test(start_paused = true)]
async fn lost_response_with_a_running_dyno() {
    let plan = Plan {
        script: Box::new(|_, _| sent_after(120)),
        faults: lost_start(Duration::ZERO, Silence::Reset(Duration::from_secs(1))),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn lost_response_with_a_dyno_that_has_ended() {
    let plan = Plan {
        script: Box::new(|_, _| sent_after(1)),
        faults: lost_start(Duration::ZERO, Silence::Reset(Duration::from_secs(1))),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

/// Case A1 of the field reports: Azure sent a POST twice, with one action in the history.
fn sent_twice() -> Faults {
    first_post(Fault::Twice(Duration::from_secs(1)))
}

/// The outcome of the only run, its alerts, and the first line of its message. Checks that it had
/// two dynos.
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
async fn first_report_counts_if_a_start_is_sent_twice() {
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
        "no additional requests"
    );
}

#[tokio::test(start_paused = true)]
async fn alert_mentions_two_dynos_of_a_failed_run() {
    for (script, is_alive) in [
        (failed(20, Outcome::Refused, "SendGrid: 403: no"), true),
        (script(20, End::Hang), true),
        // Both have ended, so only the log contains them.
        (script(20, End::Crash(139)), false),
    ] {
        let plan = Plan {
            script: Box::new(move |_, _| script.clone()),
            faults: sent_twice(),
            ..plan(&daily(""))
        };
        let (status, alerts, message) = ended_with_two_dynos(plan).await;
        assert_eq!(status, Status::Failed, "{is_alive}");
        assert_eq!(alerts.len(), 1);
        assert!(alerts[0].contains(TWO_DYNOS), "{}", alerts[0]);
        assert!(message.contains(TWO_DYNOS), "{message}");
    }
}

/// The first dyno has reported, and the second may still complete the work.
#[tokio::test(start_paused = true)]
async fn does_not_stop_a_second_dyno_after_a_failure_report() {
    let first = AtomicBool::new(true);
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
async fn rejected_by_heroku() {
    let plan = Plan {
        faults: first_post(error_response(StatusCode::FORBIDDEN, None)),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn conflict_after_a_release() {
    let plan = Plan {
        faults: first_post(error_response(StatusCode::CONFLICT, None)),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn outage_of_one_minute() {
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

/// Azure waits two minutes for a response. A worker that gives up earlier has not been rejected,
/// and does not start again.
#[tokio::test(start_paused = true)]
async fn retries_an_unanswered_start_with_every_kind_of_report() {
    for report in ["worker", "shell", "none"] {
        let plan = Plan {
            faults: first_post(Fault::Lost {
                processed_after: None,
                seen: Silence::Timeout(Duration::from_secs(115)),
            }),
            ..plan(&daily(&format!("report = \"{report}\"")))
        };
        let simulation = Simulation::start(plan, at(START)).unwrap();
        simulation.run_until(at("2026-11-24T09:00:00Z")).await;
        let run = simulation.apps()[0].runs().remove(0);
        let trace = run_trace(&simulation.apps()[0], &run.id);
        assert_eq!(run.status, Status::Succeeded, "{report}: {trace}");
        assert_eq!(
            simulation.heroku().drain_ended().len(),
            1,
            "{report}: {trace}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn accepts_a_report_before_the_response_to_the_start() {
    let plan = Plan {
        script: Box::new(|_, _| sent_after(1)),
        faults: lost_start(Duration::ZERO, Silence::Reset(Duration::from_secs(20))),
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

#[tokio::test(start_paused = true)]
async fn handles_a_rejected_report_before_the_response_to_the_start() {
    let plan = Plan {
        script: Box::new(|_, _| sent_after(1)),
        faults: lost_start(Duration::ZERO, Silence::Reset(Duration::from_secs(20))),
        early_callback: EarlyCallback::Refused,
        ..plan(&daily(""))
    };
    assert_snapshot!(day(plan).await);
}

/// Runs two minutes apart have no start window, but Heroku is still processing the start.
#[tokio::test(start_paused = true)]
async fn next_run_waits_for_a_start_that_is_processed_late() {
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

/// The log contains only the platform's line about such a dyno.
#[tokio::test(start_paused = true)]
async fn finds_a_dyno_that_never_came_up_in_the_log() {
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
