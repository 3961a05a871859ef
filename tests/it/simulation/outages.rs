//! Failures of Heroku from field reports, and their effect on a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Method, StatusCode};
use picletter::r#try::simulation::{Plan, Simulation, run_trace};
use picletter_logic_apps::Status;
use picletter_sandbox::faults::{Call, Fault, Faults};
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};

use crate::simulation::world::{START, at, config, daily, plan, script, sent_after};

fn error_response(status: StatusCode) -> Fault {
    picletter_sandbox::heroku::error_response(status, None)
}

fn is_start(call: &Call<'_>) -> bool {
    call.method == Method::POST && call.uri.path().ends_with("/dynos")
}

#[tokio::test(start_paused = true)]
async fn retries_after_two_conflicts() {
    let met = AtomicUsize::new(0);
    let plan = Plan {
        faults: Faults::new(move |call| {
            if is_start(call) && met.fetch_add(1, Ordering::Relaxed) < 2 {
                Some(error_response(StatusCode::CONFLICT))
            } else {
                None
            }
        }),
        ..plan(&daily(""))
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:30:00Z")).await;

    let run = simulation.apps()[0].runs().remove(0);
    let trace = run_trace(&simulation.apps()[0], &run.id);
    assert_eq!(run.status, Status::Succeeded, "{trace}");
    assert_eq!(simulation.heroku().drain_ended().len(), 1, "{trace}");
    assert_eq!(simulation.drain_alerts(), []);
}

#[tokio::test(start_paused = true)]
async fn retries_during_a_rate_limit_of_three_minutes() {
    let plan = Plan {
        faults: Faults::new(|call| {
            if is_start(call) && call.at < at("2026-11-24T08:03:00Z") {
                Some(error_response(StatusCode::TOO_MANY_REQUESTS))
            } else {
                None
            }
        }),
        ..plan(&daily(""))
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:30:00Z")).await;

    let run = simulation.apps()[0].runs().remove(0);
    let trace = run_trace(&simulation.apps()[0], &run.id);
    assert_eq!(run.status, Status::Succeeded, "{trace}");
    let dynos = simulation.heroku().drain_ended();
    assert_eq!(dynos.len(), 1, "{trace}");
    let started = dynos[0].dyno.started_at;
    assert!(started < at("2026-11-24T08:05:00Z"), "{started}");
    assert_eq!(simulation.drain_alerts(), []);
}

#[tokio::test(start_paused = true)]
async fn fails_at_once_if_dyno_sizes_cannot_be_mixed() {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    let plan = Plan {
        faults: Faults::new(move |call| {
            counted.fetch_add(usize::from(is_start(call)), Ordering::Relaxed);
            None
        }),
        ..plan(&daily(""))
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.heroku().set_dyno_size("my-app", "standard-1x");
    simulation.run_until(at("2026-11-24T08:01:00Z")).await;

    let run = simulation.apps()[0].runs().remove(0);
    assert_eq!(run.status, Status::Failed);
    let problem = run.problem.unwrap();
    assert_eq!(problem.code, "refused_by_heroku");
    let reason = "Cannot use the following dyno types in the same app: Basic and Standard-1X";
    assert!(problem.message.contains(reason), "{}", problem.message);
    assert_eq!(starts.load(Ordering::Relaxed), 1);
    let alerts = simulation.drain_alerts();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(alerts[0].1.contains(reason), "{alerts:?}");
}

#[tokio::test(start_paused = true)]
async fn outage_of_a_day_sends_one_alert_per_run_and_starts_no_late_dyno() {
    for (schedule, overlap) in [
        ("every = \"day\"\nat = \"08:00\"", "skip"),
        ("every = \"2 hours\"", "skip"),
        ("every = \"hour\"", "queue"),
    ] {
        let (from, to) = (at("2026-11-24T07:30:00Z"), at("2026-11-25T07:30:00Z"));
        let plan = Plan {
            faults: Faults::new(move |call| {
                let is_heroku = call.uri.host() == Some("api.heroku.com");
                if is_heroku && (from..to).contains(&call.at) {
                    Some(error_response(StatusCode::SERVICE_UNAVAILABLE))
                } else {
                    None
                }
            }),
            ..plan(&config(&format!("{schedule}\noverlap = \"{overlap}\""), ""))
        };
        let simulation = Simulation::start(plan, at(START)).unwrap();
        simulation.run_until(at("2026-11-25T12:00:00Z")).await;

        let runs = simulation.apps()[0].runs();
        let count = |status| runs.iter().filter(|run| run.status == status).count();
        let codes = runs.iter().filter_map(|run| run.problem.as_ref());
        let codes: Vec<_> = codes.map(|problem| problem.code.as_str()).collect();
        let failed = count(Status::Failed);
        assert!(failed > 0, "{schedule}");
        assert_eq!(codes, vec!["heroku_unavailable"; failed], "{schedule}");
        assert_eq!(simulation.drain_alerts().len(), failed, "{schedule}");
        let dynos = simulation.heroku().drain_ended();
        assert_eq!(dynos.len(), count(Status::Succeeded), "{schedule}");
        for record in dynos {
            let started = record.dyno.started_at;
            assert!(!(from..to).contains(&started), "{schedule}: {started}");
        }
    }
}

/// The dyno cannot report either. Whether it exits or hangs, the run ends without a report.
#[tokio::test(start_paused = true)]
async fn dyno_without_network_is_not_reported_as_sent() {
    let exits = || script(70, End::Crash(75));
    let hangs = || Script {
        on_sigterm: OnSigterm::Die,
        ..script(1, End::Hang)
    };
    let scripts: [fn() -> Script; 2] = [exits, hangs];
    for create in scripts {
        let cut_off = AtomicUsize::new(0);
        let plan = Plan {
            script: Box::new(move |_, _| match cut_off.fetch_add(1, Ordering::Relaxed) {
                0 => create(),
                _ => sent_after(20),
            }),
            ..plan(&daily(""))
        };
        let simulation = Simulation::start(plan, at(START)).unwrap();
        simulation.run_until(at("2026-11-24T20:00:00Z")).await;

        let run = simulation.apps()[0].runs().remove(0);
        let trace = run_trace(&simulation.apps()[0], &run.id);
        assert_eq!(run.status, Status::Failed, "{trace}");
        assert_eq!(run.problem.unwrap().code, "no_report", "{trace}");
        let alerts = simulation.drain_alerts();
        assert_eq!(alerts.len(), 1, "{alerts:?}");
        assert!(alerts[0].1.contains("no_report"), "{alerts:?}");
        // There is no second dyno, and so no mail later that day.
        assert_eq!(simulation.heroku().drain_ended().len(), 1, "{trace}");
    }
}

#[tokio::test(start_paused = true)]
async fn fails_at_once_if_eco_hours_are_used_up() {
    let plan = Plan {
        faults: Faults::new(|call| {
            if is_start(call) {
                Some(error_response(StatusCode::UNPROCESSABLE_ENTITY))
            } else {
                None
            }
        }),
        ..plan(&daily(""))
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    let start = at("2026-11-24T08:00:00Z");
    let soon = start + jiff::SignedDuration::try_from(Duration::from_mins(1)).unwrap();
    simulation.run_until(soon).await;
    let run = simulation.apps()[0].runs().remove(0);
    assert_eq!(run.problem.unwrap().code, "refused_by_heroku");
    assert_eq!(simulation.drain_alerts().len(), 1);
}
