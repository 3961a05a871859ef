//! Jobs that are due at the same time, above Heroku's limits.

use std::path::Path;

use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use picletter::r#try::simulation::{Plan, SECRETS, Simulation};
use picletter_core::config::Config;
use picletter_core::template;
use picletter_logic_apps::history::RunRecord;
use picletter_logic_apps::{Status, Transport as _};
use picletter_sandbox::in_memory::InMemory;

use crate::simulation::world::{at, config, plan, sent_after};

const START: &str = "2026-11-24T07:59:00Z";
const DUE: &str = "2026-11-24T08:00:00Z";

/// Jobs at 08:00 whose dynos have this size and work for five minutes.
fn jobs(count: usize, size: &str, start_window: &str) -> Plan {
    let jobs: Vec<_> = (0..count)
        .map(|n| format!("[jobs.job-{n}]\ncommand = \"worker\"\nevery = \"day\"\nat = \"08:00\"\n"))
        .collect();
    let file = format!(
        "[heroku]\napp = \"my-app\"\n\
         [defaults]\ndyno_size = \"{size}\"\nstart_window = \"{start_window}\"\n{}\
         [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n",
        jobs.concat()
    );
    let file = Config::parse(Path::new("picletter.toml"), &file).unwrap();
    let parameters = |job| template::parameters(&file, job, at(START));
    Plan {
        jobs: file.jobs.iter().map(parameters).collect(),
        script: Box::new(|_, _| sent_after(300)),
        ..plan(&config("every = \"day\"", ""))
    }
}

/// The only run of each job, and when its dyno was started.
async fn ended(simulation: &Simulation) -> Vec<(RunRecord, Option<Timestamp>)> {
    simulation.run_until(at("2026-11-24T12:00:00Z")).await;
    tokio::time::sleep(std::time::Duration::from_hours(1)).await;
    let dynos = simulation.heroku().drain_ended();
    let runs = simulation.apps().iter().map(|app| app.runs().remove(0));
    runs.map(|run| {
        let own = |dyno: &&picletter_sandbox::heroku::DynoRecord| {
            dyno.dyno.run_id.as_deref() == Some(&*run.id)
        };
        let started = dynos.iter().find(own).map(|dyno| dyno.dyno.started_at);
        (run, started)
    })
    .collect()
}

#[tokio::test(start_paused = true)]
async fn retries_starts_above_the_limit_of_one_off_dynos() {
    for (count, size, limit) in [(2, "eco", 1), (6, "performance-m", 5), (51, "basic", 50)] {
        let simulation = Simulation::start(jobs(count, size, "1 hour"), at(START)).unwrap();
        let runs = ended(&simulation).await;
        for (run, _) in &runs {
            assert_eq!(run.status, Status::Succeeded, "{size}: {:?}", run.problem);
        }
        let late = |started: &Option<Timestamp>| started.unwrap() > at(DUE);
        let late: Vec<_> = runs.iter().filter(|(_, started)| late(started)).collect();
        assert_eq!(late.len(), count - limit, "{size}");
        let delay = late[0].1.unwrap().duration_since(at(DUE));
        // The other dynos end after 305 s, and starts are retried every 40 s.
        assert!(delay >= SignedDuration::from_secs(305), "{size}: {delay}");
        assert!(delay <= SignedDuration::from_secs(345), "{size}: {delay}");
        assert_eq!(simulation.drain_alerts(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn fails_if_the_limit_lasts_for_the_whole_start_window() {
    let simulation = Simulation::start(jobs(2, "eco", "2 minutes"), at(START)).unwrap();
    let runs = ended(&simulation).await;
    let failed: Vec<_> = runs
        .iter()
        .filter(|(_, started)| started.is_none())
        .collect();
    let [(run, _)] = failed[..] else {
        panic!("{runs:?}");
    };
    let problem = run.problem.as_ref().unwrap();
    assert_eq!(problem.code, "refused_by_heroku");
    let words = "Cannot run more than 1 Eco size dynos.";
    assert!(problem.message.contains(words), "{}", problem.message);
    assert_eq!(simulation.drain_alerts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_a_start_above_the_rate_limit() {
    let simulation = Simulation::start(jobs(2, "basic", "1 hour"), at(START)).unwrap();
    simulation
        .clock()
        .sleep_until(at("2026-11-24T07:59:59Z"))
        .await;
    // Other clients of the account use up its requests.
    let hosts = InMemory::default();
    hosts.mount("api.heroku.com", simulation.heroku().router());
    let mut count = 0;
    loop {
        let request = Request::get("https://api.heroku.com/apps/my-app/dynos")
            .header("Accept", "application/vnd.heroku+json; version=3")
            .header("Authorization", format!("Bearer {}", SECRETS[0]))
            .body(bytes::Bytes::new())
            .unwrap();
        if hosts.send(request).await.unwrap().status() != StatusCode::OK {
            break;
        }
        count += 1;
    }
    assert_eq!(count, 4_500);
    for (run, started) in ended(&simulation).await {
        assert_eq!(run.status, Status::Succeeded, "{:?}", run.problem);
        let delay = started.unwrap().duration_since(at(DUE));
        assert!(delay > SignedDuration::ZERO, "{delay}");
        assert!(delay < SignedDuration::from_mins(5), "{delay}");
    }
}
