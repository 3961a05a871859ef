//! A simulation as tests set it up.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use picletter::config::Config;
use picletter::template;
use picletter::r#try::simulation::{self, Plan};
use picletter_logic_apps::EarlyCallback;
use picletter_sandbox::faults::Faults;
use picletter_sandbox::heroku::NoObserver;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script};
use picletter_worker::outcome::Outcome;
use serde_json::{Map, Value};

pub(crate) fn config(schedule: &str, run: &str) -> Config {
    // Around it, or around none, the worker's process type is no command.
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

/// The template's parameters for the only job.
pub(crate) fn parameters(config: &Config, now: Timestamp) -> Map<String, Value> {
    template::parameters(config, &config.jobs[0], now)
}

/// Healthy dynos of 20 s, on a Heroku without faults.
pub(crate) fn plan(config: &Config) -> Plan {
    Plan {
        jobs: vec![parameters(config, at("2026-11-24T07:00:00Z"))],
        script: Box::new(|_, _| sent_after(20)),
        faults: Faults::default(),
        observer: Arc::new(NoObserver),
        early_callback: EarlyCallback::Accepted,
        // The stricter reading: what an unused argument would fail by is seen.
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
