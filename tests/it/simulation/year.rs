//! A year of runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use picletter::r#try::simulation::{Plan, Simulation};
use picletter_logic_apps::Status;
use picletter_sandbox::faults::Faults;

use crate::simulation::world::{at, config, plan};

#[tokio::test(start_paused = true)]
async fn a_run_without_faults_costs_two_requests_and_nine_executions() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    let daily = config(
        "every = \"day\"\nat = \"08:30\"\ntime_zone = \"Europe/Berlin\"",
        "",
    );
    let plan = Plan {
        faults: Faults::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            None
        }),
        ..plan(&daily)
    };
    let simulation = Simulation::start(plan, at("2026-11-24T12:00:00Z")).unwrap();
    simulation.run_until(at("2027-11-24T12:00:00Z")).await;
    let runs = simulation.apps()[0].runs();
    assert_eq!(runs.len(), 365);
    for run in &runs {
        assert_eq!(run.status, Status::Succeeded);
        assert!(run.billed <= 9, "{} executions are billed", run.billed);
    }
    assert_eq!(requests.load(Ordering::Relaxed), 2 * 365);
}
