//! Setup of simulations.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use picletter::r#try::simulation::{self, Plan, SECRETS, Simulation, run_trace};
use picletter_core::config::Config;
use picletter_core::template;
use picletter_logic_apps::{Clock, EarlyCallback};
use picletter_sandbox::faults::Faults;
use picletter_sandbox::heroku::program::Program;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};
use picletter_sandbox::heroku::{App, Deployment, Heroku, NoObserver, Setup};
use picletter_sandbox::in_memory::InMemory;
use picletter_worker::outcome::Outcome;
use secrecy::SecretString;

/// The start of a simulated day.
pub(crate) const START: &str = "2026-11-24T07:00:00Z";

pub(crate) fn config(schedule: &str, run: &str) -> Config {
    // With the other reports, the worker's process type is not a command.
    let foreign = ["\"shell\"", "\"none\""]
        .iter()
        .any(|report| run.contains(report));
    let command = if foreign { "rake digest" } else { "worker" };
    let toml = format!(
        "[schedule]\n{schedule}\n[heroku]\napp = \"my-app\"\ncommand = \"{command}\"\n\
         time_to_live = \"10 minutes\"\n[run]\n{run}\n\
         [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n"
    );
    Config::parse(Path::new("picletter.toml"), &toml).unwrap_or_else(|error| panic!("{error}"))
}

/// Dynos that work for 20 s, on a Heroku without faults.
pub(crate) fn plan(config: &Config) -> Plan {
    Plan {
        jobs: vec![template::parameters(
            config,
            &config.jobs[0],
            at("2026-11-24T07:00:00Z"),
        )],
        script: Box::new(|_, _| sent_after(20)),
        faults: Faults::default(),
        observer: Arc::new(NoObserver),
        early_callback: EarlyCallback::Accepted,
        // The stricter interpretation: errors in unused arguments become visible.
        eager_arguments: true,
        kept: 100_000,
        seed: 1,
    }
}

pub(crate) fn script(work: u64, end: End) -> Script {
    Script {
        boot: Duration::from_secs(5),
        work: Duration::from_secs(work),
        end,
        on_sigterm: OnSigterm::Report,
    }
}

pub(crate) fn sent_after(work: u64) -> Script {
    script(work, End::Sent)
}

pub(crate) fn failed(work: u64, outcome: Outcome, detail: &str) -> Script {
    script(work, simulation::failed(outcome, detail))
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// A fake of Heroku at `api.heroku.com`, with the app `my-app`, whose dynos run `program`.
pub(crate) fn heroku(clock: Clock, hosts: &InMemory, program: impl Program + 'static) -> Heroku {
    let heroku = Heroku::new(Setup {
        clock,
        token: SecretString::from(SECRETS[0]),
        url: "https://api.heroku.com".into(),
        seed: 1,
    });
    heroku.deploy(Deployment {
        app: App {
            name: "my-app".into(),
            // Dynos of type `run` use the image of `web`.
            process_types: vec!["web".into(), "worker".into()],
            config_vars: BTreeMap::new(),
        },
        program: Arc::new(program),
        observer: Arc::new(NoObserver),
    });
    hosts.mount("api.heroku.com", heroku.router());
    heroku
}

/// A daily job at 08:00.
pub(crate) fn daily(run: &str) -> Config {
    config("every = \"day\"\nat = \"08:00\"", run)
}

/// The trace of a day, with its alerts.
pub(crate) async fn day(plan: Plan) -> String {
    let simulation = Simulation::start(plan, at(START)).unwrap();
    simulation.run_until(at("2026-11-24T09:00:00Z")).await;
    let mut text = String::new();
    for run in simulation.apps()[0].runs().iter().rev() {
        let trace = run_trace(&simulation.apps()[0], &run.id);
        let _ = writeln!(text, "{trace}billed {}", run.billed);
    }
    for record in simulation.heroku().drain_ended() {
        let dyno = &record.dyno;
        let _ = writeln!(
            text,
            "dyno {} to {}: {:?}, stopped by {:?}",
            dyno.started_at, record.ended_at, record.ending, record.stopped_by
        );
    }
    for (time, message) in simulation.drain_alerts() {
        let _ = writeln!(text, "alert {time}: {message}");
    }
    for (n, run) in simulation.apps()[0].runs().iter().rev().enumerate() {
        text = text.replace(&*run.id, &format!("(run {})", n + 1));
    }
    text
}
