//! Runs that are due while another is active.

use std::sync::atomic::{AtomicBool, Ordering};

use insta::assert_snapshot;
use picletter::r#try::simulation::{Plan, Simulation, run_trace};
use picletter_logic_apps::Status;
use picletter_sandbox::heroku::simulated::End;

use crate::simulation::world::{START, at, config, day, plan, script, sent_after};

/// Two runs five minutes apart; the first dyno hangs.
async fn overlapping(overlap: &str) -> String {
    let first = AtomicBool::new(true);
    let config = config(
        &format!("every = \"day\"\nat = [\"08:00\", \"08:05\"]\noverlap = \"{overlap}\""),
        "",
    );
    let plan = Plan {
        script: Box::new(move |_, _| {
            if first.swap(false, Ordering::Relaxed) {
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
async fn a_dyno_that_exceeds_its_time_limit_fails_instead_of_being_replaced() {
    let config = config("every = \"day\"\nat = \"08:00\"\noverlap = \"replace\"", "");
    let plan = Plan {
        script: Box::new(|_, _| script(20, End::Hang)),
        ..plan(&config)
    };
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:00:00Z")).await;
    let run = simulation.apps()[0].runs().remove(0);
    let trace = run_trace(&simulation.apps()[0], &run.id);
    assert_eq!(run.status, Status::Failed, "{trace}");
    assert_eq!(simulation.drain_alerts().len(), 1, "{trace}");
}
